package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.TextSurface
import java.awt.Component
import java.awt.Container
import java.awt.Rectangle
import javax.swing.AbstractButton
import javax.swing.JComponent
import javax.swing.JScrollPane
import javax.swing.SwingUtilities
import javax.swing.text.JTextComponent

/** Where the keyboard can stop inside a row: at a control, at a link of a text, at a block of code. */
internal sealed interface Stop {
    val component: JComponent

    /** Lets it have the focus, seen and told. */
    fun enter()

    data class Control(override val component: JComponent) : Stop {
        override fun enter() {
            component.requestFocusInWindow()
        }
    }

    data class Link(override val component: TextSurface, val range: IntRange, val target: String) : Stop {
        override fun enter() {
            component.mark(range, Strings("accessible.link", target))
            component.requestFocusInWindow()
        }
    }

    data class Code(override val component: CodeText) : Stop {
        override fun enter() {
            component.mark(null, Strings["accessible.code"])
            component.requestFocusInWindow()
        }
    }
}

/** The stops of a row from top to bottom, and where the focus is among them. */
internal object RowStops {
    /** A row with more is read with the search instead. */
    private const val MOST = 300

    fun of(view: RowView): List<Stop> = ArrayList<Stop>().also { collect(view, it) }

    /** The stop that has the focus, -1 when the row has it itself. */
    fun current(stops: List<Stop>): Int = stops.indexOfLast { stop ->
        val owner = stop.component
        owner.isFocusOwner && (stop !is Stop.Link || owner !is TextSurface || owner.marks(stop.range))
    }

    private fun collect(inside: Container, into: MutableList<Stop>) {
        for (child in inside.components.sortedWith(READING)) {
            if (into.size >= MOST) return
            if (!child.isVisible || child.width == 0 || child.height == 0) continue
            when (child) {
                is TextSurface -> surface(child, into)

                is AbstractButton, is Fold, is JTextComponent -> if (child.isEnabled && child.isFocusable) {
                    into += Stop.Control(child as JComponent)
                }

                is Container -> collect(child, into)
            }
        }
    }

    private fun surface(text: TextSurface, into: MutableList<Stop>) {
        if (text is CodeText && text.plain.isNotBlank()) into += Stop.Code(text)
        for (link in text.links.take(MOST - into.size)) into += Stop.Link(text, link.range, link.target)
    }

    /** As one reads: by lines, within a line by columns. */
    private val READING = Comparator<Component> { a, b ->
        val above = a.y + a.height <= b.y
        val below = b.y + b.height <= a.y
        if (above) {
            -1
        } else if (below) {
            1
        } else {
            a.x - b.x
        }
    }

    /** Scrolls what is around [stop] inside the row so that it is seen; the transcript brings the row itself. */
    fun reveal(stop: Stop): Rectangle {
        val place = (stop as? Stop.Link)?.let { it.component.placeOf(it.range) }
            ?: Rectangle(0, 0, stop.component.width, minOf(stop.component.height, LINE))
        val pane = SwingUtilities.getAncestorOfClass(JScrollPane::class.java, stop.component)
        if (pane != null) stop.component.scrollRectToVisible(place)
        return place
    }

    private const val LINE = 24
}
