package dev.kilo.frontend.model

import dev.kilo.frontend.model.composer.ComposerSettings
import dev.kilo.frontend.model.composer.ViewStore
import dev.kilo.frontend.model.settings.AppearanceSettings
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * One window's view of a backend. Everything below it lives on [ui], a single-threaded dispatcher that the host injects;
 * calls to the backend suspend there and never block it.
 */
public class AppModel(
    public val backend: Backend,
    parent: CoroutineScope,
    internal val ui: CoroutineDispatcher,
    /** Where the window keeps drafts, history and favourites. */
    internal val store: ViewStore = ViewStore.None,
    /** Shared by all chats of a program that has several. */
    appearance: AppearanceSettings? = null,
) : AutoCloseable {
    private val job = SupervisorJob(parent.coroutineContext[Job])
    internal val scope: CoroutineScope = CoroutineScope(parent.coroutineContext + job + ui)
    private val cliState = MutableStateFlow<CliState>(CliState.Starting())
    private val connectionState = MutableStateFlow<Connection>(Connection.Connected)

    public val notices: Notices = Notices()

    /** Settings of the composer. */
    public val composer: ComposerSettings = ComposerSettings(store, scope)
    public val appearance: AppearanceSettings = appearance ?: AppearanceSettings(store, scope)
    public val cli: StateFlow<CliState> = cliState.asStateFlow()
    public val connection: StateFlow<Connection> = connectionState.asStateFlow()

    /** Where the agent runs: `local` or `host:port`. */
    public val place: String get() = backend.place

    init {
        scope.launch {
            backend.connection.collect {
                notices.cover((it as? Connection.Lost)?.message)
                connectionState.value = it
            }
        }
        scope.launch { notices.guard(Text.CLI_STATE) { backend.app.state().collect { cliState.value = it } } }
    }

    /** Opens [directory], resolved by the backend. Problems become notices and a state of the workspace. */
    public fun open(directory: String): WorkspaceModel = WorkspaceModel(this, directory)

    public fun restart() {
        scope.launch { notices.guard(Text.RESTART) { backend.app.restart() } }
    }

    override fun close() {
        scope.cancel()
    }
}

/** Beginnings of notices. They are few and are filled from the bundle by the view through [texts]. */
internal object Text {
    val CLI_STATE: String get() = texts("notice.state")
    val RESTART: String get() = texts("notice.restart")
    val SESSIONS: String get() = texts("notice.sessions")
    val CREATE: String get() = texts("notice.create")
    val SEARCH: String get() = texts("notice.search")
    val ARCHIVE: String get() = texts("notice.archive")
    val FORK: String get() = texts("notice.fork")
    val RENAME: String get() = texts("notice.rename")
    val DELETE: String get() = texts("notice.delete")
    val STOP: String get() = texts("notice.stop")
    val REPLY: String get() = texts("notice.reply")
    val MODELS: String get() = texts("notice.models")
    val AGENTS: String get() = texts("notice.agents")
    val LOAD: String get() = texts("notice.load")
}
