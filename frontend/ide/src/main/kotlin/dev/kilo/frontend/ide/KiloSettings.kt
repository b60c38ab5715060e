package dev.kilo.frontend.ide

import com.intellij.openapi.options.Configurable
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

/**
 * Page in the IDE's settings: how the agent is, a way to start it afresh, and below that the settings of the chat that is
 * open. Named by the module's descriptor.
 */
internal class KiloSettings : Configurable {
    private var job: Job? = null
    private var settings: SettingsView? = null

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
        line.add(JLabel(texts("settings.chat")))
        job = KiloFrontend.instance.scope.launch(edt) { follow(state, restart) }
        return column
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
    }

    private companion object {
        const val GAP = 8
    }
}
