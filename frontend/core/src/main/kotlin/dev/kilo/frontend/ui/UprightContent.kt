package dev.kilo.frontend.ui

import java.awt.Dimension
import java.awt.Rectangle
import javax.swing.Scrollable

/** What a scroll pane shows as wide as its place, so that it scrolls only up and down. */
internal interface UprightContent : Scrollable {
    /** As every component has it. */
    fun getPreferredSize(): Dimension

    override fun getPreferredScrollableViewportSize(): Dimension = getPreferredSize()

    override fun getScrollableUnitIncrement(visible: Rectangle, orientation: Int, direction: Int): Int = STEP

    override fun getScrollableBlockIncrement(visible: Rectangle, orientation: Int, direction: Int): Int = visible.height

    override fun getScrollableTracksViewportWidth(): Boolean = true

    override fun getScrollableTracksViewportHeight(): Boolean = false

    private companion object {
        const val STEP = 18
    }
}
