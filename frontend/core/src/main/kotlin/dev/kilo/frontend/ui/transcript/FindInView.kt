package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Finder
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Finding
import dev.kilo.frontend.ui.TextSurface
import java.awt.Container
import java.awt.Rectangle
import javax.swing.SwingUtilities

/**
 * Brings what was found into sight: loads the page it is on, opens the card that hides it, and marks the words. What a card
 * shows may come a moment after it was opened, so a place is looked for again until it is there.
 */
internal class FindInView(private val view: TranscriptView) : Finding {
    override var words: String = ""
        private set
    private var surface: TextSurface? = null
    private var nth = -1
    private var wanted: Pair<Finder.Place, Row>? = null
    private var tries = 0

    override fun isCurrent(surface: TextSurface, index: Int): Boolean = surface === this.surface && index == nth

    /** Shows what [state] says; loading goes on beside. */
    suspend fun follow(state: Finder.State) {
        words = state.query
        surface = null
        wanted = null
        val place = state.place
        val row = place?.let { view.session.reveal(it) }
        if (place != null && row != null) {
            wanted = place to row
            tries = 0
            view.showAt(row, 0)
            settle()
        }
        view.repaint()
    }

    /** A row has other contents now. */
    fun settle() {
        val (place, row) = wanted ?: return
        val rowView = view.viewOf(row) ?: return
        val found = places(rowView)
        if (found.isEmpty()) {
            if (tries++ == 0) {
                open(rowView, place)
            } else if (tries > TRIES) {
                wanted = null
            }
            return
        }
        wanted = null
        val (on, index) = found[place.nth.coerceAtMost(found.lastIndex)]
        surface = on
        nth = index
        val box = on.boxOf(index, words) ?: Rectangle(0, 0, 1, 1)
        on.scrollRectToVisible(box)
        view.showAt(row, SwingUtilities.convertRectangle(on, box, rowView).y)
        view.repaint()
    }

    private fun open(rowView: RowView, place: Finder.Place) {
        val row = rowView.row
        view.setOpen(row.key, true)
        if (row.body is RowBody.Explore) view.setOpen("${row.key}:${place.partId}", true)
        rowView.refresh()
        view.resized(rowView)
    }

    private fun places(top: RowView): List<Pair<TextSurface, Int>> {
        val out = ArrayList<Pair<TextSurface, Int>>()
        fun walk(container: Container) {
            for (child in container.components) {
                if (!child.isVisible) continue
                if (child is TextSurface) {
                    repeat(child.places(words).size) { out += child to it }
                } else if (child is Container) {
                    walk(child)
                }
            }
        }
        walk(top)
        return out
    }

    private companion object {
        const val TRIES = 6
    }
}
