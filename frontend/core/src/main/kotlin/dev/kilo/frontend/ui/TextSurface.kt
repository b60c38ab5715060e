package dev.kilo.frontend.ui

import java.awt.Cursor
import java.awt.Point
import java.awt.Shape
import java.awt.event.FocusAdapter
import java.awt.event.FocusEvent
import java.awt.event.InputEvent
import java.awt.event.KeyEvent
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.JMenuItem
import javax.swing.JPopupMenu
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

/** Painted text that can be selected and copied. It takes the focus when it is clicked, never by itself or by Tab. */
internal abstract class TextSurface :
    JComponent(),
    Flowing {
    abstract val plain: String
    private var anchor = 0
    private var caret = 0
    protected val selected: IntRange? get() = if (anchor ==
        caret
    ) {
        null
    } else {
        minOf(anchor, caret) until maxOf(anchor, caret)
    }

    protected abstract fun offsetAt(point: Point): Int

    protected abstract fun highlight(range: IntRange): Shape?

    /** Target of a link under [point]. */
    protected open fun linkAt(point: Point): String? = null

    init {
        isFocusable = true
        val mouse = object : MouseAdapter() {
            override fun mousePressed(e: MouseEvent) {
                if (e.isPopupTrigger) return menu(e)
                if (!SwingUtilities.isLeftMouseButton(e)) return
                requestFocusInWindow()
                caret = offsetAt(e.point)
                if (e.clickCount ==
                    2
                ) {
                    word(caret)
                } else if (e.clickCount >= 3) {
                    line(caret)
                } else if (!e.isShiftDown) {
                    anchor = caret
                }
                repaint()
            }

            override fun mouseDragged(e: MouseEvent) {
                if (!SwingUtilities.isLeftMouseButton(e)) return
                caret = offsetAt(e.point)
                repaint()
            }

            override fun mouseReleased(e: MouseEvent) {
                if (e.isPopupTrigger) return menu(e)
                if (SwingUtilities.isLeftMouseButton(e) &&
                    selected == null
                ) {
                    linkAt(e.point)?.let { Views.open(this@TextSurface, it) }
                }
            }

            override fun mouseMoved(e: MouseEvent) {
                val link = linkAt(e.point)
                cursor = Cursor.getPredefinedCursor(if (link == null) Cursor.TEXT_CURSOR else Cursor.HAND_CURSOR)
                toolTipText = link
            }
        }
        addMouseListener(mouse)
        addMouseMotionListener(mouse)
        addFocusListener(object : FocusAdapter() {
            override fun focusLost(e: FocusEvent) {
                if (e.isTemporary) return
                anchor = caret
                repaint()
            }
        })
        val menuMask = InputEvent.CTRL_DOWN_MASK
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_C, menuMask)) { copy() }
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_C, InputEvent.META_DOWN_MASK)) { copy() }
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_A, menuMask)) { all() }
    }

    private fun bind(key: KeyStroke, action: () -> Unit) {
        inputMap.put(key, key.toString())
        actionMap.put(
            key.toString(),
            object : AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
            },
        )
    }

    private fun all() {
        anchor = 0
        caret = plain.length
        repaint()
    }

    fun copy() {
        val text = plain
        val range = selected ?: text.indices
        if (range.isEmpty()) return
        Views.copy(text.substring(range.first.coerceIn(0, text.length), (range.last + 1).coerceIn(0, text.length)))
    }

    private fun word(at: Int) {
        val text = plain
        var a = at.coerceIn(0, text.length)
        var b = a
        while (a > 0 && text[a - 1].isLetterOrDigit()) a--
        while (b < text.length && text[b].isLetterOrDigit()) b++
        anchor = a
        caret = b
    }

    private fun line(at: Int) {
        val text = plain
        anchor = text.lastIndexOf('\n', (at - 1).coerceAtLeast(0)).let { if (at == 0) 0 else it + 1 }
        caret = text.indexOf('\n', at).let { if (it < 0) text.length else it }
    }

    private fun menu(e: MouseEvent) {
        val popup = JPopupMenu()
        popup.add(JMenuItem(Strings["copy"]).apply { addActionListener { copy() } })
        popup.add(JMenuItem(Strings["select.all"]).apply { addActionListener { all() } })
        popup.show(this, e.x, e.y)
    }
}
