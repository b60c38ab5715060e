package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.MarkdownExport
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.frontend.ui.FindingView
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Late
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.Work
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.flow.collectLatest
import java.awt.Adjustable
import java.awt.Component
import java.awt.Dimension
import java.awt.event.FocusAdapter
import java.awt.event.FocusEvent
import java.awt.event.MouseWheelEvent
import javax.swing.AbstractAction
import javax.swing.JScrollBar
import javax.swing.KeyStroke
import javax.swing.SwingUtilities
import kotlin.math.roundToInt

/**
 * The rows of a session. Only those that are visible have components. The place is kept as "this row, so many pixels
 * down", so that rows that grow, arrive or go above never move what is being read; at the bottom it follows what
 * arrives. Whatever happens within an event costs one layout, before the next picture.
 */
internal class TranscriptView(
    override val session: SessionModel,
    override val work: Work,
    private val editor: (String) -> Unit,
) : Part(),
    RowHost,
    FindingView {
    private val rows get() = session.transcript.rows
    private val heights = Heights()
    private val open = HashMap<String, Boolean>()
    private val bar = JScrollBar(Adjustable.VERTICAL)
    private val jump = Pill(Strings["jump"], Strings["jump"], primary = false, icon = Icons.down)
    private val rail = Rail({ rows }, heights) { reveal(it) }
    private val announcer = Announcer()
    private val canvas = TranscriptCanvas(this, heights, bar)
    private val keys = RowKeys(this, canvas)
    override val finding: FindInView = FindInView(this)
    private val findBar = Late(this) { FindBar(session) { left() } }
    private val following = session.run {
        session.finder.state.collectLatest {
            findBar.made?.show(it)
            finding.follow(it)
        }
    }
    private var tending = false
    private var climbing = false

    /** At the bottom, following what arrives. */
    val stuck: Boolean get() = canvas.stuck

    /** The agent works, so that Esc stops it. */
    val busy: Boolean get() = session.status.value != SessionStatus.Idle

    /** The focus is on one of the rows or in it. */
    fun holdsFocus(): Boolean = canvas.views.all.any { it.holdsFocus() }

    /** Whether Tab stops at [component]: what is in the rows is reached with other keys. */
    fun stops(component: Component): Boolean = when {
        component === this -> !holdsFocus() && rows.isNotEmpty()
        else -> !SwingUtilities.isDescendingFrom(component, canvas)
    }

    /** What screen readers were told last. */
    val announced: String get() = announcer.said

    private val listener = object : TranscriptListener {
        override fun spliced(index: Int, removed: List<Row>, added: List<Row>) {
            heights.splice(index, removed.size, added.map { estimate(it) })
            canvas.spliced(index, removed)
            announcer.follow(added)
            relayout()
            if (climbing && index == 0) {
                climbing = false
                previousPrompt()
            }
        }

        override fun changed(rows: Collection<Row>) {
            if (isVisible) for (row in rows) canvas.views[row]?.update()
            announcer.follow(rows)
            relayout()
        }
    }

    init {
        add(jump)
        add(bar)
        add(rail)
        add(canvas)
        add(announcer)
        name = "transcript"
        bar.unitIncrement = 20
        bar.isFocusable = false
        bar.border = javax.swing.BorderFactory.createEmptyBorder()
        bar.addAdjustmentListener { if (!canvas.adjusting) scrollTo(bar.value) }
        jump.isVisible = false
        jump.isFocusable = false
        jump.addActionListener { toBottom() }
        addMouseWheelListener(::wheel)
        getAccessibleContext().accessibleName = Strings["accessible.transcript"]
        isFocusable = true
        addFocusListener(object : FocusAdapter() {
            override fun focusGained(e: FocusEvent) = keys.enter()
        })
        bind("PAGE_UP") { by(-(canvas.height - Theme.now.px(OVERLAP))) }
        bind("PAGE_DOWN") { by(canvas.height - Theme.now.px(OVERLAP)) }
        bind("HOME") { scrollTo(0) }
        bind("END") { toBottom() }
        heights.splice(0, 0, rows.map { estimate(it) })
        session.transcript.addListener(listener)
    }

    /** Works while the focus is on the transcript or on a row, and leaves keys alone that a field in a row needs. */
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
        canvas.views.clear()
        following.cancel()
        session.finder.clear()
    }

    /** Lets the user look for words in the session; [left] is called when that is over. */
    fun find() = findBar.get().open()

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
    fun viewOf(row: Row): RowView? = canvas.views[row]

    /** Shows [row] so that what is [y] pixels below its top stands in the upper part of the view. */
    fun showAt(row: Row, y: Int) {
        if (row.index < 0) return
        canvas.goTo(row, canvas.height / 3 - y)
        relayout()
    }

    override fun setVisible(visible: Boolean) {
        val before = isVisible
        super.setVisible(visible)
        if (visible && !before) relayout()
    }

    fun toBottom() {
        session.loadNewest()
        canvas.follow()
        relayout()
    }

    fun by(pixels: Int) {
        scrollTo(canvas.position() + pixels)
    }

    /** Brings [row] to the top. */
    fun reveal(row: Row) {
        if (row.index < 0) return
        canvas.goTo(row, Theme.now.px(MARGIN))
        relayout()
    }

    /** Brings the turn of message [messageId] to the top, wherever in the session it is. */
    fun reveal(messageId: String) {
        session.reveal(messageId) {
            rows.firstOrNull { it.turn == messageId || it.key.endsWith(messageId) }?.let(::reveal)
        }
    }

    /** To the user's own prompt before what is shown, loading older messages if need be. */
    fun previousPrompt() {
        val top = canvas.position()
        val row = rows.lastOrNull {
            it.body is RowBody.Prompt &&
                heights.top(it.index) < top - 1 + Theme.now.px(MARGIN) - 1
        }
        when {
            row != null -> reveal(row)

            session.hasOlder.value -> {
                climbing = true
                session.loadOlder()
            }

            else -> scrollTo(0)
        }
    }

    /** To the next prompt after the one at the top, or to the end. */
    fun nextPrompt() {
        val top = canvas.position() + Theme.now.px(MARGIN)
        val row = rows.firstOrNull { it.body is RowBody.Prompt && heights.top(it.index) > top + 1 }
        if (row != null) reveal(row) else by(canvas.height)
    }

    /** After a change of theme or zoom. */
    fun restyle() {
        canvas.views.clear()
        heights.reset(rows.map { estimate(it) })
        revalidate()
        relayout()
    }

    val liveRows: Int get() = canvas.views.count

    override fun isOpen(key: String, default: Boolean) = open[key] ?: default

    override fun setOpen(key: String, open: Boolean) {
        this.open[key] = open
    }

    override fun resized(view: RowView) {
        relayout()
        finding.settle()
    }

    override fun edit(text: String) = editor(text)

    override fun openSession(id: String) = session.open(id)

    private fun relayout() {
        if (isVisible) canvas.revalidate()
    }

    override fun doLayout() {
        val t = Theme.now
        val w = bar.preferredSize.width
        val top = findBar.made?.takeIf { it.isVisible }?.heightFor(width) ?: 0
        findBar.made?.setBounds(0, 0, width, top)
        canvas.setBounds(0, top, width, height - top)
        bar.setBounds(width - w, top, w, height - top)
        rail.setBounds(width - w - t.px(RAIL), top, t.px(RAIL), height - top)
        announcer.setBounds(0, 0, 1, 1)
        val size = jump.preferredSize
        jump.setBounds((width - size.width) / 2, height - size.height - t.px(10), size.width, size.height)
        canvas.revalidate()
    }

    override fun isOptimizedDrawingEnabled() = false

    private fun wheel(e: MouseWheelEvent) {
        if (e.isShiftDown || e.isControlDown) return
        by((e.preciseWheelRotation * e.scrollAmount.coerceAtLeast(1) * Theme.now.px(18)).roundToInt())
    }

    private fun scrollTo(value: Int) {
        canvas.scrollTo(value, atEnd = !session.hasNewer.value)
        relayout()
    }

    /** After every layout: what belongs to it and can wait for the picture. */
    internal fun arranged() {
        jump.isVisible = (!canvas.stuck || session.hasNewer.value) && canvas.overflows
        rail.isVisible = canvas.overflows
        rail.settle()
        if (tending) return
        tending = true
        SwingUtilities.invokeLater {
            tending = false
            tend()
        }
    }

    /** Pages before they are reached, lets go of what is far away, and makes views of rows that are about to be seen. */
    private fun tend() {
        if (!isShowing || rows.isEmpty()) return
        val first = rows[canvas.first.coerceIn(rows.indices)]
        val last = rows[canvas.last.coerceIn(rows.indices)]
        val near = canvas.height * SCREENS
        if (canvas.position() < near && session.hasOlder.value) session.loadOlder()
        val below = heights.total - canvas.position() - canvas.height
        if (below < near && session.hasNewer.value) session.loadNewer()
        session.looking(first, last)
        SwingUtilities.invokeLater { prepare(0) }
    }

    /** One view an event, so that keys and pictures come in between. */
    private fun prepare(made: Int) {
        if (made >= AHEAD || !isShowing) return
        val column = canvas.column
        for (distance in 1..AHEAD) {
            for (index in intArrayOf(canvas.first - distance, canvas.last + distance)) {
                val row = rows.getOrNull(index) ?: continue
                if (canvas.views.prepare(row, column)) {
                    SwingUtilities.invokeLater { prepare(made + 1) }
                    return
                }
            }
        }
    }

    private fun estimate(row: Row): Int = RowView.estimate(row, canvas.width.coerceAtLeast(300))

    override fun getPreferredSize() = Dimension(Theme.now.px(480), Theme.now.px(500))

    private companion object {
        const val OVERLAP = 40
        const val MARGIN = 6
        const val RAIL = 5

        /** Pages are asked for when fewer screens than this are left. */
        const val SCREENS = 4

        /** Rows on each side whose views are made before they are seen. */
        const val AHEAD = 6
    }
}
