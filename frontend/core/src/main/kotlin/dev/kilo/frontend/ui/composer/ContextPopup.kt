package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.ContextUse
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import dev.kilo.shared.composer.ContextShares
import kotlinx.coroutines.Job
import java.awt.Color
import java.awt.Component
import java.awt.Dimension
import java.awt.Graphics
import java.awt.geom.Rectangle2D
import javax.swing.BorderFactory
import javax.swing.JPopupMenu
import javax.swing.event.PopupMenuEvent
import javax.swing.event.PopupMenuListener

/**
 * What fills the model's context: at once what the provider counted, and as soon as the agent's host has told it, by kind
 * of content. Condenses the session.
 */
internal class ContextPopup(
    private val use: ContextUse,
    private val refused: String?,
    private val compact: () -> Unit,
) {
    private val popup = JPopupMenu().apply { name = "context.popup" }
    private val panel = Stack(gap = 3, pad = Insets4(8, 10))
    private val button = Pill(Strings["context.compact"], Strings["context.compact"], primary = false)

    init {
        button.name = "context.compact"
        button.isEnabled = refused == null
        button.addActionListener {
            popup.isVisible = false
            compact()
        }
    }

    /** Shows it above [owner]; [ask] asks for the kinds. */
    fun show(owner: Component, ask: ((ContextShares) -> Unit) -> Job?) {
        val t = Theme.now
        fill(counted(use), use.tokens, use.limit)
        popup.border = BorderFactory.createLineBorder(t.line)
        popup.isOpaque = true
        popup.background = t.background
        popup.add(panel)
        place(owner)
        (if (refused == null) button else panel).requestFocusInWindow()
        val asking = ask { shares ->
            if (!popup.isVisible) return@ask
            val held = button.isFocusOwner
            fill(kinds(shares), shares.used, shares.limit ?: use.limit)
            place(owner)
            if (held) button.requestFocusInWindow()
        }
        popup.addPopupMenuListener(object : PopupMenuListener {
            override fun popupMenuWillBecomeVisible(e: PopupMenuEvent?) = Unit

            override fun popupMenuWillBecomeInvisible(e: PopupMenuEvent?) {
                asking?.cancel()
            }

            override fun popupMenuCanceled(e: PopupMenuEvent?) = Unit
        })
    }

    private fun place(owner: Component) {
        val t = Theme.now
        val width = maxOf(t.px(LEAST), panel.components.maxOf { it.preferredSize.width } + t.px(22))
        panel.preferredSize = Dimension(width, panel.heightFor(width))
        val height = popup.preferredSize.height
        popup.show(owner, owner.width - width, -height - t.px(4))
        popup.pack()
    }

    private fun fill(shares: List<Share>, used: Long, limit: Long) {
        panel.removeAll()
        panel.add(Caption(Strings["context.title"], { it.text }, { it.bold }))
        panel.add(Bar(shares, maxOf(limit, used, 1)))
        for (share in shares) {
            if (share.tokens <= 0) continue
            val line = Line(gap = 6, min = 20)
            line.name = share.key
            line.add(Dot(share.ink))
            line.add(Caption(Strings[share.key], { it.text }, { it.small }))
            line.end(Caption(Format.count(share.tokens), { it.muted }, { it.small }))
            line.getAccessibleContext().accessibleName = "${Strings[share.key]}: ${Format.count(share.tokens)}"
            panel.add(line)
        }
        val total = Line(gap = 6, min = 20)
        total.add(Caption(Strings["context.total"], { it.text }, { it.small }))
        val sum = Format.count(used)
        val text = if (limit > 0) Strings("context.of", sum, Format.count(limit)) else sum
        total.end(Caption(text, { it.text }, { it.small }))
        panel.add(total)
        panel.add(Line(min = 30).apply { add(button) })
        panel.add(Caption(refused ?: Strings["context.hint"], { it.muted }, { it.small }))
    }

    private data class Share(val key: String, val tokens: Long, val ink: (Theme) -> Color)

    private class Dot(private val ink: (Theme) -> Color) : Part() {
        override fun getPreferredSize() = Dimension(Theme.now.px(10), Theme.now.px(10))

        override fun paintComponent(g: Graphics) {
            val g2 = g.smooth()
            g2.color = ink(Theme.now)
            g2.fillOval(0, 0, width, height)
            g2.dispose()
        }
    }

    private class Bar(private val shares: List<Share>, private val whole: Long) : Part() {
        override fun getPreferredSize() = Dimension(10, Theme.now.px(12))

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val g2 = g.smooth()
            val h = t.px(6)
            val y = (height - h) / 2
            g2.color = t.hover
            g2.fillRoundRect(0, y, width, h, h, h)
            g2.clipRect(0, y, width, h)
            var x = 0.0
            for (share in shares) {
                val w = share.tokens.toDouble() * width / whole
                // What is kept free stands at the end.
                val left = if (share.key == RESERVED) width - w else x
                g2.color = share.ink(t)
                g2.fill(Rectangle2D.Double(left, y.toDouble(), w, h.toDouble()))
                x += w
            }
            g2.dispose()
        }
    }

    private companion object {
        const val LEAST = 250
        const val RESERVED = "context.reserved"

        fun counted(use: ContextUse) = listOf(
            Share("context.cached", use.parts.cacheRead) { it.green },
            Share("context.stored", use.parts.cacheWrite) { it.name },
            Share("context.new", use.parts.input) { it.accent },
            Share("context.reasoning", use.parts.reasoning) { it.amber },
            Share("context.answer", use.parts.output) { it.violet },
        )

        fun kinds(shares: ContextShares) = listOf(
            Share("context.system", shares.system) { it.muted },
            Share("context.tools", shares.tools) { it.name },
            Share("context.summary", shares.summary) { it.amber },
            Share("context.prompts", shares.prompts) { it.accent },
            Share("context.files", shares.files) { it.string },
            Share("context.answers", shares.answers) { it.violet },
            Share("context.outputs", shares.outputs) { it.green },
            Share(RESERVED, shares.reserved ?: 0) { it.line },
        )
    }
}
