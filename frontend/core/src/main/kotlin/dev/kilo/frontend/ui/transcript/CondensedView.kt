package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.markdown.MarkdownStream
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.MarkdownView
import dev.kilo.frontend.ui.Separator
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings

/** Marks where the conversation was condensed; opened, the summary with which the model goes on. */
internal class CondensedView(host: RowHost, row: Row) : RowView(host, row, Insets4(8, 0, 8, 0)) {
    override val fold = Fold(host, this, row.key)
    private val body = MarkdownView({ it.muted })
    private val box = Stack(pad = Insets4(4, 22, 6, 0)).apply { add(body) }
    private val stream = MarkdownStream()
    private var busy = false

    init {
        add(Separator())
        add(fold)
        add(box)
        fold.changed = { render() }
    }

    override fun render() {
        val condensed = row.body as RowBody.Condensed
        fold.title.text = Strings[if (condensed.ended) "condensed" else "condensing"]
        fold.extra.icon = if (condensed.ended) null else Icons.spin
        val buffer = condensed.buffer
        box.isVisible = fold.open && buffer != null
        if (!fold.open || busy || buffer == null) return
        val text = buffer.text
        busy = true
        host.work.run({ stream.update(text, condensed.ended) }) { blocks ->
            busy = false
            body.show(blocks)
            host.resized(this)
            if (buffer.length != text.length) render()
        }
    }
}
