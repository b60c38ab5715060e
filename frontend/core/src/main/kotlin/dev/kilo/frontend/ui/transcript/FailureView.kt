package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme

/** How a turn went wrong, or that the user stopped it. */
internal class FailureView(host: RowHost, row: Row) : RowView(host, row, Insets4(6, 0, 6, 0)) {
    private val stopped = Caption(Strings["failure.stopped"], { it.muted }, { it.font }, Icons.stop.tinted { it.faint })
    private val card =
        Card(gap = 3, pad = Insets4(9, 12), fill = {
            Theme.mix(it.red, it.background, 0.08)
        }, border = { it.edge(it.red, 0.35) })
    private val title = Caption("", { it.text }, { it.bold }, Icons.alert)
    private val text = FlowText()
    private val retry = Pill(Strings["failure.retry"], Strings["failure.retry"], primary = false)
    private val edit = Pill(Strings["failure.edit"], Strings["failure.edit"], primary = false)

    init {
        retry.name = "failure.retry"
        retry.addActionListener { prompt()?.let(host.session::send) }
        edit.addActionListener { prompt()?.let(host::edit) }
        card.add(title)
        card.add(Stack(pad = Insets4(0, 22, 0, 0)).apply { add(text) })
        val actions = Line().apply {
            add(retry)
            add(edit)
        }
        card.add(Stack(pad = Insets4(6, 22, 1, 0)).apply { add(actions) })
        add(stopped)
        add(card)
    }

    override fun render() {
        val failure = row.body as RowBody.Failure
        stopped.isVisible = failure.stopped
        card.isVisible = !failure.stopped
        val code = failure.error.statusCode
        title.text = when {
            failure.lost -> Strings["failure.lost"]
            code == null -> Strings["failure.title"]
            else -> Strings("failure.code", code.toString())
        }
        text.set(if (failure.lost) Strings["failure.lost.text"] else failure.error.message.take(MOST))
        val again = !failure.stopped && prompt() != null
        retry.isVisible = again
        edit.isVisible = again
    }

    /** What was asked in the turn that failed. */
    private fun prompt(): String? {
        val rows = host.session.transcript.rows
        val from = row.index.takeIf { it in rows.indices } ?: return null
        val asked = (from downTo 0).firstNotNullOfOrNull { rows[it].body as? RowBody.Prompt } ?: return null
        return asked.text.takeIf { it.isNotBlank() && asked.files.isEmpty() }
    }

    private companion object {
        const val MOST = 8000
    }
}
