package dev.kilo.backend.rpc

import dev.kilo.backend.cli.CliHost
import dev.kilo.backend.cli.CliOwner
import dev.kilo.backend.cli.CliTiming
import dev.kilo.backend.events.EventHub
import dev.kilo.backend.workspace.Workspaces
import dev.kilo.shared.agent.AgentService
import dev.kilo.shared.app.AppService
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.change.ChangeService
import dev.kilo.shared.composer.ComposerService
import dev.kilo.shared.mcp.McpService
import dev.kilo.shared.model.ModelService
import dev.kilo.shared.permission.PermissionService
import dev.kilo.shared.provider.ProviderService
import dev.kilo.shared.question.QuestionService
import dev.kilo.shared.session.SessionService
import dev.kilo.shared.settings.SettingsService
import dev.kilo.shared.status.StatusService
import dev.kilo.shared.transcript.TranscriptService
import dev.kilo.shared.vcs.VcsService
import dev.kilo.shared.workspace.WorkspaceService
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * The backend itself: one CLI, its event stream, and the services over them. Windows reach it through the RPC layer, in
 * this process or another.
 */
public class KiloBackend internal constructor(
    private val http: CliHttp,
    private val cli: CliHost,
    idle: Duration = 5.minutes,
) : Backend,
    AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    internal val registry = Workspaces(scope, idle)
    internal val hub = EventHub(scope, cli, http, registry)
    internal val calls = Calls(cli, http)

    override val place: String = "local"
    override val connection: Flow<Connection> = flowOf(Connection.Connected)
    override val app: AppService =
        object : AppService {
            override fun state(): Flow<CliState> = cli.state

            override suspend fun restart() = cli.restart()
        }
    override val workspaces: WorkspaceService = WorkspaceCalls(calls, registry)
    override val sessions: SessionService = SessionCalls(calls, registry, hub)
    override val permissions: PermissionService = PermissionCalls(calls, registry)
    override val questions: QuestionService = QuestionCalls(calls, registry)
    override val models: ModelService = ModelCalls(calls, registry)
    override val agents: AgentService = AgentCalls(calls, registry)
    override val composer: ComposerService = ComposerCalls(calls, registry)
    override val vcs: VcsService = VcsCalls(calls, registry)
    override val transcripts: TranscriptService = TranscriptCalls(calls, registry)
    override val changes: ChangeService = ChangeCalls(calls, registry)

    override val settings: SettingsService = SettingsCalls(calls, registry)
    override val providers: ProviderService = ProviderCalls(calls, registry)
    override val mcp: McpService = McpCalls(calls, registry)
    override val status: StatusService = StatusCalls(calls)

    init {
        hub.start()
        scope.launch {
            cli.state.first { it is CliState.Ready }
            // The window that is coming up now needs the processors more.
            delay(CALM)
            Warming.run()
        }
    }

    /** Stops the CLI and everything of the backend. Blocks until no process is left. */
    override fun close() {
        scope.cancel()
        cli.close()
        http.close()
    }

    public companion object {
        private val CALM = 1.seconds

        /** Starts the CLI, and everything that talks to it. */
        public fun start(options: LocalBackendProvider.Options, timing: CliTiming = CliTiming()): KiloBackend {
            val http = CliHttp()
            val cli = CliOwner(options.cli, options.environment, timing) {
                // A CLI that comes back mostly has the port of the one before, whose connections lead nowhere.
                http.client.connectionPool.evictAll()
                version(CliApi(it, http))
            }
            return KiloBackend(http, cli)
        }

        private suspend fun version(api: CliApi): String {
            val response =
                withTimeoutOrNull(10.seconds) { api.global.globalHealthWithHttpInfo() }
                    ?: throw IOException("it does not answer")
            if (response.statusCode != 200) throw IOException("it answers with status ${response.statusCode}")
            return response.value().version
        }
    }
}
