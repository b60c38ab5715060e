package dev.kilo.frontend.ui

/** Text that wraps, and a button at its right. */
internal class Beside(private val text: javax.swing.JComponent, private val button: javax.swing.JComponent) :
    javax.swing.JComponent(),
    Flowing {
    init {
        add(text)
        add(button)
    }

    override fun heightFor(width: Int): Int =
        maxOf(text.flow((width - button.preferredSize.width - 8).coerceAtLeast(20)), button.preferredSize.height)

    override fun getPreferredSize() = java.awt.Dimension(width, heightFor(width.coerceAtLeast(80)))

    override fun doLayout() {
        val size = button.preferredSize
        val w = (width - size.width - 8).coerceAtLeast(20)
        val h = text.flow(w)
        text.setBounds(0, (height - h).coerceAtLeast(0) / 2, w, h)
        button.setBounds(width - size.width, 0, size.width, size.height)
    }
}
