package dev.kilo.frontend.ide

import com.intellij.openapi.options.Configurable
import com.intellij.openapi.project.ProjectManager
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.ui.settings.SettingsView
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.launch
import java.awt.BorderLayout
import java.awt.FlowLayout
import javax.swing.JButton
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.SwingConstants

/**
 * Page in the IDE's settings: how the agent is, a way to start it afresh, and below that all settings, of the chat
 * that is open or of an open project. Named by the module's descriptor.
 */
internal class KiloSettings : Configurable {
    private var job: Job? = null
    private var settings: SettingsView? = null
    private var own: OwnSettings? = null

    override fun getDisplayName(): String = "Kilo"

    override fun createComponent(): JComponent {
        val state = JLabel(texts("connecting"))
        val restart = JButton(texts("settings.restart")).apply { isEnabled = false }
        val line = JPanel(FlowLayout(FlowLayout.LEADING, 0, GAP)).apply { add(restart) }
        val column =
            JPanel(BorderLayout()).apply {
                add(state, BorderLayout.NORTH)
                add(line, BorderLayout.CENTER)
            }
        disposeUIResources()
        val view = KiloFrontend.instance.chat()?.settings()
        settings = view
        if (view != null) {
            job = KiloFrontend.instance.scope.launch(edt) { follow(state, restart) }
            view.opened()
            return JPanel(BorderLayout()).apply {
                add(column, BorderLayout.NORTH)
                add(view, BorderLayout.CENTER)
            }
        }
        val page = JPanel(BorderLayout()).apply { add(column, BorderLayout.NORTH) }
        job = KiloFrontend.instance.scope.launch(edt) {
            launch { follow(state, restart) }
            own(page, line)
        }
        return page
    }

    /** No chat is open: the settings of a project that is. */
    private suspend fun own(page: JPanel, line: JPanel) {
        val project = ProjectManager.getInstance().openProjects.firstOrNull()
        if (project == null) {
            line.add(JLabel(texts("settings.project")))
            page.revalidate()
            return
        }
        try {
            val made = OwnSettings.of(project, KiloFrontend.instance.scope)
            own = made
            page.add(made.view, BorderLayout.CENTER)
            page.revalidate()
            made.view.opened()
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            page.add(JLabel(html(readable(e)), SwingConstants.CENTER), BorderLayout.CENTER)
            page.revalidate()
        }
    }

    private suspend fun follow(state: JLabel, restart: JButton) {
        try {
            val backend = KiloFrontend.instance.backend()
            restart.addActionListener {
                KiloFrontend.instance.scope.launch(edt) {
                    try {
                        backend.app.restart()
                    } catch (e: BackendException) {
                        state.text = html(readable(e))
                    }
                }
            }
            restart.isEnabled = true
            combine(backend.connection, backend.app.state()) { connection, cli ->
                describe(connection, cli, backend.place)
            }
                .collect { state.text = html(it) }
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            state.text = html(readable(e))
        }
    }

    private fun describe(connection: Connection, cli: CliState, place: String): String = when (connection) {
        is Connection.Lost -> connection.message

        is Connection.Connecting -> connection.message ?: texts("connecting")

        Connection.Connected ->
            when (cli) {
                is CliState.Starting -> starting(cli)
                is CliState.Ready -> texts("settings.ready", cli.version, texts("place.$place"))
                is CliState.Restarting -> cli.message
                is CliState.Failed -> cli.message
                CliState.Stopped -> texts("settings.stopped")
            }
    }

    private fun starting(cli: CliState.Starting): String {
        val text = cli.message ?: texts("settings.starting")
        return cli.percent?.let { texts("settings.percent", text, it.toString()) } ?: text
    }

    override fun isModified(): Boolean = false

    override fun apply(): Unit = Unit

    override fun reset(): Unit = Unit

    override fun disposeUIResources() {
        job?.cancel()
        job = null
        settings?.close()
        settings = null
        own?.close()
        own = null
    }

    private companion object {
        const val GAP = 8
    }
}
