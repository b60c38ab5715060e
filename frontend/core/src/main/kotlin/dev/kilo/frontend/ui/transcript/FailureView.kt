package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme

/** How a turn went wrong, or that the user stopped it. */
internal class FailureView(host: RowHost, row: Row) : RowView(host, row, Insets4(6, 0, 6, 0)) {
    private val stopped = Caption(Strings["failure.stopped"], { it.muted }, { it.font }, Icons.stop.tinted { it.faint })
    private val card =
        Card(gap = 3, pad = Insets4(9, 12), fill = {
            Theme.mix(it.red, it.background, 0.08)
        }, border = { Theme.mix(it.red, it.background, 0.35) })
    private val title = Caption("", { it.text }, { it.bold }, Icons.alert)
    private val text = FlowText()

    init {
        card.add(title)
        card.add(Stack(pad = Insets4(0, 22, 0, 0)).apply { add(text) })
        add(stopped)
        add(card)
    }

    override fun render() {
        val failure = row.body as RowBody.Failure
        stopped.isVisible = failure.stopped
        card.isVisible = !failure.stopped
        val code = failure.error.statusCode
        title.text = if (code == null) Strings["failure.title"] else Strings("failure.code", code.toString())
        text.set(failure.error.message)
    }
}
