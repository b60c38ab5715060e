package dev.kilo.shared.rpc

import dev.kilo.shared.agent.Agent
import dev.kilo.shared.agent.AgentService
import dev.kilo.shared.app.AppService
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.change.ChangeService
import dev.kilo.shared.composer.ComposerService
import dev.kilo.shared.mcp.McpService
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.model.ModelService
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.permission.PermissionService
import dev.kilo.shared.provider.ProviderService
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.question.QuestionService
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatches
import dev.kilo.shared.session.SessionService
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import dev.kilo.shared.settings.SettingsService
import dev.kilo.shared.status.StatusService
import dev.kilo.shared.transcript.TranscriptService
import dev.kilo.shared.vcs.VcsService
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceService
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.minutes

/** A [Backend] at the other end of whatever [Connector] opens. Connects at once and again after every break. */
public class RpcBackend(
    connector: Connector,
    override val place: String,
    product: String,
    token: String? = null,
    timing: RpcTiming = RpcTiming(),
) : Backend,
    AutoCloseable {
    private val client = RpcClient(connector, product, token, timing)

    override val connection: Flow<Connection> = client.connection

    override val app: AppService =
        object : AppService {
            override fun state(): Flow<CliState> = client.stream(Operations.appState, Unit).distinctUntilChanged()

            override suspend fun restart() = client.call(Operations.appRestart, Unit)
        }

    override val workspaces: WorkspaceService =
        object : WorkspaceService {
            override suspend fun open(directory: String): Workspace =
                client.call(Operations.workspaceOpen, InDirectory(directory))

            override fun events(directory: String): Flow<SequencedEvent> =
                client.stream(Operations.workspaceEvents, InDirectory(directory))

            override fun eventsAfter(directory: String, epoch: String, seq: Long): Flow<SequencedEvent> =
                client.stream(Operations.workspaceEvents, InDirectory(directory), Position(epoch, seq))
        }

    override val sessions: SessionService =
        object : SessionService {
            override suspend fun list(
                directory: String,
                search: String?,
                limit: Int,
                archived: Boolean,
            ): List<Session> = client.call(Operations.sessionList, ListSessions(directory, search, limit, archived))

            override suspend fun find(
                directory: String,
                query: String,
                sessionId: String?,
                limit: Int,
            ): SessionMatches = client.call(Operations.sessionFind, FindInSessions(directory, query, sessionId, limit))

            override suspend fun children(directory: String, sessionId: String): List<Session> =
                client.call(Operations.sessionChildren, InSession(directory, sessionId))

            override suspend fun archive(directory: String, sessionId: String, archived: Boolean): Session =
                client.call(Operations.sessionArchive, ArchiveSession(directory, sessionId, archived))

            override suspend fun fork(directory: String, sessionId: String, messageId: String?): Session =
                client.call(Operations.sessionFork, ForkSession(directory, sessionId, messageId))

            override suspend fun get(directory: String, sessionId: String): Session =
                client.call(Operations.sessionGet, InSession(directory, sessionId))

            override suspend fun create(directory: String, title: String?): Session =
                client.call(Operations.sessionCreate, CreateSession(directory, title))

            override suspend fun rename(directory: String, sessionId: String, title: String): Session =
                client.call(Operations.sessionRename, RenameSession(directory, sessionId, title))

            override suspend fun delete(directory: String, sessionId: String) =
                client.call(Operations.sessionDelete, InSession(directory, sessionId))

            override suspend fun statuses(directory: String): Map<String, SessionStatus> =
                client.call(Operations.sessionStatuses, InDirectory(directory))

            override suspend fun messages(
                directory: String,
                sessionId: String,
                limit: Int,
                place: Place?,
            ): MessagePage = client.call(Operations.sessionMessages, ReadMessages(directory, sessionId, limit, place))

            override suspend fun prompt(directory: String, sessionId: String, prompt: Prompt) =
                client.call(Operations.sessionPrompt, SendPrompt(directory, sessionId, prompt))

            override suspend fun abort(directory: String, sessionId: String) =
                client.call(Operations.sessionAbort, InSession(directory, sessionId))

            override suspend fun todos(directory: String, sessionId: String): List<Todo> =
                client.call(Operations.sessionTodos, InSession(directory, sessionId))
        }

    override val changes: ChangeService = RemoteChanges(client)

    override val permissions: PermissionService =
        object : PermissionService {
            override suspend fun pending(directory: String): List<PermissionRequest> =
                client.call(Operations.permissionPending, InDirectory(directory))

            override suspend fun remember(
                directory: String,
                requestId: String,
                allow: List<String>,
                deny: List<String>,
            ) = client.call(Operations.permissionRemember, RememberPatterns(directory, requestId, allow, deny))

            override suspend fun reply(
                directory: String,
                requestId: String,
                reply: PermissionReply,
                message: String?,
            ) = client.call(Operations.permissionReply, ReplyPermission(directory, requestId, reply, message))
        }

    override val questions: QuestionService =
        object : QuestionService {
            override suspend fun pending(directory: String): List<QuestionRequest> =
                client.call(Operations.questionPending, InDirectory(directory))

            override suspend fun reply(directory: String, requestId: String, answers: List<List<String>>) =
                client.call(Operations.questionReply, ReplyQuestion(directory, requestId, answers))

            override suspend fun reject(directory: String, requestId: String) =
                client.call(Operations.questionReject, RejectQuestion(directory, requestId))
        }

    override val models: ModelService =
        object : ModelService {
            override suspend fun list(directory: String): ModelList =
                client.call(Operations.modelList, InDirectory(directory))
        }

    override val agents: AgentService =
        object : AgentService {
            override suspend fun list(directory: String): List<Agent> =
                client.call(Operations.agentList, InDirectory(directory))
        }

    override val composer: ComposerService = RpcComposer(client)

    override val vcs: VcsService =
        object : VcsService {
            override suspend fun commitMessage(directory: String, rejected: String?): String {
                val written = client.stream(Operations.vcsCommitMessage, WriteCommitMessage(directory, rejected))
                return withTimeoutOrNull(MODEL) { written.first() } ?: throw BackendException(
                    BackendException.Code.UNAVAILABLE,
                    "The message was not written within $MODEL. Try again.",
                )
            }
        }

    override val settings: SettingsService = RpcSettings(client)
    override val providers: ProviderService = RpcProviders(client)
    override val mcp: McpService = RpcMcp(client)
    override val status: StatusService = RpcStatus(client)
    override val transcripts: TranscriptService = RpcTranscripts(client)

    /** Ends the connection; every open call and stream fails with `UNAVAILABLE`. */
    override fun close(): Unit = client.close()

    private companion object {
        /** Limit for what a model writes, breaks included. */
        val MODEL = 3.minutes
    }
}
