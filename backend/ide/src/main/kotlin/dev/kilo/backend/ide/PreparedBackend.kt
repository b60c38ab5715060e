package dev.kilo.backend.ide

import dev.kilo.backend.rpc.KiloBackend
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
import dev.kilo.shared.session.SessionService
import dev.kilo.shared.settings.SettingsService
import dev.kilo.shared.status.StatusService
import dev.kilo.shared.transcript.TextHits
import dev.kilo.shared.transcript.TranscriptService
import dev.kilo.shared.vcs.VcsService
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceService
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import java.io.IOException

/**
 * A backend whose CLI has to be unpacked first: windows can connect at once and see it start. [start] makes the real one
 * on first use; when it fails, the state says why and a restart tries again. [beforeWork] runs before the agent goes on.
 */
@OptIn(ExperimentalCoroutinesApi::class)
internal class PreparedBackend(
    private val start: suspend ((CliState.Starting) -> Unit) -> KiloBackend,
    private val beforeWork: suspend () -> Unit,
) : Backend,
    AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val attempt = MutableStateFlow<Deferred<KiloBackend>?>(null)
    private val progress = MutableStateFlow(CliState.Starting())
    private val lock = Any()
    private var closed = false

    override val place: String = "local"
    override val connection: Flow<Connection> = flowOf(Connection.Connected)

    /** The real backend, started if it is not yet. Throws a [BackendException] that says why there is none. */
    private suspend fun ready(): KiloBackend = try {
        current().await()
    } catch (e: IOException) {
        throw BackendException(BackendException.Code.UNAVAILABLE, e.message ?: "The Kilo CLI can't be started.", e)
    }

    private fun current(): Deferred<KiloBackend> = synchronized(lock) {
        if (closed) throw BackendException(BackendException.Code.UNAVAILABLE, "Kilo is stopping.")
        attempt.value
            ?: scope.also { progress.value = CliState.Starting() }.async { start { progress.value = it } }.also {
                attempt.value =
                    it
            }
    }

    /** Stops the CLI. Blocks until no process is left. */
    override fun close() {
        val last =
            synchronized(lock) {
                closed = true
                attempt.value
            }
        last?.cancel()
        last?.invokeOnCompletion { cause -> if (cause == null) last.getCompleted().close() }
        scope.cancel()
    }

    /** How one attempt to start goes, and then how the CLI is. */
    private suspend fun ProducerScope<CliState>.follow(running: Deferred<KiloBackend>) {
        val shown = launch { progress.collect { send(it) } }
        val backend =
            try {
                running.await()
            } catch (e: IOException) {
                shown.cancelAndJoin()
                send(CliState.Failed(e.message ?: "The Kilo CLI can't be started."))
                return
            } finally {
                shown.cancel()
            }
        shown.join()
        backend.app.state().collect { send(it) }
    }

    override val app: AppService =
        object : AppService {
            override fun state(): Flow<CliState> = channelFlow {
                current()
                attempt.collectLatest { running -> follow(running ?: return@collectLatest) }
            }

            override suspend fun restart() {
                val failed =
                    synchronized(lock) {
                        val last = attempt.value
                        (last != null && last.isCompleted && last.getCompletionExceptionOrNull() != null).also {
                            if (it) attempt.value = null
                        }
                    }
                if (failed) ready() else ready().app.restart()
            }
        }

    override val workspaces: WorkspaceService =
        object : WorkspaceService {
            override suspend fun open(directory: String): Workspace = ready().workspaces.open(directory)

            override fun events(directory: String): Flow<SequencedEvent> = flow {
                emitAll(ready().workspaces.events(directory))
            }

            override fun eventsAfter(directory: String, epoch: String, seq: Long): Flow<SequencedEvent> =
                flow { emitAll(ready().workspaces.eventsAfter(directory, epoch, seq)) }
        }

    override val sessions: SessionService = PreparedSessions({ ready().sessions }, beforeWork)

    override val permissions: PermissionService =
        object : PermissionService {
            override suspend fun pending(directory: String): List<PermissionRequest> =
                ready().permissions.pending(directory)

            override suspend fun remember(
                directory: String,
                requestId: String,
                allow: List<String>,
                deny: List<String>,
            ) = ready().permissions.remember(directory, requestId, allow, deny)

            override suspend fun reply(directory: String, requestId: String, reply: PermissionReply, message: String?) {
                beforeWork()
                ready().permissions.reply(directory, requestId, reply, message)
            }
        }

    override val questions: QuestionService =
        object : QuestionService {
            override suspend fun pending(directory: String): List<QuestionRequest> =
                ready().questions.pending(directory)

            override suspend fun reply(directory: String, requestId: String, answers: List<List<String>>) {
                beforeWork()
                ready().questions.reply(directory, requestId, answers)
            }

            override suspend fun reject(directory: String, requestId: String) =
                ready().questions.reject(directory, requestId)
        }

    override val models: ModelService =
        object : ModelService {
            override suspend fun list(directory: String): ModelList = ready().models.list(directory)
        }

    override val agents: AgentService =
        object : AgentService {
            override suspend fun list(directory: String): List<Agent> = ready().agents.list(directory)
        }

    override val composer: ComposerService = PreparedComposer({ ready().composer }, beforeWork)

    override val transcripts: TranscriptService =
        object : TranscriptService {
            override suspend fun find(directory: String, sessionId: String, query: String): TextHits =
                ready().transcripts.find(directory, sessionId, query)

            override fun export(directory: String, sessionId: String): Flow<String> =
                flow { emitAll(ready().transcripts.export(directory, sessionId)) }

            override suspend fun write(directory: String, path: String, text: String, replace: Boolean): Boolean {
                beforeWork()
                return ready().transcripts.write(directory, path, text, replace)
            }
        }

    override val changes: ChangeService = PreparedChanges({ ready().changes }, beforeWork)

    override val vcs: VcsService =
        object : VcsService {
            override suspend fun commitMessage(directory: String, rejected: String?): String {
                beforeWork()
                return ready().vcs.commitMessage(directory, rejected)
            }
        }

    private val prepared = PreparedSettings { ready() }
    override val settings: SettingsService = prepared
    override val providers: ProviderService = prepared
    override val mcp: McpService = prepared
    override val status: StatusService = prepared
}

