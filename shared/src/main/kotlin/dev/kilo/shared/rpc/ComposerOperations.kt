package dev.kilo.shared.rpc

import dev.kilo.shared.composer.ComposerService
import dev.kilo.shared.composer.ContextShares
import dev.kilo.shared.composer.Found
import dev.kilo.shared.composer.Mentionable
import dev.kilo.shared.composer.SlashCommand
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.WaitingPrompt
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.nullable
import kotlinx.serialization.builtins.serializer

@Serializable
internal data class FindMentions(val directory: String, val query: String, val limit: Int)

@Serializable
internal data class EnhanceText(val directory: String, val text: String)

@Serializable
internal data class CompactSession(val directory: String, val sessionId: String, val model: ModelRef)

@Serializable
internal data class AskContext(
    val directory: String,
    val sessionId: String,
    val agent: String? = null,
    val model: ModelRef? = null,
)

@Serializable
internal data class InOutbox(val directory: String, val sessionId: String, val id: String)

@Serializable
internal data class ChangeWaiting(val directory: String, val sessionId: String, val id: String, val prompt: Prompt)

@Serializable
internal data class OrderWaiting(val directory: String, val sessionId: String, val ids: List<String>)

/** Operations of [ComposerService]. */
internal object ComposerOperations {
    val find = Query("composer.find", FindMentions.serializer(), Found.serializer())
    val agents = Query("composer.agents", InDirectory.serializer(), ListSerializer(Mentionable.serializer()))
    val commands = Query("composer.commands", InDirectory.serializer(), ListSerializer(SlashCommand.serializer()))

    /** A stream of one item, like every text that a model writes. */
    val enhance = Stream("composer.enhance", EnhanceText.serializer(), String.serializer())
    val context = Query("composer.context", AskContext.serializer(), ContextShares.serializer().nullable)
    val compact = Command("composer.compact", CompactSession.serializer(), Unit.serializer())
    val waiting = Query("outbox.list", InSession.serializer(), ListSerializer(WaitingPrompt.serializer()))

    /** The message's id makes it recognisable as long as it waits. */
    val wait = Command("outbox.add", SendPrompt.serializer(), WaitingPrompt.serializer())
    val change = Command("outbox.change", ChangeWaiting.serializer(), WaitingPrompt.serializer(), repeatable = true)
    val order = Command("outbox.order", OrderWaiting.serializer(), Unit.serializer(), repeatable = true)
    val remove = Command("outbox.remove", InOutbox.serializer(), Boolean.serializer(), repeatable = true)
    val sendNow = Command("outbox.send", InOutbox.serializer(), Boolean.serializer(), repeatable = true)
}

internal fun Handlers.serve(composer: ComposerService) {
    val ops = ComposerOperations
    on(ops.find) { composer.find(it.directory, it.query, it.limit) }
    on(ops.agents) { composer.agents(it.directory) }
    on(ops.commands) { composer.commands(it.directory) }
    on(ops.enhance) { args, _ -> flow { emit(composer.enhance(args.directory, args.text)) } }
    on(ops.context) { composer.context(it.directory, it.sessionId, it.agent, it.model) }
    on(ops.compact) { composer.compact(it.directory, it.sessionId, it.model) }
    on(ops.waiting) { composer.waiting(it.directory, it.sessionId) }
    on(ops.wait) { composer.wait(it.directory, it.sessionId, it.prompt) }
    on(ops.change) { composer.change(it.directory, it.sessionId, it.id, it.prompt) }
    on(ops.order) { composer.order(it.directory, it.sessionId, it.ids) }
    on(ops.remove) { composer.remove(it.directory, it.sessionId, it.id) }
    on(ops.sendNow) { composer.sendNow(it.directory, it.sessionId, it.id) }
}

/** The composer's service at the other end of [client]. */
internal class RpcComposer(private val client: RpcClient) : ComposerService {
    private val ops = ComposerOperations

    override suspend fun find(directory: String, query: String, limit: Int): Found =
        client.call(ops.find, FindMentions(directory, query, limit))

    override suspend fun agents(directory: String): List<Mentionable> = client.call(ops.agents, InDirectory(directory))

    override suspend fun commands(directory: String): List<SlashCommand> =
        client.call(ops.commands, InDirectory(directory))

    override suspend fun enhance(directory: String, text: String): String =
        client.stream(ops.enhance, EnhanceText(directory, text)).first()

    override suspend fun context(
        directory: String,
        sessionId: String,
        agent: String?,
        model: ModelRef?,
    ): ContextShares? = client.call(ops.context, AskContext(directory, sessionId, agent, model))

    override suspend fun compact(directory: String, sessionId: String, model: ModelRef) =
        client.call(ops.compact, CompactSession(directory, sessionId, model))

    override suspend fun waiting(directory: String, sessionId: String): List<WaitingPrompt> =
        client.call(ops.waiting, InSession(directory, sessionId))

    override suspend fun wait(directory: String, sessionId: String, prompt: Prompt): WaitingPrompt =
        client.call(ops.wait, SendPrompt(directory, sessionId, prompt))

    override suspend fun change(directory: String, sessionId: String, id: String, prompt: Prompt): WaitingPrompt =
        client.call(ops.change, ChangeWaiting(directory, sessionId, id, prompt))

    override suspend fun order(directory: String, sessionId: String, ids: List<String>) =
        client.call(ops.order, OrderWaiting(directory, sessionId, ids))

    override suspend fun remove(directory: String, sessionId: String, id: String): Boolean =
        client.call(ops.remove, InOutbox(directory, sessionId, id))

    override suspend fun sendNow(directory: String, sessionId: String, id: String): Boolean =
        client.call(ops.sendNow, InOutbox(directory, sessionId, id))
}
