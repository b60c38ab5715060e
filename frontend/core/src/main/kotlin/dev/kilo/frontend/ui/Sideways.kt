package dev.kilo.frontend.ui

import java.awt.Dimension
import java.awt.event.MouseWheelEvent
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JScrollPane
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

/**
 * Scrolls wide content sideways, and content of more than [most] pixels inside itself. What it has no use for of the wheel
 * goes to the transcript. Text that wraps is as wide as the pane.
 */
internal class Sideways(private val content: JComponent, private val most: Int = Int.MAX_VALUE) :
    JScrollPane(if (content is Flowing && content !is CodeText) Wrapped(content) else content),
    Flowing {
    private val wraps get() = content is Flowing && content !is CodeText
    private val bounded get() = most != Int.MAX_VALUE

    init {
        border = BorderFactory.createEmptyBorder()
        isOpaque = false
        viewport.isOpaque = false
        horizontalScrollBarPolicy =
            if (content is CodeText) HORIZONTAL_SCROLLBAR_AS_NEEDED else HORIZONTAL_SCROLLBAR_NEVER
        verticalScrollBarPolicy = if (bounded) VERTICAL_SCROLLBAR_AS_NEEDED else VERTICAL_SCROLLBAR_NEVER
        verticalScrollBar.unitIncrement = STEP
        horizontalScrollBar.unitIncrement = STEP
        verticalScrollBar.isFocusable = false
        horizontalScrollBar.isFocusable = false
        isFocusable = false
        isWheelScrollingEnabled = false
        addMouseWheelListener(::wheel)
        keys()
    }

    /** Plain arrow keys are the transcript's, except in content that is scrolled inside itself; Shift scrolls sideways. */
    private fun keys() {
        val map = getInputMap(WHEN_ANCESTOR_OF_FOCUSED_COMPONENT)
        val left = listOf("LEFT", "RIGHT", "HOME", "END", "ctrl HOME", "ctrl END")
        val upright = listOf("UP", "DOWN", "PAGE_UP", "PAGE_DOWN")
        for (key in if (bounded) left else left + upright) map.put(KeyStroke.getKeyStroke(key), "none")
        map.put(KeyStroke.getKeyStroke("shift LEFT"), "unitScrollLeft")
        map.put(KeyStroke.getKeyStroke("shift RIGHT"), "unitScrollRight")
    }

    /** Shows the end, where output arrives. */
    fun toEnd() {
        val bar = verticalScrollBar
        validate()
        bar.value = bar.maximum - bar.visibleAmount
    }

    /** Whether the end is shown, or all of it. */
    val atEnd: Boolean get() = verticalScrollBar.run { value + visibleAmount >= maximum - STEP }

    private fun wheel(e: MouseWheelEvent) {
        val bar = if (e.isShiftDown) horizontalScrollBar else verticalScrollBar
        val before = bar.value
        if (bar.isVisible) {
            bar.value =
                before + (e.preciseWheelRotation * e.scrollAmount.coerceAtLeast(1) * STEP).toInt()
        }
        if (bar.value != before || e.isShiftDown) return
        val target = parent ?: return
        target.dispatchEvent(SwingUtilities.convertMouseEvent(this, e, target))
    }

    override fun heightFor(width: Int): Int {
        if (wraps) return minOf(content.flow(width), limit())
        val size = content.preferredSize
        val bar = if (size.width > width) horizontalScrollBar.preferredSize.height else 0
        return minOf(size.height + bar, limit())
    }

    private fun limit(): Int = if (bounded) Theme.now.px(most) else most

    private class Wrapped(private val content: JComponent) :
        JComponent(),
        UprightContent {
        init {
            add(content)
        }

        override fun doLayout() = content.setBounds(0, 0, width, height)

        override fun getPreferredSize(): Dimension {
            val w = parent?.width ?: width
            return Dimension(w, content.flow(w.coerceAtLeast(1)))
        }
    }

    private companion object {
        const val STEP = 20
    }
}
