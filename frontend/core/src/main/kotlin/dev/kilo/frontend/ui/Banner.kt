package dev.kilo.frontend.ui

import dev.kilo.frontend.model.Opening
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import java.awt.Graphics

/** How the agent's server is, when it isn't simply there. */
internal class Banner(restart: () -> Unit, retry: () -> Unit) : Stack() {
    private val text = FlowText("", { it.text }, { it.small })
    private val button = Quiet(Strings["banner.restart"], null, Strings["banner.restart"], { it.accent })
    private var reopen = false
    private var ink: (Theme) -> java.awt.Color = { it.accent }
    private val box = Stack(pad = Insets4(6, 18, 6, 12)).apply { add(Beside(text, button)) }

    init {
        name = "banner"
        add(box)
        isVisible = false
        button.addActionListener { if (reopen) retry() else restart() }
    }

    fun show(cli: CliState, connection: Connection, opening: Opening) {
        reopen = false
        var alarm = true
        val message = when (connection) {
            is Connection.Lost -> Strings("banner.lost", connection.message)

            is Connection.Connecting -> connecting(connection.message).also { alarm = false }

            Connection.Connected -> when (cli) {
                is CliState.Starting -> starting(cli).also { alarm = false }
                is CliState.Restarting -> Strings("banner.restarting", cli.attempt.toString(), cli.message)
                is CliState.Failed -> Strings("banner.failed", cli.message)
                CliState.Stopped -> Strings["banner.stopped"]
                is CliState.Ready -> (opening as? Opening.Failed)?.message?.also { reopen = true }
            }
        }
        isVisible = message != null
        ink = if (alarm) { t -> t.amber } else { t -> t.accent }
        button.isVisible = alarm && (reopen || connection is Connection.Connected)
        button.text = Strings[if (reopen) "banner.retry" else "banner.restart"]
        text.set(message.orEmpty())
        repaint()
    }

    private fun connecting(reason: String?) =
        if (reason == null) Strings("banner.connecting", "") else Strings("banner.away", reason)

    private fun starting(cli: CliState.Starting): String {
        val text = cli.message ?: Strings["banner.starting"]
        return cli.percent?.let { Strings("banner.percent", text, it.toString()) } ?: text
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.mix(ink(Theme.now), Theme.now.background, 0.12)
        g.fillRect(0, 0, width, height)
    }
}
