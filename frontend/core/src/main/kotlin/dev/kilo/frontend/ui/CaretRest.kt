package dev.kilo.frontend.ui

import java.awt.event.FocusEvent
import java.awt.event.FocusListener
import javax.swing.Timer
import javax.swing.event.CaretEvent
import javax.swing.event.CaretListener
import javax.swing.text.JTextComponent

/**
 * Lets the caret of a field stand still when nothing has been typed for a while, as desktops do: a window that nobody
 * uses wakes no processor. It blinks again with the next key, click or focus.
 */
internal class CaretRest private constructor(private val field: JTextComponent) :
    CaretListener,
    FocusListener {
    private val timer = Timer(REST) { rest() }.apply { isRepeats = false }
    private var rate = 0

    override fun caretUpdate(e: CaretEvent?) = wake()

    override fun focusGained(e: FocusEvent?) = wake()

    override fun focusLost(e: FocusEvent?) = timer.stop()

    private fun wake() {
        val caret = field.caret ?: return
        if (rate > 0 && caret.blinkRate == 0) caret.blinkRate = rate
        if (field.isFocusOwner) timer.restart()
    }

    private fun rest() {
        val caret = field.caret ?: return
        if (!field.isFocusOwner || caret.blinkRate == 0) return
        rate = caret.blinkRate
        caret.blinkRate = 0
        // It may have stopped in the dark half.
        caret.isVisible = true
    }

    companion object {
        /** Milliseconds of quiet until the caret stands. */
        const val REST = 10_000

        fun of(field: JTextComponent) {
            val rest = CaretRest(field)
            field.addCaretListener(rest)
            field.addFocusListener(rest)
        }
    }
}
