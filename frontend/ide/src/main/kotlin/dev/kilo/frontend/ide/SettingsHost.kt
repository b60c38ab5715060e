package dev.kilo.frontend.ide

import com.intellij.ide.BrowserUtil
import com.intellij.openapi.application.PathManager
import com.intellij.openapi.project.Project
import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.settings.SettingsView
import kotlinx.coroutines.CoroutineScope
import java.nio.file.Path

/** Where the window keeps drafts and the like: beside what the agent's host keeps, since both belong to this machine's user. */
internal fun viewFolder(): Path = Path.of(PathManager.getSystemPath(), "kilo", "view")

/** All settings of a project that has no chat open, with models of their own. */
internal class OwnSettings private constructor(val view: SettingsView, private val close: () -> Unit) : AutoCloseable {
    override fun close() {
        view.close()
        close.invoke()
    }

    companion object {
        /** Throws whatever says in words why there is no connection. On the UI thread. */
        suspend fun of(project: Project, scope: CoroutineScope): OwnSettings {
            val frontend = KiloFrontend.instance
            val directory = frontend.directory(project)
            val app = AppModel(frontend.backend(), scope, edt, frontend.view, frontend.appearance)
            val workspace = app.open(directory)
            return OwnSettings(SettingsView(SettingsModel(workspace), SettingsHost)) {
                workspace.close()
                app.close()
            }
        }
    }
}

/** The IDE as the settings need it. */
private object SettingsHost : ViewHost {
    override val themes: Boolean = false

    override fun browse(url: String) = BrowserUtil.browse(url)

    override fun zoom(step: Int) = KiloFrontend.instance.appearance.zoom(step)

    override fun theme(look: Look) = Unit
}