private class PreparedSessions(
    private val ready: suspend () -> SessionService,
    private val beforeWork: suspend () -> Unit,
) : SessionService {
    override suspend fun list(directory: String, search: String?, limit: Int, archived: Boolean) =
        ready().list(directory, search, limit, archived)

    override suspend fun find(directory: String, query: String, sessionId: String?, limit: Int) =
        ready().find(directory, query, sessionId, limit)

    override suspend fun children(directory: String, sessionId: String) = ready().children(directory, sessionId)

    override suspend fun archive(directory: String, sessionId: String, archived: Boolean) =
        ready().archive(directory, sessionId, archived)

    override suspend fun fork(directory: String, sessionId: String, messageId: String?) =
        ready().fork(directory, sessionId, messageId)

    override suspend fun get(directory: String, sessionId: String) = ready().get(directory, sessionId)

    override suspend fun create(directory: String, title: String?) = ready().create(directory, title)

    override suspend fun rename(directory: String, sessionId: String, title: String) =
        ready().rename(directory, sessionId, title)

    override suspend fun delete(directory: String, sessionId: String) = ready().delete(directory, sessionId)

    override suspend fun statuses(directory: String) = ready().statuses(directory)

    override suspend fun messages(directory: String, sessionId: String, limit: Int, place: Place?) =
        ready().messages(directory, sessionId, limit, place)

    override suspend fun prompt(directory: String, sessionId: String, prompt: Prompt) {
        beforeWork()
        ready().prompt(directory, sessionId, prompt)
    }

    override suspend fun abort(directory: String, sessionId: String) = ready().abort(directory, sessionId)

    override suspend fun todos(directory: String, sessionId: String) = ready().todos(directory, sessionId)
}
