package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.MarkdownExport
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.frontend.ui.FindingView
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.Work
import kotlinx.coroutines.flow.collectLatest
import java.awt.Adjustable
import java.awt.Dimension
import java.awt.Graphics
import java.awt.event.MouseWheelEvent
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.JScrollBar
import javax.swing.KeyStroke
import kotlin.math.roundToInt

/**
 * The rows of a session. Only those that are visible have components. The place is kept as "this row, so many pixels
 * down", so that rows that grow or arrive above never move what is being read; at the bottom it follows what arrives.
 */
internal class TranscriptView(
    override val session: SessionModel,
    override val work: Work,
    private val editor: (String) -> Unit,
) : Part(),
    RowHost,
    FindingView {
    private val heights = Heights()
    private val views = HashMap<Row, RowView>()
    private val open = HashMap<String, Boolean>()
    private val bar = JScrollBar(Adjustable.VERTICAL)
    private val jump = Pill(Strings["jump"], Strings["jump"], primary = false, icon = Icons.down)
    private val canvas = Canvas()
    override val finding: FindInView = FindInView(this)
    private val findBar = FindBar(session) { left() }
    private val following = session.run {
        session.finder.state.collectLatest {
            findBar.show(it)
            finding.follow(it)
        }
    }
    private var anchor: Row? = null
    private var offset = 0
    private var adjusting = false

    /** At the bottom, following what arrives. */
    var stuck: Boolean = true
        private set

    private val listener = object : TranscriptListener {
        override fun spliced(index: Int, removed: List<Row>, added: List<Row>) {
            heights.splice(index, removed.size, added.map { estimate(it) })
            for (row in removed) views.remove(row)?.let(canvas::remove)
            val kept = anchor
            if (kept != null && kept in removed) {
                anchor = session.transcript.rows.getOrNull(index.coerceAtMost(session.transcript.rows.size - 1))
                offset = 0
            }
            canvas.relayout()
        }

        override fun changed(rows: Collection<Row>) {
            for (row in rows) views[row]?.update()
            canvas.relayout()
        }
    }

    init {
        add(jump)
        add(canvas)
        add(bar)
        add(findBar)
        bar.unitIncrement = 20
        bar.isFocusable = false
        bar.border = javax.swing.BorderFactory.createEmptyBorder()
        bar.addAdjustmentListener { if (!adjusting) scrollTo(bar.value) }
        jump.isVisible = false
        jump.isFocusable = false
        jump.addActionListener { toBottom() }
        addMouseWheelListener(::wheel)
        canvas.addMouseWheelListener(::wheel)
        getAccessibleContext().accessibleName = Strings["accessible.transcript"]
        bind("PAGE_UP") { by(-(canvas.height - 40)) }
        bind("PAGE_DOWN") { by(canvas.height - 40) }
        heights.splice(0, 0, session.transcript.rows.map { estimate(it) })
        session.transcript.addListener(listener)
    }

    private fun bind(key: String, action: () -> Unit) {
        getInputMap(WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(KeyStroke.getKeyStroke(key), key)
        actionMap.put(
            key,
            object : AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
            },
        )
    }

    fun close() {
        session.transcript.removeListener(listener)
        following.cancel()
        session.finder.clear()
    }

    /** Lets the user look for words in the session; [left] is called when that is over. */
    fun find() = findBar.open()

    var left: () -> Unit = {}

    /** Asks for a place and writes the whole session there, as Markdown. */
    fun export() = SessionFiles.export(this, session, json = false)

    /** Puts the newest turn on the clipboard, as Markdown. */
    fun copyTurn() {
        val rows = session.transcript.rows
        val from = rows.indexOfLast { it.body is RowBody.Prompt }.coerceAtLeast(0)
        if (rows.isNotEmpty()) Views.copy(MarkdownExport.rows(rows.subList(from, rows.size)))
    }

    /** The view of [row] while it is visible. */
    fun viewOf(row: Row): RowView? = views[row]

    /** Shows [row] so that what is [y] pixels below its top stands in the upper part of the view. */
    fun showAt(row: Row, y: Int) {
        if (row.index < 0) return
        stuck = false
        anchor = row
        offset = canvas.height / 3 - y
        canvas.relayout()
    }

    fun toBottom() {
        stuck = true
        canvas.relayout()
    }

    fun by(pixels: Int) {
        scrollTo(position() + pixels)
    }

    /** After a change of theme or zoom. */
    fun restyle() {
        canvas.removeAll()
        views.clear()
        heights.reset(session.transcript.rows.map { estimate(it) })
        revalidate()
        canvas.relayout()
    }

    val liveRows: Int get() = views.size

    override fun isOpen(key: String, default: Boolean) = open[key] ?: default

    override fun setOpen(key: String, open: Boolean) {
        this.open[key] = open
    }

    override fun resized(view: RowView) {
        canvas.relayout()
        finding.settle()
    }

    override fun edit(text: String) = editor(text)

    override fun openSession(id: String) = session.open(id)

    override fun doLayout() {
        val w = bar.preferredSize.width
        val top = if (findBar.isVisible) findBar.heightFor(width) else 0
        findBar.setBounds(0, 0, width, top)
        canvas.setBounds(0, top, width, height - top)
        bar.setBounds(width - w, top, w, height - top)
        val size = jump.preferredSize
        jump.setBounds((width - size.width) / 2, height - size.height - Theme.now.px(10), size.width, size.height)
        setComponentZOrder(jump, 0)
        setComponentZOrder(bar, 1)
        canvas.relayout()
    }

    override fun isOptimizedDrawingEnabled() = false

    private fun wheel(e: MouseWheelEvent) {
        if (e.isShiftDown || e.isControlDown) return
        by((e.preciseWheelRotation * e.scrollAmount.coerceAtLeast(1) * Theme.now.px(18)).roundToInt())
    }

    private fun position(): Int {
        val row = anchor ?: return 0
        return if (row.index < 0) 0 else heights.top(row.index) - offset
    }

    private fun scrollTo(value: Int) {
        val max = (heights.total + padding() - canvas.height).coerceAtLeast(0)
        val y = value.coerceIn(0, max)
        stuck = y >= max - 2
        val rows = session.transcript.rows
        if (rows.isNotEmpty()) {
            val index = heights.at(y).coerceIn(0, rows.size - 1)
            anchor = rows[index]
            offset = heights.top(index) - y
        }
        canvas.relayout()
        if (y < canvas.height && session.hasOlder.value) session.loadOlder()
    }

    private fun padding() = Theme.now.px(20)

    private fun estimate(row: Row): Int {
        val t = Theme.now
        val chars = (canvas.width.coerceAtLeast(300) / (t.font.size2D * 0.55f)).coerceAtLeast(20f)
        return when (val body = row.body) {
            is RowBody.Answer -> t.px(12) + ((body.buffer.length / chars + 1) * t.font.size2D * 1.5f).roundToInt()
            is RowBody.Prompt -> t.px(46) + ((body.text.length / chars) * t.font.size2D * 1.4f).roundToInt()
            is RowBody.Call -> t.px(44)
            is RowBody.Condensed, is RowBody.Explore, is RowBody.Footer, is RowBody.Thought -> t.px(28)
            is RowBody.Changes -> t.px(46) + minOf(body.files.size, 6) * t.px(22)
            is RowBody.Failure -> t.px(60)
        }
    }

    /** The visible part. */
    private inner class Canvas : JComponent() {
        private var queued = false

        override fun paintComponent(g: Graphics) {
            g.color = Theme.now.background
            g.fillRect(0, 0, width, height)
        }

        /** Lays out now; changes inside a row come here once an event. */
        fun relayout() {
            if (width <= 0 || height <= 0) return
            if (queued) return
            queued = true
            try {
                arrange()
            } finally {
                queued = false
            }
        }

        override fun isValidateRoot() = true

        override fun doLayout() = relayout()

        private fun arrange() {
            val rows = session.transcript.rows
            val t = Theme.now
            val side = t.px(18)
            val full = (width - bar.preferredSize.width / 2 - 2 * side).coerceAtLeast(60)
            val column = minOf(full, t.px(860))
            val left = side + (full - column) / 2
            val used = HashSet<Row>()
            fun measure(index: Int): Int {
                val row = rows[index]
                val view = views.getOrPut(row) { RowView.of(this@TranscriptView, row).also(::add) }
                used += row
                view.update()
                val h = view.heightFor(column)
                heights.set(index, h)
                return h
            }
            if (rows.isNotEmpty()) {
                // From the place that is kept, measure downwards what is visible, or upwards from the end.
                var top: Int
                var first: Int
                if (stuck || anchor == null) {
                    var y = height - padding() / 2
                    var i = rows.size
                    while (i > 0 && y > 0) y -= measure(--i)
                    first = i
                    top = y
                    if (i == 0 && y > padding() / 2) top = padding() / 2
                    anchor = rows[first]
                    offset = top
                } else {
                    first = anchor?.index?.coerceIn(0, rows.size - 1) ?: 0
                    top = offset
                    while (top > 0 && first > 0) top -= measure(--first)
                    if (first == 0 && top > padding() / 2) top = padding() / 2
                }
                var y = top
                var i = first
                while (i < rows.size && y < height) {
                    val h = if (rows[i] in used) heights.get(i) else measure(i)
                    val view = views.getValue(rows[i])
                    view.setBounds(left, y, column, h)
                    view.validate()
                    y += h
                    i++
                }
                if (!stuck && i == rows.size && y < height - padding()) {
                    // Scrolled beyond the end, perhaps because something shrank.
                    stuck = true
                    anchor = null
                    return arrange()
                }
                anchor = rows[first]
                offset = top
            }
            val gone = views.keys.filter { it !in used }
            for (row in gone) views.remove(row)?.let(::remove)
            adjusting = true
            val total = heights.total + padding()
            bar.setValues(position().coerceAtLeast(0), height, 0, maxOf(total, height))
            bar.blockIncrement = height
            bar.isVisible = total > height
            adjusting = false
            jump.isVisible = !stuck && total > height
            repaint()
        }
    }

    override fun getPreferredSize() = Dimension(Theme.now.px(480), Theme.now.px(500))
}
