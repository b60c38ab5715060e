package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.changes.DiffDocument
import dev.kilo.frontend.model.changes.DiffHunk
import dev.kilo.frontend.model.changes.DiffRows
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Work
import java.awt.Component
import java.awt.Graphics
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JScrollBar
import javax.swing.JScrollPane

/** One file's change with its scroll bars. Rows and colours are made off the EDT; what was shown stays until they are there. */
internal class DiffView(private val work: Work, settle: (DiffHunk, undo: Boolean) -> Unit) : JComponent() {
    private val canvas = DiffCanvas(settle)
    private val scroll = JScrollPane(canvas)
    private val sideways = JScrollBar(JScrollBar.HORIZONTAL)
    private var file = ""
    private var document: DiffDocument? = null
    private var laid: DiffRows? = null
    private var turn = 0
    var sideBySide: Boolean = false
        set(value) {
            if (field == value) return
            field = value
            lay(keep = true)
        }

    /** Called when a document's rows are there. */
    var shown: () -> Unit = {}

    /** Set before the next [show]: where to begin. */
    var begin: Int = 0

    val focus: Component get() = canvas

    init {
        scroll.border = BorderFactory.createEmptyBorder()
        scroll.viewport.isOpaque = false
        scroll.isOpaque = false
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        scroll.viewport.addChangeListener { canvas.arrange() }
        scroll.addMouseWheelListener { e -> if (e.isShiftDown) sideways.value += e.unitsToScroll * STEP }
        sideways.isVisible = false
        sideways.unitIncrement = STEP
        sideways.isFocusable = false
        sideways.addAdjustmentListener { canvas.shift = sideways.value }
        canvas.measured = ::measure
        add(scroll)
        add(sideways)
    }

    fun settling(possible: Boolean, enabled: Boolean) {
        if (canvas.settling != possible) {
            canvas.settling = possible
            lay(keep = true)
        }
        canvas.enabledHunks = enabled
    }

    /** [name] is the file's, for its language. */
    fun show(name: String, next: DiffDocument?) {
        if (next === document && name == file) return
        val keep = name == file && next != null && document != null
        file = name
        document = next
        lay(keep)
        if (next != null) {
            val asked = next
            work.run({ DiffInks.of(asked, name) }) { inks -> if (document === asked) canvas.colour(inks) }
        }
    }

    /** To the next or the former change; false at the end of the file. */
    fun change(step: Int): Boolean = canvas.change(step)

    private fun lay(keep: Boolean) {
        val asked = document
        val mine = ++turn
        if (asked == null) {
            laid = null
            canvas.show(null, keep = false)
            return
        }
        val sides = sideBySide
        val heads = canvas.settling
        val done = { rows: DiffRows ->
            if (mine == turn) {
                laid = rows
                canvas.show(rows, keep)
                if (!keep) {
                    canvas.edge(first = begin >= 0)
                    begin = 0
                }
                shown()
            }
        }
        // Small ones at once, so that nothing flickers.
        if (asked.lines.size <=
            SMALL
        ) {
            done(DiffRows(asked, sides, heads = heads))
        } else {
            work.run({ DiffRows(asked, sides, heads = heads) }, done)
        }
    }

    private fun measure() {
        val (text, room) = canvas.overflow
        val needed = text > room && room > 0
        if (needed) sideways.setValues(sideways.value.coerceAtMost(text - room), room, 0, text) else sideways.value = 0
        if (sideways.isVisible != needed) {
            sideways.isVisible = needed
            revalidate()
        }
    }

    override fun doLayout() {
        val bar = if (sideways.isVisible) sideways.preferredSize.height else 0
        scroll.setBounds(0, 0, width, height - bar)
        sideways.setBounds(0, height - bar, width, bar)
        scroll.validate()
        measure()
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.background
        g.fillRect(0, 0, width, height)
    }

    private companion object {
        const val STEP = 24
        const val SMALL = 3_000
    }
}
