package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.plain
import java.awt.Graphics
import java.awt.event.MouseEvent
import javax.swing.JComponent
import kotlin.math.abs

/** Marks beside the scroll bar where the user's own prompts are; a click goes there. */
internal class Rail(private val rows: () -> List<Row>, private val heights: Heights, private val go: (Row) -> Unit) :
    JComponent() {
    init {
        isFocusable = false
        toolTipText = ""
        plain()
        addMouseListener(object : java.awt.event.MouseAdapter() {
            override fun mousePressed(e: MouseEvent) {
                at(e.y)?.let(go)
            }
        })
    }

    private var total = -1
    private var count = -1

    /** After a layout: marks stand elsewhere only when the rows have become more, fewer or higher. */
    fun settle() {
        if (total == heights.total && count == rows().size) return
        total = heights.total
        count = rows().size
        repaint()
    }

    private fun place(row: Row): Int =
        (heights.top(row.index).toLong() * height / heights.total.coerceAtLeast(1)).toInt()

    private fun at(y: Int): Row? = rows().filter { it.body is RowBody.Prompt }
        .minByOrNull { abs(place(it) - y) }?.takeIf { abs(place(it) - y) <= Theme.now.px(5) }

    override fun contains(x: Int, y: Int): Boolean = super.contains(x, y) && at(y) != null

    override fun getToolTipText(event: MouseEvent): String? =
        (at(event.y)?.body as? RowBody.Prompt)?.let { Strings("accessible.you", it.text.take(TIP)) }

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        g.color = Theme.mix(t.accent, t.background, MARK)
        for (row in rows()) if (row.body is RowBody.Prompt) g.fillRect(0, place(row), width, t.px(2))
    }

    private companion object {
        const val TIP = 200
        const val MARK = 0.6
    }
}
