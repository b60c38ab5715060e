package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.composer.Completion
import dev.kilo.frontend.model.composer.Offers
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.PaintedCell
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.cut
import dev.kilo.frontend.ui.smooth
import java.awt.BorderLayout
import java.awt.Dimension
import java.awt.Graphics
import javax.swing.BorderFactory
import javax.swing.DefaultListModel
import javax.swing.Icon
import javax.swing.JComponent
import javax.swing.JLayeredPane
import javax.swing.JList
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.SwingUtilities

/**
 * What can be completed, above the composer. It never has the focus, so typing goes on: keys reach it through the field,
 * and a screen reader hears of the choice through the field's description.
 */
internal class OfferList(private val owner: JComponent, private val take: (Completion) -> Unit) :
    JPanel(BorderLayout()) {
    private val model = DefaultListModel<Completion>()
    private val list = JList(model)

    /** The user chose a line: what comes later does not move the choice. */
    private var moved = false

    init {
        name = "offers"
        isFocusable = false
        list.name = "offers.list"
        list.isFocusable = false
        list.selectionMode = 0
        list.cellRenderer = Cell()
        list.getAccessibleContext().accessibleName = Strings["offers.name"]
        list.fixedCellHeight = Theme.now.px(26)
        val scroll = JScrollPane(list)
        scroll.border = BorderFactory.createEmptyBorder()
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        scroll.isFocusable = false
        add(scroll)
        list.addMouseListener(object : java.awt.event.MouseAdapter() {
            override fun mouseReleased(e: java.awt.event.MouseEvent) {
                val at = list.locationToIndex(e.point)
                if (at >= 0) take(model[at])
            }
        })
    }

    val open: Boolean get() = parent != null
    val chosen: Completion? get() = list.selectedValue

    fun show(offers: Offers?) {
        val pane = SwingUtilities.getRootPane(owner)?.layeredPane
        if (offers == null || pane == null || !owner.isShowing) return hideAll()
        val before = list.selectedValue
        val same =
            open && model.size() == offers.items.size && offers.items.indices.all { model[it] == offers.items[it] }
        if (!same) {
            model.clear()
            model.addAll(offers.items)
            val keep = if (moved) offers.items.indexOf(before) else -1
            list.selectedIndex = keep.coerceAtLeast(0)
            list.ensureIndexIsVisible(list.selectedIndex)
        }
        if (parent !== pane) pane.add(this, JLayeredPane.POPUP_LAYER as Any)
        place(pane)
        announce()
    }

    private fun hideAll() {
        moved = false
        val pane = parent ?: return
        pane.remove(this)
        pane.repaint(x, y, width, height)
        owner.accessibleContext.accessibleDescription = null
    }

    fun place() {
        (parent as? JLayeredPane)?.let(::place)
    }

    private fun place(pane: JLayeredPane) {
        val t = Theme.now
        list.fixedCellHeight = t.px(26)
        list.background = t.background
        background = t.background
        border = BorderFactory.createCompoundBorder(
            BorderFactory.createLineBorder(t.line),
            BorderFactory.createEmptyBorder(t.px(4), t.px(4), t.px(4), t.px(4)),
        )
        val rows = minOf(model.size(), ROWS)
        val height = rows * list.fixedCellHeight + t.px(10)
        val corner = SwingUtilities.convertPoint(owner, 0, 0, pane)
        val width = minOf(owner.width, t.px(560))
        setBounds(corner.x, (corner.y - height - t.px(4)).coerceAtLeast(0), width, height)
        validate()
        repaint()
    }

    fun move(by: Int) {
        if (model.isEmpty) return
        moved = true
        list.selectedIndex = Math.floorMod(list.selectedIndex + by, model.size())
        list.ensureIndexIsVisible(list.selectedIndex)
        announce()
    }

    private fun announce() {
        val item = chosen ?: return
        owner.accessibleContext.accessibleDescription =
            Strings(
                "offers.chosen",
                (list.selectedIndex + 1).toString(),
                model.size().toString(),
                item.title,
                item.detail,
            )
    }

    private class Cell : PaintedCell<Completion>() {
        override fun spoken(value: Completion) = "${value.title}, ${value.detail}"

        override fun getPreferredSize() = Dimension(100, Theme.now.px(26))

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val value = value ?: return
            val g2 = g.smooth()
            if (lit) {
                g2.color = t.bubble
                g2.fillRoundRect(0, 0, width, height, t.px(8), t.px(8))
            }
            val base = (height + g2.getFontMetrics(t.font).ascent - g2.getFontMetrics(t.font).descent) / 2
            iconOf(value.kind).paintIcon(this, g2, t.px(6), (height - t.px(16)) / 2)
            g2.font = t.font
            g2.color = if (value.refusal == null) t.text else t.faint
            g2.drawString(value.title, t.px(28), base)
            val after = t.px(28) + g2.fontMetrics.stringWidth(value.title) + t.px(12)
            g2.font = t.small
            g2.color = t.muted
            val detail = value.refusal ?: value.detail
            val room = width - after - t.px(8)
            g2.drawString(g2.fontMetrics.cut(detail, room), after, base)
            g2.dispose()
        }

        private fun iconOf(kind: Completion.Kind): Icon = when (kind) {
            Completion.Kind.WINDOW -> Icons.tool
            Completion.Kind.COMMAND -> Icons.terminal
            Completion.Kind.SKILL -> Icons.list
            Completion.Kind.FILE -> Icons.file
            Completion.Kind.FOLDER -> Icons.folder
            Completion.Kind.SYMBOL -> Icons.symbol
            Completion.Kind.AGENT -> Icons.mark
            Completion.Kind.CHANGES -> Icons.pencil
            Completion.Kind.TERMINAL -> Icons.terminal
            Completion.Kind.RESOURCE -> Icons.globe
        }
    }

    private companion object {
        const val ROWS = 9
    }
}
