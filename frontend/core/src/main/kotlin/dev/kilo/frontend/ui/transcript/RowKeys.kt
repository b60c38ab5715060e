package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.TextSurface
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import java.awt.Rectangle
import java.awt.event.ActionEvent
import javax.swing.AbstractAction
import javax.swing.AbstractButton
import javax.swing.JComponent
import javax.swing.KeyStroke
import javax.swing.MenuElement
import javax.swing.MenuSelectionManager
import javax.swing.SwingUtilities

/**
 * The transcript by keyboard. It is one stop of the Tab key; inside, Up and Down go from row to row, Right and Left walk
 * the links, blocks of code and buttons of a row, Enter opens, folds or follows, Shift+F10 opens the menu, Esc leaves.
 */
internal class RowKeys(private val view: TranscriptView, private val canvas: TranscriptCanvas) {
    private val rows: List<Row> get() = view.session.transcript.rows
    private val focused: RowView? get() = canvas.views.all.firstOrNull { it.holdsFocus() }

    init {
        bind("UP") { step(-1) }
        bind("DOWN") { step(1) }
        bind("RIGHT") { walk(1) }
        bind("LEFT") { walk(-1) }
        bind("ENTER") { open() }
        bind("SPACE") { open() }
        bind("shift F10") { menu() }
        bind("CONTEXT_MENU") { menu() }
        bind("ESCAPE", { !view.busy }) { view.left() }
    }

    private fun bind(key: String, applies: () -> Boolean = { true }, action: () -> Unit) {
        val stroke = KeyStroke.getKeyStroke(key)
        view.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(stroke, key)
        view.actionMap.put(
            key,
            object : AbstractAction() {
                override fun actionPerformed(e: ActionEvent?) = action()

                // The field of the search stands in the transcript too, and needs its keys itself.
                override fun isEnabled() = (view.isFocusOwner || view.holdsFocus()) && applies()
            },
        )
    }

    /** The focus comes by Tab: the row that is read gets it. */
    fun enter() {
        val row = rows.getOrNull(if (canvas.stuck) canvas.last else canvas.first) ?: return
        canvas.views[row]?.requestFocusInWindow()
    }

    /** Moves the focus to the row above or below the one that has it. */
    fun step(by: Int) {
        val row = focused?.row ?: return enter()
        val next = rows.getOrNull(row.index + by) ?: return
        canvas.bring(next)
        canvas.validate()
        canvas.views[next]?.requestFocusInWindow()
    }

    /** To the next stop in the row; before the first one stands the row itself. */
    fun walk(by: Int) {
        val row = focused ?: return enter()
        val stops = RowStops.of(row)
        val to = RowStops.current(stops) + by
        if (to >= stops.size) return
        if (to < 0) {
            row.requestFocusInWindow()
            canvas.repaint()
            return
        }
        val stop = stops[to]
        val place = RowStops.reveal(stop)
        bring(SwingUtilities.convertRectangle(stop.component, place, canvas))
        stop.enter()
        canvas.repaint()
    }

    /** Scrolls as little as needed. */
    private fun bring(place: Rectangle) {
        val edge = Theme.now.px(EDGE)
        val below = place.y + place.height + edge - canvas.height
        if (place.y < edge) {
            view.by(place.y - edge)
        } else if (below > 0) {
            view.by(below)
        }
    }

    private fun open() {
        val row = focused ?: return enter()
        if (row.isFocusOwner) {
            if (!row.activate()) walk(1)
            return
        }
        val stops = RowStops.of(row)
        when (val stop = stops.getOrNull(RowStops.current(stops))) {
            is Stop.Link -> Views.open(stop.component, stop.target)
            is Stop.Code -> walk(1)
            is Stop.Control -> (stop.component as? AbstractButton)?.doClick()
            null -> Unit
        }
    }

    /** The menu of what has the focus, with its first line chosen. */
    private fun menu() {
        val row = focused ?: return enter()
        val stops = RowStops.of(row)
        val stop = stops.getOrNull(RowStops.current(stops))
        val surface = stop?.component as? TextSurface
        val menu = if (surface == null) RowMenu.of(row) else RowMenu.of(surface, (stop as? Stop.Link)?.target)
        menu.name = "row.menu"
        val y = maxOf(0, -row.y) + Theme.now.px(EDGE)
        menu.show(row, Theme.now.px(EDGE), minOf(y, row.height))
        val first = menu.subElements.firstOrNull { it.component.isEnabled } ?: return
        MenuSelectionManager.defaultManager().selectedPath = arrayOf<MenuElement>(menu, first)
    }

    internal companion object {
        private const val EDGE = 12

        /** For the list of keys. */
        fun note(shortcuts: Shortcuts) {
            shortcuts.note("transcript.rows", "UP", "DOWN")
            shortcuts.note("transcript.walk", "RIGHT", "LEFT")
            shortcuts.note("transcript.open", "ENTER")
            shortcuts.note("transcript.menu", "shift F10")
        }
    }
}
