package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.ui.Theme
import java.awt.Graphics
import javax.swing.JComponent
import javax.swing.JScrollBar
import javax.swing.SwingUtilities

/**
 * The visible part of a transcript: lays out the rows that are in sight from the place that is kept. A validate root, so
 * that changes within rows end here and are laid out once before the next picture.
 */
internal class TranscriptCanvas(
    private val owner: TranscriptView,
    private val heights: Heights,
    private val bar: JScrollBar,
) : JComponent() {
    val views = RowViews(owner, this)
    private val rows get() = owner.session.transcript.rows
    private var anchor: Row? = null
    private var offset = 0

    /** When the time for making views in this layout is over, and whether some were left for the next. */
    private var deadline = 0L
    private var unfinished = false

    /** Is made however long that takes. */
    private var needed: Row? = null

    /** At the end, following what arrives. */
    var stuck: Boolean = true
        private set

    /** The first and the last row in sight. */
    var first: Int = 0
        private set
    var last: Int = 0
        private set

    /** The scroll bar is being moved by us. */
    var adjusting: Boolean = false
        private set

    private val pad: Int get() = Theme.now.px(20)
    val overflows: Boolean get() = heights.total + pad > height

    /** Width of a row. */
    val column: Int get() = minOf(full, Theme.now.px(860))
    private val side: Int get() = Theme.now.px(18)
    private val full: Int get() = (width - bar.preferredSize.width / 2 - 2 * side).coerceAtLeast(60)

    override fun isValidateRoot() = true

    override fun isOptimizedDrawingEnabled() = true

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.background
        val clip = g.clipBounds
        g.fillRect(clip.x, clip.y, clip.width, clip.height)
    }

    /** Pixels from the beginning of what is loaded to the upper edge. */
    fun position(): Int {
        val row = anchor ?: return 0
        return if (row.index < 0) 0 else heights.top(row.index) - offset
    }

    fun follow() {
        stuck = true
    }

    fun scrollTo(value: Int, atEnd: Boolean) {
        val max = (heights.total + pad - height).coerceAtLeast(0)
        val y = value.coerceIn(0, max)
        needed = null
        stuck = atEnd && y >= max - 2
        if (rows.isEmpty()) return
        val index = heights.at(y).coerceIn(0, rows.size - 1)
        anchor = rows[index]
        offset = heights.top(index) - y
    }

    /** [row] begins [below] pixels under the upper edge, whatever the heights of others turn out to be. */
    fun goTo(row: Row, below: Int) {
        stuck = false
        needed = row
        anchor = row
        offset = below
    }

    /** Scrolls as little as possible so that [row] begins in sight. */
    fun bring(row: Row) {
        val top = heights.top(row.index) - position()
        needed = row
        if (top >= 0 && top + minOf(heights.get(row.index), height / 2) <= height) return
        anchor = row
        offset = if (top < 0) pad / 2 else (height - minOf(heights.get(row.index), height - pad)).coerceAtLeast(0)
        stuck = false
        revalidate()
    }

    fun spliced(index: Int, removed: List<Row>) {
        for (row in removed) views.forget(row)
        val kept = anchor ?: return
        if (kept.index >= 0 || kept !in removed) return
        anchor = rows.getOrNull(index.coerceAtMost(rows.size - 1))
        offset = 0
    }

    override fun doLayout() {
        if (width <= 0 || height <= 0) return
        deadline = System.nanoTime() + BUDGET
        unfinished = false
        if (rows.isEmpty()) views.retain(emptySet()) else arrange()
        // Keys and the picture of what is there come first.
        if (unfinished) SwingUtilities.invokeLater(::revalidate)
        adjusting = true
        val total = heights.total + pad
        bar.setValues(position().coerceAtLeast(0), height, 0, maxOf(total, height))
        bar.blockIncrement = height
        bar.isVisible = total > height
        adjusting = false
        owner.arranged()
    }

    private fun measure(index: Int, used: HashSet<Row>): Int {
        val row = rows[index]
        if (row in used) return heights.get(index)
        val late = System.nanoTime() > deadline && used.isNotEmpty() && row !== needed
        val view = views.show(row, make = !late)
        if (view == null) {
            unfinished = true
            return heights.get(index)
        }
        used += row
        val h = view.heightFor(column)
        heights.set(index, h)
        return h
    }

    private fun arrange() {
        val used = HashSet<Row>()
        var top = if (stuck || anchor == null) fromEnd(used) else fromAnchor(used)
        var bottom = downTo(top, used)
        if (last == rows.size - 1 && bottom < height - pad / 2 && first + rows.size > 0 && top < pad / 2) {
            // Scrolled beyond the end, perhaps because something shrank.
            stuck = !owner.session.hasNewer.value
            top = fromEnd(used)
            bottom = downTo(top, used)
        }
        place(top, used)
        remember(top)
        views.retain(used)
    }

    /** The row at the top when the end is in sight, in [first]; measured upwards. */
    private fun fromEnd(used: HashSet<Row>): Int {
        var y = height - pad / 2
        var i = rows.size
        while (i > 0 && y > 0) y -= measure(--i, used)
        first = i
        return if (i == 0 && y > pad / 2) pad / 2 else y
    }

    private fun fromAnchor(used: HashSet<Row>): Int {
        var i = anchor?.index?.coerceIn(0, rows.size - 1) ?: 0
        var y = offset
        while (y > 0 && i > 0) y -= measure(--i, used)
        // What is above may have turned out smaller than it was estimated.
        while (i < rows.size - 1 && y + measure(i, used) <= 0) y += heights.get(i++)
        first = i
        return if (i == 0 && y > pad / 2) pad / 2 else y
    }

    private fun downTo(top: Int, used: HashSet<Row>): Int {
        var y = top
        var i = first
        while (i < rows.size && y < height) y += measure(i++, used)
        last = (i - 1).coerceAtLeast(first)
        return y
    }

    private fun place(top: Int, used: HashSet<Row>) {
        val left = side + (full - column) / 2
        var y = top
        for (i in first..last) {
            val h = heights.get(i)
            views[rows[i]]?.setBounds(left, y, column, h)
            y += h
        }
        used.retainAll { it.index in first..last }
    }

    /** The place is that of the first row that begins in sight: what grows above it moves upwards. */
    private fun remember(top: Int) {
        var y = top
        for (i in first..last) {
            if (y >= 0 || i == last) {
                anchor = rows[i]
                offset = y
                return
            }
            if (y + heights.get(i) >= height) break
            y += heights.get(i)
        }
        anchor = rows[first]
        offset = top
    }

    private companion object {
        /** Nanoseconds of one layout that may go into making views; the rows left out follow in the next. */
        const val BUDGET = 8_000_000L
    }
}
