package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.changes.DiffHunk
import dev.kilo.frontend.model.changes.DiffLine
import dev.kilo.frontend.model.changes.DiffRow
import dev.kilo.frontend.model.changes.DiffRows
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.smooth
import java.awt.Cursor
import java.awt.Dimension
import java.awt.Graphics
import java.awt.Rectangle
import java.awt.event.FocusEvent
import java.awt.event.FocusListener
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.accessibility.AccessibleContext
import javax.accessibility.AccessibleRole
import javax.swing.JComponent
import javax.swing.Scrollable
import javax.swing.SwingUtilities

/**
 * The lines of one file's change. Rows have one height, and only those in sight are painted or have buttons, so that its
 * size does not matter. A row is current, like a caret; it moves with the arrow keys. It takes the focus when it is
 * clicked or tabbed to, never by itself.
 */
internal class DiffCanvas(private val settle: (DiffHunk, undo: Boolean) -> Unit) :
    JComponent(),
    Scrollable {
    private var rows: DiffRows? = null
    private var inks: DiffInks? = null
    private var painter: DiffPainter? = null
    private var painted: Theme? = null
    private val bars = ArrayList<HunkBar>()
    private var current = 0
    private var anchor = 0
    private var dragging = false

    /** Whether hunks can be kept and undone. */
    var settling: Boolean = true
        set(value) {
            field = value
            arrange()
        }
    var enabledHunks: Boolean = true
        set(value) {
            field = value
            for (bar in bars) bar.allow(value)
        }

    /** How far long lines are moved to the left. */
    var shift: Int = 0
        set(value) {
            if (field == value) return
            field = value
            repaint()
        }

    /** The room for text, or the longest line, changed. */
    var measured: () -> Unit = {}

    init {
        name = "changes.diff"
        isFocusable = true
        layout = null
        val mouse = object : MouseAdapter() {
            override fun mousePressed(e: MouseEvent) {
                requestFocusInWindow()
                val row = rowAt(e.y)
                if (SwingUtilities.isLeftMouseButton(e)) {
                    dragging = rows?.rows?.getOrNull(row) !is DiffRow.Fold
                    go(row, extend = e.isShiftDown)
                    if (!dragging) open(row)
                }
            }

            override fun mouseDragged(e: MouseEvent) {
                if (dragging) go(rowAt(e.y), extend = true)
            }

            override fun mouseMoved(e: MouseEvent) {
                val fold = rows?.rows?.getOrNull(rowAt(e.y)) is DiffRow.Fold
                cursor = Cursor.getPredefinedCursor(if (fold) Cursor.HAND_CURSOR else Cursor.DEFAULT_CURSOR)
            }
        }
        addMouseListener(mouse)
        addMouseMotionListener(mouse)
        addFocusListener(object : FocusListener {
            override fun focusGained(e: FocusEvent) = repaint()

            override fun focusLost(e: FocusEvent) = repaint()
        })
        keys()
    }

    private fun keys() {
        val page = { (visibleRect.height / height()).coerceAtLeast(1) }
        for (extend in listOf(false, true)) {
            val prefix = if (extend) "shift " else ""
            Shortcuts.bind(this, "${prefix}UP") { go(current - 1, extend) }
            Shortcuts.bind(this, "${prefix}DOWN") { go(current + 1, extend) }
            Shortcuts.bind(this, "${prefix}PAGE_UP") { go(current - page(), extend) }
            Shortcuts.bind(this, "${prefix}PAGE_DOWN") { go(current + page(), extend) }
            Shortcuts.bind(this, "${prefix}HOME") { go(0, extend) }
            Shortcuts.bind(this, "${prefix}END") { go(Int.MAX_VALUE, extend) }
        }
        Shortcuts.bind(this, "ENTER") { open(current) }
        Shortcuts.bind(this, "SPACE") { open(current) }
        Shortcuts.bind(this, "ctrl C") { copy() }
        Shortcuts.bind(this, "ctrl A") {
            anchor = 0
            current = last()
            repaint()
        }
    }

    /** Shows other rows; the place that is looked at stays when [keep] is set. */
    fun show(next: DiffRows?, keep: Boolean) {
        val old = rows
        rows = next
        if (!keep) {
            inks = null
            current = 0
            anchor = 0
            shift = 0
            scrollRectToVisible(Rectangle(0, 0, 1, 1))
        } else if (old != null && next != null && old !== next) {
            current = current.coerceIn(0, last())
            anchor = current
        }
        revalidate()
        repaint()
        measured()
        arrange()
    }

    fun colour(next: DiffInks?) {
        inks = next
        repaint()
    }

    /** Width of text that does not fit beside the view's own. */
    val overflow: Pair<Int, Int>
        get() {
            val rows = rows ?: return 0 to 0
            return painter().textWidth(rows) to painter().room(rows, width).coerceAtLeast(0)
        }

    /** To the first line of the next run of changes, or of the one before; false when there is none. */
    fun change(step: Int): Boolean {
        val rows = rows ?: return false
        val found = rows.changes.binarySearch(current)
        val before = if (found >= 0) found else -found - 1
        val at = if (step < 0) {
            before - 1
        } else if (found >= 0) {
            found + 1
        } else {
            before
        }
        val target = rows.changes.getOrNull(at) ?: return false
        move(target)
        return true
    }

    /** To the first change, or the last one. */
    fun edge(first: Boolean) {
        val rows = rows ?: return
        move((if (first) rows.changes.firstOrNull() else rows.changes.lastOrNull()) ?: return)
    }

    private fun move(row: Int) {
        current = row.coerceIn(0, last())
        anchor = current
        // A few lines above it stay in sight.
        val h = height()
        val sight = visibleRect.height
        scrollRectToVisible(Rectangle(0, ((current - 3) * h).coerceAtLeast(0), 1, sight.coerceAtLeast(h)))
        told()
        repaint()
    }

    private fun go(row: Int, extend: Boolean) {
        current = row.coerceIn(0, last())
        if (!extend) anchor = current
        val h = height()
        scrollRectToVisible(Rectangle(0, current * h, 1, h))
        told()
        repaint()
    }

    private fun last() = ((rows?.rows?.size ?: 0) - 1).coerceAtLeast(0)

    private fun open(row: Int) {
        val now = rows ?: return
        val fold = now.rows.getOrNull(row) as? DiffRow.Fold ?: return
        show(now.opened(fold.first), keep = true)
    }

    private fun copy() {
        val rows = rows ?: return
        val lines = rows.document.lines
        val out = StringBuilder()
        for (i in minOf(anchor, current)..maxOf(anchor, current)) {
            when (val row = rows.rows.getOrNull(i)) {
                is DiffRow.One -> out.append(lines[row.line].text).append('\n')

                is DiffRow.Two -> (
                    if (row.right >=
                        0
                    ) {
                        row.right
                    } else {
                        row.left
                    }
                    ).let { out.append(lines[it].text).append('\n') }

                is DiffRow.Fold, is DiffRow.Gap, is DiffRow.Head, null -> Unit
            }
        }
        if (out.isNotEmpty()) Views.copy(out.toString())
    }

    private fun rowAt(y: Int): Int = y / height()

    private fun height() = painter().rowHeight

    private fun painter(): DiffPainter {
        val t = Theme.now
        val known = painter
        if (known != null && painted === t) return known
        painted = t
        return DiffPainter(getFontMetrics(t.mono), t).also { painter = it }
    }

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        g.color = t.background
        g.fillRect(0, 0, width, height)
        val now = rows ?: return
        val g2 = g.smooth()
        g2.font = t.mono
        val painter = painter()
        val h = painter.rowHeight
        val clip = g2.clipBounds ?: Rectangle(0, 0, width, height)
        val from = (clip.y / h).coerceIn(0, now.rows.size)
        val to = ((clip.y + clip.height) / h + 1).coerceIn(0, now.rows.size)
        for (i in from until to) painter.row(g2, now, inks, i, i * h, width, shift)
        if (isFocusOwner) {
            val a = minOf(anchor, current)
            val b = maxOf(anchor, current)
            if (a != b) {
                g2.color = java.awt.Color(t.accent.red, t.accent.green, t.accent.blue, 55)
                g2.fillRect(0, a * h, width, (b - a + 1) * h)
            }
            g2.color = t.accent
            g2.drawRect(0, current * h, width - 1, h - 1)
        }
        g2.dispose()
    }

    /** Buttons for the hunks in sight only. */
    fun arrange() {
        val now = rows
        val painter = painter()
        val h = painter.rowHeight
        val sight = visibleRect
        var used = 0
        if (now != null && settling && now.document.hunks.isNotEmpty()) {
            val from = (sight.y / h).coerceIn(0, now.rows.size)
            val to = ((sight.y + sight.height) / h + 1).coerceIn(0, now.rows.size)
            for (i in from until to) {
                val head = now.rows[i] as? DiffRow.Head ?: continue
                val bar = bars.getOrNull(used) ?: HunkBar().also {
                    bars += it
                    add(it)
                }
                used++
                bar.show(head.hunk, now.document.hunks[head.hunk])
                val w = bar.preferredSize.width
                bar.setBounds(width - w - Theme.now.px(6), i * h, w, h)
                bar.isVisible = true
                bar.validate()
            }
        }
        for (i in used until bars.size) bars[i].isVisible = false
    }

    override fun setBounds(x: Int, y: Int, width: Int, height: Int) {
        val before = this.width
        super.setBounds(x, y, width, height)
        arrange()
        if (before != width) measured()
    }

    override fun getPreferredSize() = Dimension(Theme.now.px(320), (rows?.rows?.size ?: 0) * height())

    override fun getPreferredScrollableViewportSize(): Dimension = preferredSize

    override fun getScrollableUnitIncrement(visible: Rectangle, orientation: Int, direction: Int) = height() * 3

    override fun getScrollableBlockIncrement(visible: Rectangle, orientation: Int, direction: Int) =
        (visible.height - height()).coerceAtLeast(height())

    override fun getScrollableTracksViewportWidth() = true

    override fun getScrollableTracksViewportHeight() = (parent?.height ?: 0) > preferredSize.height

    /** What the current row says, for who hears it. */
    fun spoken(): String {
        val now = rows ?: return Strings["changes.diff"]
        val lines = now.document.lines
        fun line(at: Int): String {
            val line = lines[at]
            val key = when (line.kind) {
                DiffLine.Kind.SAME -> "changes.line.same"
                DiffLine.Kind.ADDED -> "changes.line.added"
                DiffLine.Kind.REMOVED -> "changes.line.removed"
            }
            return Strings(key, (if (line.new > 0) line.new else line.old).toString(), line.text.take(MAX_SPOKEN))
        }
        return when (val row = now.rows.getOrNull(current)) {
            null -> Strings["changes.diff"]

            is DiffRow.One -> line(row.line)

            is DiffRow.Two -> listOf(row.left, row.right).distinct().filter {
                it >= 0
            }.joinToString("; ", transform = ::line)

            is DiffRow.Fold -> Strings("changes.fold", row.count)

            is DiffRow.Gap -> Strings("changes.gap", row.count)

            is DiffRow.Head -> Strings("changes.hunk.spoken", row.hunk + 1, now.document.hunks.size)
        }
    }

    private fun told() {
        getAccessibleContext().firePropertyChange(AccessibleContext.ACCESSIBLE_NAME_PROPERTY, null, spoken())
    }

    override fun getAccessibleContext(): AccessibleContext {
        accessibleContext?.let { return it }
        val made = object : AccessibleJComponent() {
            override fun getAccessibleRole(): AccessibleRole = AccessibleRole.LIST

            override fun getAccessibleName(): String = spoken()
        }
        accessibleContext = made
        return made
    }

    private inner class HunkBar : Line(gap = 2, pad = Insets4(0, 0)) {
        private var hunk: DiffHunk? = null
        private val keep = Quiet(Strings["changes.keep"], null, Strings["changes.keep.hunk"], { it.green })
        private val undo = Quiet(Strings["changes.undo"], null, Strings["changes.undo.hunk"], { it.red })

        init {
            add(keep)
            add(undo)
            keep.toolTipText = Strings["changes.keep.hunk"]
            undo.toolTipText = Strings["changes.undo.hunk"]
            for (button in listOf(keep, undo)) button.border = javax.swing.BorderFactory.createEmptyBorder(0, 5, 0, 5)
            keep.addActionListener { hunk?.let { settle(it, false) } }
            undo.addActionListener { hunk?.let { settle(it, true) } }
            allow(enabledHunks)
        }

        fun allow(on: Boolean) {
            keep.isEnabled = on
            undo.isEnabled = on
        }

        fun show(index: Int, next: DiffHunk) {
            hunk = next
            keep.name = "hunk.keep.$index"
            undo.name = "hunk.undo.$index"
            keep.getAccessibleContext().accessibleName = Strings("changes.keep.hunk.name", index + 1)
            undo.getAccessibleContext().accessibleName = Strings("changes.undo.hunk.name", index + 1)
        }
    }

    private companion object {
        const val MAX_SPOKEN = 300
    }
}
