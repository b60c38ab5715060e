package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.model.Agent.Mode
import dev.kilo.client.model.CommitMessageRequest
import dev.kilo.client.model.PermissionAlwaysRulesInput
import dev.kilo.client.model.PermissionReplyInput
import dev.kilo.client.model.QuestionReplyInput
import dev.kilo.shared.agent.Agent
import dev.kilo.shared.agent.AgentService
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.model.ModelService
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.permission.PermissionService
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.question.QuestionService
import dev.kilo.shared.rpc.Position
import dev.kilo.shared.vcs.VcsService
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceService
import kotlinx.coroutines.flow.Flow
import java.nio.file.Path
import kotlin.time.Duration.Companion.minutes

internal class WorkspaceCalls(private val calls: Calls, private val workspaces: Workspaces) : WorkspaceService {
    override suspend fun open(directory: String): Workspace {
        val real = workspaces.use(directory).directory
        val branch = calls.query { it.vcs.vcsGetWithHttpInfo(real) }.value().branch
        return Workspace(real, Path.of(real).fileName?.toString() ?: real, branch)
    }

    override fun events(directory: String): Flow<SequencedEvent> = workspaces.events(directory, after = null)

    override fun eventsAfter(directory: String, epoch: String, seq: Long): Flow<SequencedEvent> =
        workspaces.events(directory, Position(epoch, seq))
}

internal class PermissionCalls(private val calls: Calls, private val workspaces: Workspaces) : PermissionService {
    override suspend fun pending(directory: String): List<PermissionRequest> {
        val real = workspaces.used(directory).directory
        return calls.query { it.permissions.permissionListWithHttpInfo(real) }.value().map { it.toRequest() }
    }

    override suspend fun remember(directory: String, requestId: String, allow: List<String>, deny: List<String>) {
        val real = workspaces.used(directory).directory
        val body = PermissionAlwaysRulesInput(approvedAlways = allow, deniedAlways = deny)
        calls.repeatable { it.permissions.permissionSaveAlwaysRulesWithHttpInfo(requestId, body, real) }
    }

    override suspend fun reply(directory: String, requestId: String, reply: PermissionReply, message: String?) {
        val real = workspaces.used(directory).directory
        val answer =
            when (reply) {
                PermissionReply.ONCE -> PermissionReplyInput.Reply.ONCE
                PermissionReply.ALWAYS -> PermissionReplyInput.Reply.ALWAYS
                PermissionReply.REJECT -> PermissionReplyInput.Reply.REJECT
            }
        val body = PermissionReplyInput(reply = answer, message = message)
        calls.command { it.permissions.permissionReplyWithHttpInfo(requestId, body, real) }
    }
}

internal class QuestionCalls(private val calls: Calls, private val workspaces: Workspaces) : QuestionService {
    override suspend fun pending(directory: String): List<QuestionRequest> {
        val real = workspaces.used(directory).directory
        return calls.query { it.questions.questionListWithHttpInfo(real) }.value().map { it.toRequest() }
    }

    override suspend fun reply(directory: String, requestId: String, answers: List<List<String>>) {
        val real = workspaces.used(directory).directory
        calls.command { it.questions.questionReplyWithHttpInfo(requestId, QuestionReplyInput(answers), real) }
    }

    override suspend fun reject(directory: String, requestId: String) {
        val real = workspaces.used(directory).directory
        calls.command { it.questions.questionRejectWithHttpInfo(requestId, real) }
    }
}

internal class ModelCalls(private val calls: Calls, private val workspaces: Workspaces) : ModelService {
    /** Only what can be used now. The default is what the configuration names, or else the first provider's own. */
    override suspend fun list(directory: String): ModelList {
        val real = workspaces.use(directory).directory
        val usable = calls.query { it.config.configProvidersWithHttpInfo(real) }.value()
        val configured = calls.query { it.config.configGetWithHttpInfo(real) }.value().model
        val models = usable.providers.flatMap { provider -> provider.models.values.map { it.toModel(provider) } }
        val named = configured?.let { ModelRef(it.substringBefore('/'), it.substringAfter('/')) }
        val first = usable.providers.firstNotNullOfOrNull { p -> usable.default[p.id]?.let { ModelRef(p.id, it) } }
        val refs = models.mapTo(HashSet()) { it.ref }
        return ModelList(models, named?.takeIf { it in refs } ?: first)
    }
}

internal class AgentCalls(private val calls: Calls, private val workspaces: Workspaces) : AgentService {
    override suspend fun list(directory: String): List<Agent> {
        val real = workspaces.use(directory).directory
        return calls
            .query { it.agents.appAgentsWithHttpInfo(real) }
            .value()
            .filter { it.mode != Mode.SUBAGENT && it.hidden != true }
            .map { Agent(it.name, it.displayName ?: it.name.replaceFirstChar(Char::uppercase), it.description) }
    }
}

internal class VcsCalls(private val calls: Calls, private val workspaces: Workspaces) : VcsService {
    override suspend fun commitMessage(directory: String, rejected: String?): String {
        val real = workspaces.use(directory).directory
        val body = CommitMessageRequest(path = real, previousMessage = rejected?.ifBlank { null })
        return calls.query(MODEL) { it.assist.commitMessageGenerateWithHttpInfo(body, real) }.value().message
    }

    private companion object {
        /** A little more than the CLI gives its model, so that the CLI is the one who says what took so long. */
        val MODEL = 2.minutes
    }
}
