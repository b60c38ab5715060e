package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.ui.plain
import java.awt.Component
import javax.swing.DefaultListCellRenderer
import javax.swing.JList

/** A line of a list or of a choice, as plain text: names come from files and from the network, and are never markup. */
internal class TextCell<T : Any>(private val text: (T) -> String) : DefaultListCellRenderer() {
    init {
        plain()
    }

    @Suppress("UNCHECKED_CAST")
    override fun getListCellRendererComponent(
        list: JList<*>?,
        value: Any?,
        index: Int,
        selected: Boolean,
        focused: Boolean,
    ): Component =
        super.getListCellRendererComponent(list, (value as T?)?.let(text).orEmpty(), index, selected, focused)
}
