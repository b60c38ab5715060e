package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.ContextUse
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import java.awt.BasicStroke
import java.awt.Color
import java.awt.Dimension
import java.awt.Graphics
import java.awt.geom.Arc2D
import java.awt.geom.Ellipse2D
import javax.swing.BorderFactory
import javax.swing.JPopupMenu

/** How full the model's context is, as a ring and in words. Pressed it shows what fills it, and condenses the session. */
internal class ContextRing(private val refusal: () -> String?, private val compact: () -> Unit) :
    Quiet("", null, Strings["context.name"]) {
    private var use: ContextUse? = null

    init {
        name = "context"
        addActionListener { open() }
    }

    fun show(use: ContextUse?) {
        this.use = use
        isVisible = use != null
        if (use == null) return
        val percent = use.percent
        text = if (percent == null) {
            Strings("composer.context.tokens", Format.count(use.tokens))
        } else {
            Strings("composer.context", percent.toString())
        }
        toolTipText = if (percent == null) {
            text
        } else {
            Strings("composer.context.tip", Format.count(use.tokens), Format.count(use.limit))
        }
        getAccessibleContext().accessibleName = "${Strings["context.name"]}: $text"
    }

    private fun open() {
        val use = use ?: return
        val t = Theme.now
        val popup = JPopupMenu()
        popup.name = "context.popup"
        val panel = Stack(gap = 3, pad = Insets4(8, 10))
        panel.add(Caption(Strings["context.title"], { it.text }, { it.bold }))
        panel.add(Bar(use))
        val limit = use.limit.takeIf { it > 0 }
        for ((key, tokens, ink) in shares(use)) {
            if (tokens <= 0) continue
            val line = Line(gap = 6, min = 20)
            line.add(Dot(ink))
            line.add(Caption(Strings[key], { it.text }, { it.small }))
            line.end(Caption(Format.count(tokens), { it.muted }, { it.small }))
            panel.add(line)
        }
        val total = Line(gap = 6, min = 20)
        total.add(Caption(Strings["context.total"], { it.text }, { it.small }))
        val sum = if (limit ==
            null
        ) {
            Format.count(use.tokens)
        } else {
            Strings("context.of", Format.count(use.tokens), Format.count(limit))
        }
        total.end(Caption(sum, { it.text }, { it.small }))
        panel.add(total)
        val refused = refusal()
        val button = Pill(Strings["context.compact"], Strings["context.compact"], primary = false)
        button.name = "context.compact"
        button.isEnabled = refused == null
        button.addActionListener {
            popup.isVisible = false
            compact()
        }
        panel.add(Line(min = 30).apply { add(button) })
        panel.add(Caption(refused ?: Strings["context.hint"], { it.muted }, { it.small }))
        val width = maxOf(t.px(250), panel.components.maxOf { it.preferredSize.width } + t.px(22))
        panel.preferredSize = Dimension(width, panel.heightFor(width))
        popup.border = BorderFactory.createLineBorder(t.line)
        popup.isOpaque = true
        popup.background = t.background
        popup.add(panel)
        val height = popup.preferredSize.height
        popup.show(this, this.width - width, -height - t.px(4))
        (if (refused == null) button else panel).requestFocusInWindow()
    }

    override fun getPreferredSize() =
        Dimension(getFontMetrics(Theme.now.small).stringWidth(text.orEmpty()) + Theme.now.px(32), Theme.now.px(24))

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        if (model.isRollover || isFocusOwner) {
            g2.color = t.hover
            g2.fillRoundRect(0, 0, width, height, t.px(10), t.px(10))
        }
        val percent = use?.percent
        val d = t.px(12)
        val y = (height - d) / 2
        val x = t.px(5)
        if (percent != null) {
            g2.stroke = BasicStroke(t.px(2).toFloat())
            g2.color = t.edge(t.text, 0.22)
            g2.draw(Ellipse2D.Double(x.toDouble(), y.toDouble(), d.toDouble(), d.toDouble()))
            g2.color = if (percent > FULL) t.amber else t.accent
            g2.draw(
                Arc2D.Double(x.toDouble(), y.toDouble(), d.toDouble(), d.toDouble(), 90.0, -3.6 * percent, Arc2D.OPEN),
            )
        }
        if (isFocusOwner) {
            g2.stroke = BasicStroke(1f)
            g2.color = t.accent
            g2.drawRoundRect(0, 0, width - 1, height - 1, t.px(10), t.px(10))
        }
        g2.font = t.small
        g2.color = t.muted
        g2.drawString(text.orEmpty(), t.px(23), (height + g2.fontMetrics.ascent - g2.fontMetrics.descent) / 2)
        g2.dispose()
    }

    private class Dot(private val ink: (Theme) -> Color) : Part() {
        override fun getPreferredSize() = Dimension(Theme.now.px(10), Theme.now.px(10))

        override fun paintComponent(g: Graphics) {
            val g2 = g.smooth()
            g2.color = ink(Theme.now)
            g2.fillOval(0, 0, width, height)
            g2.dispose()
        }
    }

    private class Bar(private val use: ContextUse) : Part() {
        override fun getPreferredSize() = Dimension(10, Theme.now.px(12))

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val g2 = g.smooth()
            val h = t.px(6)
            val y = (height - h) / 2
            g2.color = t.hover
            g2.fillRoundRect(0, y, width, h, h, h)
            g2.clipRect(0, y, width, h)
            val whole = maxOf(use.limit, use.tokens, 1)
            var x = 0.0
            for ((_, tokens, ink) in shares(use)) {
                val w = tokens.toDouble() * width / whole
                g2.color = ink(t)
                g2.fill(java.awt.geom.Rectangle2D.Double(x, y.toDouble(), w, h.toDouble()))
                x += w
            }
            g2.dispose()
        }
    }

    private companion object {
        const val FULL = 85

        data class Share(val key: String, val tokens: Long, val ink: (Theme) -> Color)

        fun shares(use: ContextUse) = listOf(
            Share("context.cached", use.parts.cacheRead) { it.green },
            Share("context.stored", use.parts.cacheWrite) { it.name },
            Share("context.new", use.parts.input) { it.accent },
            Share("context.reasoning", use.parts.reasoning) { it.amber },
            Share("context.answer", use.parts.output) { it.violet },
        )
    }
}
