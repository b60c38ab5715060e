package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.composer.Chip
import dev.kilo.frontend.ui.Flowing
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import java.awt.Component
import java.awt.Dimension
import java.awt.Graphics
import java.awt.event.KeyEvent
import java.awt.image.BufferedImage
import javax.swing.AbstractAction
import javax.swing.Icon
import javax.swing.KeyStroke

/** What goes with the prompt, one button each: Enter opens, Delete or Backspace removes, arrows move. */
internal class ChipRow(
    private val open: (Chip) -> Unit,
    private val remove: (Chip) -> Unit,
    private val thumbnail: (Chip, (BufferedImage?) -> Unit) -> Unit,
    private val home: () -> Unit,
) : Part(),
    Flowing {
    private val shown = LinkedHashMap<Int, ChipButton>()

    init {
        name = "chips"
        isVisible = false
        getAccessibleContext().accessibleName = Strings["chips.name"]
    }

    fun show(chips: List<Chip>) {
        val ids = chips.mapTo(HashSet()) { it.id }
        for ((id, button) in shown.entries.toList()) {
            if (id in ids) continue
            shown -= id
            remove(button)
        }
        for (chip in chips) if (chip.id !in shown) shown[chip.id] = ChipButton(chip).also { add(it) }
        isVisible = chips.isNotEmpty()
        revalidate()
        repaint()
    }

    fun focusLast(): Boolean = shown.values.lastOrNull()?.requestFocusInWindow() ?: false

    override fun heightFor(width: Int): Int = arrange(width, move = false)

    override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(50)))

    override fun doLayout() {
        arrange(width, move = true)
    }

    private fun arrange(width: Int, move: Boolean): Int {
        val gap = Theme.now.px(6)
        var x = 0
        var y = 0
        var line = 0
        for (child in components) {
            val size = child.preferredSize
            val w = minOf(size.width, width)
            if (x > 0 && x + w > width) {
                x = 0
                y += line + gap
                line = 0
            }
            if (move) child.setBounds(x, y, w, size.height)
            x += w + gap
            line = maxOf(line, size.height)
        }
        return y + line + Theme.now.px(8)
    }

    private inner class ChipButton(val chip: Chip) : Quiet(null, null, Strings("chip.name", chip.part.filename)) {
        private var picture: BufferedImage? = null
        private val size = Format.count(chip.part.url.length.toLong() * 3 / 4)
        private val detail = when (chip.kind) {
            Chip.Kind.TEXT -> Strings("chip.lines", chip.text().lines().size.toString())
            Chip.Kind.IMAGE, Chip.Kind.DOCUMENT -> Strings("chip.bytes", size)
        }

        init {
            name = "chip.${chip.id}"
            toolTipText = Strings("chip.tip", chip.part.filename, detail)
            getAccessibleContext().accessibleDescription = Strings["chip.hint"]
            addActionListener { open(chip) }
            if (chip.kind == Chip.Kind.IMAGE) {
                thumbnail(chip) {
                    picture = it
                    repaint()
                }
            }
            for (key in listOf(KeyEvent.VK_DELETE, KeyEvent.VK_BACK_SPACE)) on(key) { drop() }
            on(KeyEvent.VK_LEFT) { neighbour(-1) }
            on(KeyEvent.VK_RIGHT) { neighbour(1) }
            on(KeyEvent.VK_DOWN) { home() }
            on(KeyEvent.VK_ESCAPE) { home() }
            on(KeyEvent.VK_ENTER) { open(chip) }
            addMouseListener(object : java.awt.event.MouseAdapter() {
                override fun mousePressed(e: java.awt.event.MouseEvent) {
                    if (e.x > width - Theme.now.px(22)) {
                        e.consume()
                        drop()
                    }
                }
            })
        }

        private fun on(key: Int, action: () -> Unit) {
            getInputMap(WHEN_FOCUSED).put(KeyStroke.getKeyStroke(key, 0), "chip$key")
            actionMap.put(
                "chip$key",
                object : AbstractAction() {
                    override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
                },
            )
        }

        private fun drop() {
            val next = neighbourOf(1) ?: neighbourOf(-1)
            remove(chip)
            if (next == null) home() else next.requestFocusInWindow()
        }

        private fun neighbourOf(by: Int): Component? {
            val all = this@ChipRow.components
            return all.getOrNull(all.indexOf(this) + by)
        }

        private fun neighbour(by: Int) {
            (neighbourOf(by) ?: return home()).requestFocusInWindow()
        }

        override fun getPreferredSize(): Dimension {
            val t = Theme.now
            val text = getFontMetrics(t.small).let { maxOf(it.stringWidth(shownName()), it.stringWidth(detail)) }
            return Dimension(t.px(46) + text + t.px(26), t.px(40))
        }

        private fun shownName() = chip.part.filename.let {
            if (it.length >
                28
            ) {
                it.take(16) + "…" + it.takeLast(10)
            } else {
                it
            }
        }

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val g2 = g.smooth()
            g2.color = if (model.isRollover || isFocusOwner) t.hover else t.raised
            g2.fillRoundRect(0, 0, width - 1, height - 1, t.px(12), t.px(12))
            g2.color = if (isFocusOwner) t.accent else t.line
            g2.drawRoundRect(0, 0, width - 1, height - 1, t.px(12), t.px(12))
            val side = t.px(30)
            val image = picture
            if (image != null) {
                val clip = g2.clip
                g2.clipRect(t.px(5), t.px(5), side, side)
                val scale = maxOf(side.toDouble() / image.width, side.toDouble() / image.height)
                val w = (image.width * scale).toInt()
                val h = (image.height * scale).toInt()
                g2.drawImage(image, t.px(5) - (w - side) / 2, t.px(5) - (h - side) / 2, w, h, null)
                g2.clip = clip
            } else {
                val icon: Icon = if (chip.kind == Chip.Kind.TEXT) Icons.list else Icons.file
                icon.paintIcon(this, g2, t.px(12), (height - icon.iconHeight) / 2)
            }
            g2.font = t.small
            g2.color = t.text
            val base = height / 2 - t.px(3)
            g2.drawString(shownName(), t.px(42), base)
            g2.color = t.muted
            g2.drawString(detail, t.px(42), base + g2.fontMetrics.height - t.px(1))
            Icons.close.paintIcon(this, g2, width - t.px(20), (height - t.px(16)) / 2)
            g2.dispose()
        }
    }
}
