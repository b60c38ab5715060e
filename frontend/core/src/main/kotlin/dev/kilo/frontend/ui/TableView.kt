package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Block
import java.awt.Dimension
import java.awt.Graphics
import java.awt.geom.RoundRectangle2D
import javax.swing.JComponent

/** A table: as wide as it needs to be; in less room its columns share it, and in too little it scrolls sideways. */
internal class TableView(table: Block.Table) :
    JComponent(),
    Flowing {
    private val grid = Grid(table)
    private val pane = Sideways(grid.fixed)

    init {
        add(pane)
    }

    override fun heightFor(width: Int): Int {
        grid.room = width
        return pane.heightFor(width)
    }

    override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(100)))

    override fun doLayout() {
        grid.room = width
        pane.setBounds(0, 0, width, height)
    }
}

/** Cells in columns. [room] is the width that there is for them. */
private class Grid(private val table: Block.Table) {
    private val columns = maxOf(table.head.size, 1)
    private val cells: List<List<FlowText>> = (listOf(table.head) + table.rows).mapIndexed { r, row ->
        List(columns) { c ->
            FlowText(row.getOrElse(c) { emptyList() }, { it.text }, { if (r == 0) it.bold else it.font })
        }
    }
    private var widths = IntArray(columns)
    private var heights = IntArray(cells.size)
    private var natural: IntArray? = null
    private var theme: Theme? = null

    val fixed: Fixed = Fixed(Inside())

    var room: Int = -1
        set(value) {
            if (field == value && theme === Theme.now) return
            if (theme !== Theme.now) natural = null
            theme = Theme.now
            field = value
            measure()
        }

    private fun measure() {
        val t = Theme.now
        val wanted = natural ?: wanted().also { natural = it }
        val least = IntArray(columns) { minOf(wanted[it], t.px(LEAST)) }
        widths = when {
            wanted.sum() <= room -> wanted
            least.sum() >= room -> IntArray(columns) { minOf(wanted[it], t.px(MOST)) }
            else -> shared(wanted, least)
        }
        val pad = t.px(2 * SIDE)
        heights = IntArray(cells.size) { r ->
            (0 until columns).maxOf { c -> cells[r][c].heightFor((widths[c] - pad).coerceAtLeast(20)) } + t.px(8)
        }
        fixed.become(widths.sum() + 1, heights.sum() + 2)
    }

    /** Every column gets what it needs at least, and the rest goes to those that want more, as they want it. */
    private fun shared(wanted: IntArray, least: IntArray): IntArray {
        val spare = room - least.sum()
        val more = IntArray(columns) { wanted[it] - least[it] }
        val all = more.sumOf { it.toLong() }.coerceAtLeast(1)
        return IntArray(columns) { least[it] + (spare.toLong() * more[it] / all).toInt() }
    }

    private fun wanted(): IntArray {
        val t = Theme.now
        val head = fixed.getFontMetrics(t.bold)
        val body = fixed.getFontMetrics(t.font)
        return IntArray(columns) { c ->
            cells.indices.maxOf { r ->
                val text = cells[r][c].plain.take(200)
                (if (r == 0) head else body).stringWidth(text) + (text.length / 8).coerceAtMost(10)
            } + t.px(2 * SIDE) + 6
        }
    }

    private inner class Inside : JComponent() {
        init {
            cells.flatten().forEach(::add)
        }

        override fun doLayout() {
            val t = Theme.now
            var y = 1
            for (r in cells.indices) {
                var x = 0
                for (c in 0 until columns) {
                    val inner = (widths[c] - t.px(2 * SIDE)).coerceAtLeast(20)
                    val indent = if (table.right.getOrElse(c) { false }) inner - cells[r][c].usedWidth(inner) else 0
                    cells[r][c].setBounds(x + t.px(SIDE) + indent, y + t.px(4), inner - indent, heights[r] - t.px(6))
                    x += widths[c]
                }
                y += heights[r]
            }
        }

        override fun paintComponent(g: Graphics) {
            if (heights.isEmpty()) return
            val t = Theme.now
            val g2 = g.smooth()
            val w = widths.sum() - 1.0
            g2.clip(RoundRectangle2D.Double(0.0, 0.0, w + 1, height.toDouble(), 9.0, 9.0))
            g2.color = t.raised
            g2.fillRect(0, 0, w.toInt() + 1, heights[0] + 1)
            g2.color = t.line
            var y = 1
            for (h in heights.dropLast(1)) {
                y += h
                g2.drawLine(0, y, w.toInt(), y)
            }
            g2.draw(RoundRectangle2D.Double(0.5, 0.5, w, height - 1.5, 8.0, 8.0))
            g2.dispose()
        }
    }

    private companion object {
        /** Room at each side of a cell, the width below which a column is not narrowed, and the most it gets when it scrolls. */
        const val SIDE = 10
        const val LEAST = 90
        const val MOST = 280
    }
}

/** Content of a size of its own, for a pane that scrolls it. */
internal class Fixed(private val content: JComponent) : JComponent() {
    private var size = Dimension(1, 1)

    init {
        add(content)
    }

    fun become(width: Int, height: Int) {
        if (size.width == width && size.height == height) return
        size = Dimension(width, height)
        content.invalidate()
        revalidate()
    }

    override fun getPreferredSize(): Dimension = size

    override fun doLayout() = content.setBounds(0, 0, size.width, size.height)
}
