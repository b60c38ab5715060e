package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.transcript.Fold
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState

/** A run of reads and searches on one line; opened, a line for each, and each of those opens to what was found. */
internal class ExploreView(host: RowHost, row: Row) : RowView(host, row, Insets4(3, 2, 3, 2)) {
    override val fold = Fold(host, this, row.key)
    private val box = Stack(gap = 1, pad = Insets4(1, 22, 5, 0))
    private val images = ImageStrip(host, this, Insets4(2, 22, 6, 0))
    private val entries = LinkedHashMap<String, Entry>()

    init {
        add(fold)
        add(box)
        add(images)
        fold.changed = { render() }
    }

    override fun render() {
        val parts = (row.body as RowBody.Explore).parts
        val running = parts.any { it.state is ToolState.Running || it.state is ToolState.Pending }
        fold.title.text = ToolText.summary(parts)
        fold.extra.icon = when {
            running -> Icons.spin
            parts.any { it.state is ToolState.Failed } -> Icons.warn
            else -> null
        }
        images.show(parts.flatMap { (it.state as? ToolState.Completed)?.attachments.orEmpty() })
        box.isVisible = fold.open
        if (!fold.open) return
        val ids = parts.mapTo(HashSet()) { it.id }
        for (gone in entries.keys.filter { it !in ids }) entries.remove(gone)?.let(box::remove)
        for (part in parts) entries.getOrPut(part.id) { Entry(part).also(box::add) }.show(part)
        box.revalidate()
    }

    /** One call. */
    private inner class Entry(part: Part.Tool) : Stack() {
        private val key = "${row.key}:${part.id}"
        private val line = Fold(host, this@ExploreView, key)
        private val body = BodyView()
        private val room = Stack(pad = Insets4(2, 22, 5, 0)).apply { add(body) }
        private val filler = Filler(host, this@ExploreView, body)
        private var part = part

        init {
            add(line)
            add(room)
            line.changed = { show(this.part) }
        }

        fun show(part: Part.Tool) {
            this.part = part
            line.title.text = ToolText.title(part)
            line.title.icon = stateIcon(part.state)
            line.getAccessibleContext().accessibleDescription =
                "${ToolText.kind(part)}, ${stateName(part.state, false)}"
            room.isVisible = line.open
            filler.show(if (line.open) part else null)
        }
    }
}
