package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.markdown.MarkdownStream
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.MarkdownView
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings

/** What the model thought, folded, with how long it took. */
internal class ThoughtView(host: RowHost, row: Row) : RowView(host, row, Insets4(3, 0, 3, 0)) {
    override val fold = Fold(host, this, row.key)
    private val body = MarkdownView({ it.muted })
    private val box = Stack(pad = Insets4(2, 22, 6, 0)).apply { add(body) }
    private val stream = MarkdownStream()
    private var busy = false

    init {
        add(fold)
        add(box)
        fold.changed = { render() }
    }

    override fun render() {
        val thought = row.body as RowBody.Thought
        val end = thought.ended
        fold.title.text = when {
            end == null -> Strings["thought.running"]
            end - thought.started < BRIEF -> Strings["thought.brief"]
            else -> Strings("thought.done", Format.duration(end - thought.started))
        }
        box.isVisible = fold.open
        if (!fold.open || busy) return
        val text = thought.buffer.text
        val revision = thought.buffer.revision
        busy = true
        host.work.run({ stream.update(text, end != null) }) { blocks ->
            busy = false
            body.show(blocks)
            host.resized(this)
            if ((row.body as RowBody.Thought).buffer.revision != revision) render()
        }
    }

    private companion object {
        /** Milliseconds that are not worth a number. */
        const val BRIEF = 500L
    }
}
