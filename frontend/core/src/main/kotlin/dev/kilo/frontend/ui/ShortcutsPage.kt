package dev.kilo.frontend.ui

import java.awt.Graphics
import javax.swing.JComponent
import javax.swing.JScrollPane

/** Every key of the chat, under headings. */
internal class ShortcutsPage(private val shortcuts: Shortcuts) : Page {
    private val column = Column()
    override val title: String get() = Strings["page.shortcuts"]
    override val view: JComponent = JScrollPane(column).apply {
        name = "shortcuts"
        border = javax.swing.BorderFactory.createEmptyBorder()
        horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        verticalScrollBar.unitIncrement = 18
        viewport.isOpaque = false
        isOpaque = false
    }
    override val first: java.awt.Component get() = column

    override fun opened(about: String?) {
        column.removeAll()
        for ((group, list) in shortcuts.all.groupBy { it.group }) {
            column.add(Stack(pad = Insets4(12, 0, 2, 0)).apply { add(Caption(group, { it.muted }, { it.small })) })
            for (shortcut in list) column.add(KeyLine(shortcut))
        }
        column.revalidate()
    }

    /** A name, and its keys at the right as little caps. */
    private class KeyLine(shortcut: Shortcut) : Line(gap = 6, min = 26) {
        init {
            val keys = shortcut.keys.map(Shortcuts::show).distinct().take(MOST)
            fill(Caption(shortcut.text))
            for (key in keys) end(Cap(key))
            getAccessibleContext().accessibleName = "${shortcut.text}: ${keys.joinToString()}"
        }
    }

    private class Cap(text: String) :
        Card(pad = Insets4(1, 7, 2, 7), fill = { it.raised }, border = { it.line }, radius = 4) {
        private val label = Caption(text, { it.text }, { it.small })

        init {
            add(label)
        }

        override fun getPreferredSize() = java.awt.Dimension(
            label.preferredSize.width + Theme.now.px(14),
            label.preferredSize.height + Theme.now.px(3),
        )
    }

    private class Column :
        Stack(gap = 2, pad = Insets4(4, 24, 24, 24)),
        UprightContent {
        init {
            isFocusable = true
            getAccessibleContext().accessibleName = Strings["page.shortcuts"]
            for ((key, way) in listOf("DOWN" to 1, "UP" to -1, "PAGE_DOWN" to 8, "PAGE_UP" to -8)) {
                Shortcuts.bind(this, key) { scroll(way) }
            }
        }

        private fun scroll(steps: Int) {
            val bar = (parent?.parent as? JScrollPane)?.verticalScrollBar ?: return
            bar.value += steps * Theme.now.px(40)
        }

        override fun paintComponent(g: Graphics) = Unit
    }

    private companion object {
        const val MOST = 3
    }
}
