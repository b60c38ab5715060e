package dev.kilo.frontend.ui

import java.awt.BorderLayout
import java.awt.Component
import java.awt.Dimension
import java.awt.Graphics
import java.awt.Toolkit
import java.awt.event.KeyEvent
import javax.swing.AbstractAction
import javax.swing.BorderFactory
import javax.swing.DefaultListModel
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JList
import javax.swing.JPanel
import javax.swing.JPopupMenu
import javax.swing.JScrollPane
import javax.swing.JTextField
import javax.swing.KeyStroke
import javax.swing.SwingUtilities
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener

/** Something to pick: [title], a quieter [detail], and [group] as a heading. */
internal data class Choosable<T>(
    val value: T,
    val title: String,
    val detail: String = "",
    val group: String = "",
    val mark: String = "",
    /** More that a search finds it by. */
    val words: String = "",
    /** Null where there are no favourites. */
    val starred: Boolean? = null,
    /** Shown below the list while it is chosen. */
    val note: String = "",
)

/**
 * A popup with a search field and a list. Arrow keys move, Enter picks, Esc closes; where there are favourites, Ctrl+D or
 * a click on the star changes one.
 */
internal object Picker {
    fun <T> show(
        owner: Component,
        name: String,
        items: List<Choosable<T>>,
        current: T?,
        above: Boolean,
        search: Boolean = items.size > 6,
        star: ((T, Boolean) -> List<Choosable<T>>)? = null,
        start: T? = current,
        picked: (T) -> Unit,
    ) {
        val t = Theme.now
        val popup = JPopupMenu()
        popup.name = "picker"
        // A shadow makes it a window of its own, and not every desktop gives such a window the keyboard.
        popup.putClientProperty("Popup.dropShadowPainted", false)
        popup.border =
            BorderFactory.createCompoundBorder(
                BorderFactory.createLineBorder(t.line),
                BorderFactory.createEmptyBorder(4, 4, 4, 4),
            )
        val model = DefaultListModel<Choosable<T>>()
        val list = object : JList<Choosable<T>>(model) {
            override fun getScrollableTracksViewportWidth() = true
        }
        list.name = "picker.list"
        list.getAccessibleContext().accessibleName = name
        list.cellRenderer = Cell { it.value == current }
        list.selectionMode = 0
        list.background = t.background
        var all = items
        val note = object : JLabel(" ") {
            override fun getPreferredSize(): Dimension =
                super.getPreferredSize().let { Dimension(minOf(it.width, most(owner)), it.height) }
        }.apply {
            this.name = "picker.note"
            isVisible = items.any { it.note.isNotEmpty() }
            border = BorderFactory.createEmptyBorder(4, 8, 2, 8)
            putClientProperty("html.disable", true)
        }
        list.addListSelectionListener {
            note.font = Theme.now.small
            note.foreground = Theme.now.muted
            note.text = list.selectedValue?.note?.ifEmpty { " " } ?: " "
        }
        fun fill(query: String) {
            model.clear()
            val words = query.lowercase().split(' ').filter { it.isNotEmpty() }
            all.filter { item ->
                words.all { "${item.title} ${item.detail} ${item.group} ${item.words}".lowercase().contains(it) }
            }.forEach(model::addElement)
            list.selectedIndex = (0 until model.size()).firstOrNull { model[it].value == start } ?: 0
            list.ensureIndexIsVisible(list.selectedIndex.coerceAtLeast(0))
        }
        fill("")
        val field = JTextField()
        fun turn() {
            val item = list.selectedValue ?: return
            val starred = item.starred ?: return
            all = star?.invoke(item.value, !starred) ?: return
            fill(field.text)
            list.selectedIndex = (0 until model.size()).firstOrNull { model[it].value == item.value } ?: 0
            list.ensureIndexIsVisible(list.selectedIndex)
        }
        fun take() {
            val item = list.selectedValue ?: return
            popup.isVisible = false
            picked(item.value)
        }
        list.addMouseListener(object : java.awt.event.MouseAdapter() {
            override fun mouseReleased(e: java.awt.event.MouseEvent) {
                val at = list.locationToIndex(e.point)
                if (at < 0) return
                list.selectedIndex = at
                if (star != null && e.x > list.width - t.px(STAR)) turn() else take()
            }
        })
        list.addMouseMotionListener(object : java.awt.event.MouseMotionAdapter() {
            override fun mouseMoved(e: java.awt.event.MouseEvent) {
                val i = list.locationToIndex(e.point)
                if (i >= 0) list.selectedIndex = i
            }
        })
        val panel = JPanel(BorderLayout(0, 4))
        panel.isOpaque = false
        field.name = "picker.search"
        field.getAccessibleContext().accessibleName = Strings["picker.search"]
        field.putClientProperty("JTextField.placeholderText", Strings["picker.search"])
        field.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(e: DocumentEvent?) = fill(field.text)

            override fun removeUpdate(e: DocumentEvent?) = fill(field.text)

            override fun changedUpdate(e: DocumentEvent?) = Unit
        })
        val keys: JComponent = if (search) field else list
        fun key(code: Int, modifiers: Int = 0, action: () -> Unit) {
            keys.getInputMap(JComponent.WHEN_FOCUSED).put(KeyStroke.getKeyStroke(code, modifiers), "picker$code")
            keys.actionMap.put(
                "picker$code",
                object : AbstractAction() {
                    override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
                },
            )
        }
        fun move(by: Int) {
            list.selectedIndex = (list.selectedIndex + by).coerceIn(0, (model.size() - 1).coerceAtLeast(0))
            list.ensureIndexIsVisible(list.selectedIndex)
        }
        key(KeyEvent.VK_DOWN) { move(1) }
        key(KeyEvent.VK_UP) { move(-1) }
        key(KeyEvent.VK_PAGE_DOWN) { move(8) }
        key(KeyEvent.VK_PAGE_UP) { move(-8) }
        key(KeyEvent.VK_ENTER) { take() }
        key(KeyEvent.VK_ESCAPE) { popup.isVisible = false }
        key(KeyEvent.VK_D, Toolkit.getDefaultToolkit().menuShortcutKeyMaskEx) { turn() }
        if (search) panel.add(field, BorderLayout.NORTH)
        panel.add(note, BorderLayout.SOUTH)
        val scroll = JScrollPane(list)
        scroll.border = BorderFactory.createEmptyBorder()
        val size = list.preferredSize
        scroll.preferredSize =
            Dimension(
                minOf(size.width.coerceIn(t.px(220), t.px(500)) + 20, most(owner)),
                minOf(size.height, t.px(330)) + 2,
            )
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        panel.add(scroll)
        popup.add(panel)
        val height = popup.preferredSize.height
        popup.show(owner, beside(owner, popup.preferredSize.width), if (above) -height - 4 else owner.height + 4)
        keys.requestFocusInWindow()
    }

    /** Where a popup of [width] begins, so that it ends within the window as far as it fits. */
    private fun beside(owner: Component, width: Int): Int {
        val window = SwingUtilities.getWindowAncestor(owner) ?: return 0
        val x = SwingUtilities.convertPoint(owner, 0, 0, window).x
        return minOf(0, window.width - EDGE - width - x).coerceAtLeast(minOf(0, EDGE - x))
    }

    /** As wide as the window lets it be. */
    private fun most(owner: Component): Int =
        SwingUtilities.getWindowAncestor(owner)?.let { it.width - FRAME } ?: Int.MAX_VALUE

    private const val STAR = 26
    private const val FRAME = 24
    private const val EDGE = 6

    private class Cell<T>(private val chosen: (Choosable<T>) -> Boolean) : PaintedCell<Choosable<T>>() {
        private var heading = false

        override fun spoken(value: Choosable<T>) = listOf(
            value.title,
            value.detail,
            value.mark,
            value.group,
            value.note,
            if (value.starred == true) Strings["picker.starred"] else "",
        ).filter { it.isNotEmpty() }.joinToString(", ")

        override fun getListCellRendererComponent(
            list: JList<out Choosable<T>>,
            value: Choosable<T>,
            index: Int,
            isSelected: Boolean,
            cellHasFocus: Boolean,
        ): Component {
            heading =
                value.group.isNotEmpty() && (index == 0 || list.model.getElementAt(index - 1).group != value.group)
            return super.getListCellRendererComponent(list, value, index, isSelected, cellHasFocus)
        }

        override fun getPreferredSize(): Dimension {
            val t = Theme.now
            val value = value ?: return Dimension(0, 0)
            val w =
                getFontMetrics(t.font).stringWidth(value.title) +
                    getFontMetrics(t.small).stringWidth(value.detail + value.mark) +
                    t.px(if (value.starred == null) 70 else 96)
            return Dimension(w, t.px(26) + if (heading) t.px(20) else 0)
        }

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val value = value ?: return
            val g2 = g.smooth()
            var y = 0
            if (heading) {
                g2.font = t.small
                g2.color = t.faint
                g2.drawString(value.group, t.px(8), t.px(14))
                y = t.px(20)
            }
            val h = height - y
            if (lit) {
                g2.color = t.bubble
                g2.fillRoundRect(0, y, width, h, 10, 10)
            }
            val base = y + (h + g2.getFontMetrics(t.font).ascent - g2.getFontMetrics(t.font).descent) / 2
            if (chosen(value)) Icons.check.tinted { it.accent }.paintIcon(this, g2, t.px(6), y + (h - t.px(16)) / 2)
            g2.font = t.font
            g2.color = t.text
            g2.drawString(value.title, t.px(27), base)
            val after = t.px(27) + g2.fontMetrics.stringWidth(value.title) + t.px(10)
            g2.font = t.small
            g2.color = t.muted
            val end = if (value.starred == null) t.px(8) else t.px(STAR)
            value.starred?.let {
                (if (it) Icons.starred else Icons.star).paintIcon(
                    this,
                    g2,
                    width - t.px(STAR - 4),
                    y + (h - t.px(16)) / 2,
                )
            }
            val markWidth = g2.fontMetrics.stringWidth(value.mark)
            g2.drawString(value.mark, width - markWidth - end, base)
            g2.clipRect(after, y, (width - markWidth - end - t.px(8) - after).coerceAtLeast(0), h)
            g2.drawString(value.detail, after, base)
            g2.dispose()
        }
    }
}
