package dev.kilo.shared.app

import dev.kilo.shared.agent.AgentService
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
import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** The CLI server behind the backend. */
@Serializable
public sealed interface CliState {
    /** [message] says what takes so long, [percent] (0..100) how far it is; both only where that is known. */
    @Serializable
    @SerialName("starting")
    public data class Starting(val message: String? = null, val percent: Int? = null) : CliState

    @Serializable
    @SerialName("ready")
    public data class Ready(val version: String, val pid: Long) : CliState

    /** It ended unexpectedly; [next] is the epoch millisecond of the next start. */
    @Serializable
    @SerialName("restarting")
    public data class Restarting(val attempt: Int, val message: String, val next: Long) : CliState

    /** It can't be started; [message] says what to do. [AppService.restart] tries again. */
    @Serializable
    @SerialName("failed")
    public data class Failed(val message: String) : CliState

    @Serializable
    @SerialName("stopped")
    public data object Stopped : CliState
}

public interface AppService {
    public fun state(): Flow<CliState>

    /** Stops the CLI if it runs and starts it again. */
    public suspend fun restart()
}

/** Where the window stands towards its backend. */
public sealed interface Connection {
    public data object Connected : Connection

    public data class Connecting(val attempt: Int, val message: String?) : Connection

    public data class Lost(val message: String) : Connection
}

/** Everything that a window can ask of a backend. RPC is one implementation; view models see only this. */
public interface Backend {
    public val app: AppService
    public val workspaces: WorkspaceService
    public val sessions: SessionService
    public val permissions: PermissionService
    public val questions: QuestionService
    public val models: ModelService
    public val agents: AgentService
    public val vcs: VcsService
    public val composer: ComposerService
    public val settings: SettingsService
    public val providers: ProviderService
    public val mcp: McpService
    public val status: StatusService
    public val transcripts: TranscriptService
    public val changes: ChangeService

    /** Label of the place where the agent runs: `local` or `host:port`. */
    public val place: String
    public val connection: Flow<Connection>
}

/** A call failed. [code] is for programs, the message for people: it says what happened and what to do next. */
public class BackendException(public val code: Code, message: String, cause: Throwable? = null) :
    Exception(message, cause) {
    @Serializable
    public enum class Code {
        /** The directory, session, message or request is not there. */
        NOT_FOUND,
        BAD_REQUEST,
        UNAUTHORIZED,

        /** The CLI is not running or did not answer. */
        UNAVAILABLE,

        /** It is unknown whether the command was carried out; it is never repeated by itself. */
        OUTCOME_UNKNOWN,
        PROTOCOL_MISMATCH,
        INTERNAL,
    }
}

/** Makes a backend in this process; found with ServiceLoader, so that the window depends on no backend class. */
public interface LocalBackendProvider {
    /** Starts it. [Handle.close] stops the CLI and returns when no process is left. */
    public fun start(options: Options): Handle

    /** [home] is the product's own folder (CLI bundle); [cli] a launcher to use instead of the bundled one. */
    public data class Options(val cli: String? = null, val environment: Map<String, String> = emptyMap())

    public interface Handle : AutoCloseable {
        public val backend: Backend
    }
}
