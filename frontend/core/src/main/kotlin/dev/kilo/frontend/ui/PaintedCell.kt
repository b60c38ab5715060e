package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.visible
import java.awt.Component
import java.awt.FontMetrics
import javax.accessibility.AccessibleContext
import javax.accessibility.AccessibleRole
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.ListCellRenderer

/** A line of a list that paints itself; one object serves all lines, so that thousands cost no layout. */
internal abstract class PaintedCell<T : Any> :
    JComponent(),
    ListCellRenderer<T> {
    /** What is painted next. */
    protected var value: T? = null
        private set

    /** Whether the line is the selected one. */
    protected var lit = false
        private set

    /** What a screen reader says of [value]. */
    abstract fun spoken(value: T): String

    override fun getListCellRendererComponent(
        list: JList<out T>,
        value: T,
        index: Int,
        isSelected: Boolean,
        cellHasFocus: Boolean,
    ): Component {
        this.value = value
        lit = isSelected
        getAccessibleContext().accessibleName = spoken(value)
        return this
    }

    override fun getAccessibleContext(): AccessibleContext {
        accessibleContext?.let { return it }
        val made = object : AccessibleJComponent() {
            override fun getAccessibleRole(): AccessibleRole = AccessibleRole.LABEL
        }
        accessibleContext = made
        return made
    }
}

/** The beginning of [text] that fits into [room] pixels, with an ellipsis where something is missing. */
internal fun FontMetrics.cut(text: String, room: Int): String {
    // Far more than any line shows: the length of a name is not ours to choose.
    val flat = visible(text.take(MOST_SHOWN)).replace('\n', ' ')
    if (stringWidth(flat) <= room) return flat
    var end = flat.length
    while (end > 0 && stringWidth(flat.substring(0, end) + "…") > room) end--
    return if (end == 0) "" else flat.substring(0, end) + "…"
}

private const val MOST_SHOWN = 300
