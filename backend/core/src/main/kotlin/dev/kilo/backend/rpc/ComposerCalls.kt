package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.model.Agent.Mode
import dev.kilo.client.model.EnhancePrompt
import dev.kilo.client.model.OutboxOrder
import dev.kilo.client.model.SummarizeInput
import dev.kilo.shared.composer.ComposerService
import dev.kilo.shared.composer.ContextShares
import dev.kilo.shared.composer.Found
import dev.kilo.shared.composer.FoundPath
import dev.kilo.shared.composer.FoundSymbol
import dev.kilo.shared.composer.Mentionable
import dev.kilo.shared.composer.SlashCommand
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.LineRange
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.WaitingPrompt
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

internal class ComposerCalls(private val calls: Calls, private val workspaces: Workspaces) : ComposerService {
    override suspend fun find(directory: String, query: String, limit: Int): Found {
        val real = workspaces.use(directory).directory
        return coroutineScope {
            val symbols = async {
                // A language server may be busy; the files are not held up by it.
                if (query.length < SYMBOL) return@async emptyList()
                withTimeoutOrNull(PATIENCE) { calls.query { it.find.findSymbolsWithHttpInfo(query, real) }.value() }
                    .orEmpty()
            }
            val count = limit.coerceIn(1, MOST).toLong()
            val paths = calls.query { it.find.findFilesWithHttpInfo(query, true, null, count, real) }.value()
            Found(
                paths.map { FoundPath(it.removeSuffix("/"), it.endsWith('/')) },
                symbols.await().take(limit).mapNotNull { symbol ->
                    val path = relative(real, symbol.location.uri) ?: return@mapNotNull null
                    val range = with(symbol.location.range) {
                        LineRange(
                            start.line.toInt(),
                            start.character.toInt(),
                            end.line.toInt(),
                            end.character.toInt(),
                        )
                    }
                    FoundSymbol(symbol.name, symbol.kind.toInt(), path, range)
                },
            )
        }
    }

    override suspend fun agents(directory: String): List<Mentionable> {
        val real = workspaces.use(directory).directory
        return calls
            .query { it.agents.appAgentsWithHttpInfo(real) }
            .value()
            .filter { it.mode != Mode.PRIMARY && it.hidden != true }
            .map { Mentionable(it.name, it.description) }
    }

    override suspend fun commands(directory: String): List<SlashCommand> {
        val real = workspaces.use(directory).directory
        return calls.query { it.commands.commandListWithHttpInfo(real) }.value().map {
            SlashCommand(
                it.name,
                it.description,
                it.source?.value ?: "command",
                it.hints,
                it.agent,
                it.trusted == false,
            )
        }
    }

    override suspend fun enhance(directory: String, text: String): String {
        val real = workspaces.use(directory).directory
        return calls.query(MODEL) { it.assist.enhancePromptEnhanceWithHttpInfo(EnhancePrompt(text), real) }.value().text
    }

    override suspend fun context(
        directory: String,
        sessionId: String,
        agent: String?,
        model: ModelRef?,
    ): ContextShares {
        workspaces.use(directory)
        val shares = calls.query {
            it.sessions.sessionContextWithHttpInfo(sessionId, agent, model?.providerId, model?.modelId)
        }.value()
        return with(shares) {
            ContextShares(used, limit, reserved, system, tools, summary, prompts, answers, outputs, files)
        }
    }

    /** The CLI answers when the summary is written; that it has begun is told by what was not refused by then. */
    override suspend fun compact(directory: String, sessionId: String, model: ModelRef) {
        workspaces.use(directory)
        val body = SummarizeInput(model.modelId, model.providerId)
        withTimeoutOrNull(REFUSAL) { calls.command { it.sessions.sessionSummarizeWithHttpInfo(sessionId, body) } }
    }

    override suspend fun waiting(directory: String, sessionId: String): List<WaitingPrompt> {
        val real = workspaces.use(directory).directory
        return calls.query { it.outbox.sessionOutboxWithHttpInfo(sessionId) }.value().map { it.toWaiting(real) }
    }

    override suspend fun wait(directory: String, sessionId: String, prompt: Prompt): WaitingPrompt {
        val workspace = workspaces.use(directory)
        val body = prompt.toOutbox(workspace.directory, calls.changesFor(workspace.directory, prompt))
        val entry = calls.command { it.outbox.sessionOutboxAddWithHttpInfo(sessionId, body) }.value()
        workspace.touch()
        return entry.toWaiting(workspace.directory)
    }

    override suspend fun change(directory: String, sessionId: String, id: String, prompt: Prompt): WaitingPrompt {
        val real = workspaces.use(directory).directory
        val body = prompt.toOutbox(real, calls.changesFor(real, prompt))
        return calls.repeatable { it.outbox.sessionOutboxChangeWithHttpInfo(sessionId, id, body) }.value()
            .toWaiting(real)
    }

    override suspend fun order(directory: String, sessionId: String, ids: List<String>) {
        calls.repeatable { it.outbox.sessionOutboxOrderWithHttpInfo(sessionId, OutboxOrder(ids)) }
    }

    override suspend fun remove(directory: String, sessionId: String, id: String): Boolean =
        calls.repeatable { it.outbox.sessionOutboxRemoveWithHttpInfo(sessionId, id) }.value()

    override suspend fun sendNow(directory: String, sessionId: String, id: String): Boolean =
        calls.repeatable { it.outbox.sessionOutboxSendWithHttpInfo(sessionId, id) }.value()

    private companion object {
        const val MOST = 200

        /** Letters from which on symbols are looked for: fewer match everything. */
        const val SYMBOL = 2
        val PATIENCE = 1500.milliseconds

        /** A refusal comes at once. */
        val REFUSAL = 2.seconds
        val MODEL = 2.minutes
    }
}
