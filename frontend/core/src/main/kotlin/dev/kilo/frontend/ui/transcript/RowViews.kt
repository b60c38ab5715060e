package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import java.awt.Container

/**
 * The views of rows: [shown] ones are components of [canvas], some more are kept for when they come back into sight or
 * were made before they are needed. Only the views of a bounded number of rows exist at a time.
 */
internal class RowViews(private val host: RowHost, private val canvas: Container) {
    private val shown = HashMap<Row, RowView>()
    private val spare = object : LinkedHashMap<Row, RowView>(SPARE * 2, 0.75f, true) {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Row, RowView>) = size > SPARE
    }

    val count: Int get() = shown.size
    val all: Collection<RowView> get() = shown.values

    operator fun get(row: Row): RowView? = shown[row]

    /** The view of [row], up to date and part of the canvas. Null when there is none yet and none is to be [make]d. */
    fun show(row: Row, make: Boolean = true): RowView? {
        shown[row]?.let {
            it.update()
            return it
        }
        val view = spare.remove(row) ?: if (make) RowView.of(host, row) else return null
        shown[row] = view
        canvas.add(view)
        view.update()
        return view
    }

    /** Makes and measures the view of [row] ahead of time. False if there was nothing to do. */
    fun prepare(row: Row, width: Int): Boolean {
        if (row in shown || row in spare) return false
        spare[row] = RowView.of(host, row).also { it.heightFor(width) }
        return true
    }

    /** Takes all but [wanted] out of the canvas. The one with the keyboard's focus stays, out of sight. */
    fun retain(wanted: Set<Row>) {
        if (shown.size == wanted.size) return
        val gone = shown.keys.filter { it !in wanted }
        for (row in gone) {
            val view = shown.getValue(row)
            if (row.index >= 0 && view.holdsFocus()) {
                view.setLocation(0, -view.height - OUT_OF_SIGHT)
                continue
            }
            shown.remove(row)
            hide(view)
            if (row.index >= 0) spare[row] = view
        }
    }

    fun forget(row: Row) {
        spare.remove(row)
        shown.remove(row)?.let(::hide)
    }

    /** Only its place has to be painted anew, not all of the canvas. */
    private fun hide(view: RowView) {
        canvas.remove(view)
        canvas.repaint(view.x, view.y, view.width, view.height)
    }

    fun clear() {
        shown.clear()
        spare.clear()
        canvas.removeAll()
        canvas.repaint()
    }

    private companion object {
        const val SPARE = 60
        const val OUT_OF_SIGHT = 4000
    }
}
