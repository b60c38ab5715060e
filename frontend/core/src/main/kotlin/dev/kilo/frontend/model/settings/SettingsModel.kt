package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.shared.app.Backend
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** What the last thing that was done came to, for the line below the pages. */
internal data class Outcome(val text: String, val bad: Boolean)

/**
 * Everything that the settings pages of one directory show and change. Its parts are made with their first page. Nothing is kept here
 * but what is on the screen: settings live in the agent's files, keys in the CLI's own.
 */
public class SettingsModel(internal val workspace: WorkspaceModel) : AutoCloseable {
    internal val scope: CoroutineScope =
        CoroutineScope(workspace.scope.coroutineContext + SupervisorJob(workspace.scope.coroutineContext[Job]))
    internal val backend: Backend get() = workspace.app.backend
    internal val directory: String get() = workspace.directory
    private val state = MutableStateFlow<Outcome?>(null)

    internal val outcome: StateFlow<Outcome?> = state.asStateFlow()
    internal val config: ConfigModel by lazy { ConfigModel(this) }
    internal val providers: ProvidersModel by lazy { ProvidersModel(this) }
    internal val permissions: PermissionsModel by lazy { PermissionsModel(this) }
    internal val mcp: McpModel by lazy { McpModel(this) }
    internal val library: LibraryModel by lazy { LibraryModel(this) }
    internal val usage: UsageModel by lazy { UsageModel(this) }
    internal val status: StatusModel by lazy { StatusModel(this) }

    /** Runs [block]; what goes wrong is told in the line below the page, beginning with the text [what]. */
    internal fun run(what: String, block: suspend () -> Unit): Job = scope.launch { attempt(what, block) }

    /** Whether [block] came to its end. */
    internal suspend fun attempt(what: String, block: suspend () -> Unit): Boolean = try {
        workspace.untilReady { block() }
        true
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (error: Exception) {
        tell("${texts(what)} ${readable(error)}", bad = true)
        false
    }

    internal fun tell(text: String, bad: Boolean = false) {
        state.value = Outcome(text, bad)
    }

    internal fun hush() {
        state.value = null
    }

    override fun close() {
        scope.cancel()
    }
}
