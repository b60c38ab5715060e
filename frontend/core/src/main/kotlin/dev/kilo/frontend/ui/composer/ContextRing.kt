package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.ContextUse
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import dev.kilo.shared.composer.ContextShares
import kotlinx.coroutines.Job
import java.awt.BasicStroke
import java.awt.Dimension
import java.awt.Graphics
import java.awt.geom.Arc2D
import java.awt.geom.Ellipse2D

/** How full the model's context is, as a ring and in words. Pressed it shows what fills it, and condenses the session. */
internal class ContextRing(
    private val refusal: () -> String?,
    private val ask: ((ContextShares) -> Unit) -> Job?,
    private val compact: () -> Unit,
) : Quiet("", null, Strings["context.name"]) {
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
        ContextPopup(use, refusal(), compact).show(this, ask)
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

    private companion object {
        const val FULL = 85
    }
}
