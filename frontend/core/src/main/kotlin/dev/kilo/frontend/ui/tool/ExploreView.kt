package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.tool.ExploreView
import dev.kilo.frontend.ui.transcript.Fold
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.ToolState

/** A run of reads and searches on one line; opened, a line for each. */
internal class ExploreView(host: RowHost, row: Row) : RowView(host, row, Insets4(3, 2, 3, 2)) {
    private val fold = Fold(host, this, row.key)
    private val box = Stack(gap = 2, pad = Insets4(1, 22, 5, 0))

    init {
        add(fold)
        add(box)
        fold.changed = { render() }
    }

    override fun render() {
        val parts = (row.body as RowBody.Explore).parts
        val running = parts.any { it.state is ToolState.Running || it.state is ToolState.Pending }
        fold.title.text = ToolText.summary(parts)
        fold.extra.icon =
            if (running) {
                Icons.spin
            } else if (parts.any { it.state is ToolState.Failed }) {
                Icons.warn
            } else {
                null
            }
        box.isVisible = fold.open
        box.removeAll()
        if (!fold.open) return
        for (part in parts) {
            val line = Line(gap = 6)
            line.add(Caption(icon = stateIcon(part.state)))
            line.fill(Caption(ToolText.title(part), { it.muted }, { it.small }))
            box.add(line)
            (part.state as? ToolState.Failed)?.let { failed ->
                box.add(
                    Stack(pad = Insets4(0, 22, 3, 0)).apply {
                        add(FlowText(failed.error.take(1000), { it.red }, { it.small }))
                    },
                )
            }
        }
        box.revalidate()
    }
}
