package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import java.awt.Color
import java.awt.Dimension
import java.awt.Graphics

/** Send, or Stop while the agent works and nothing is typed. */
internal class SendButton : Quiet(null, Icons.send, Strings["composer.send"]) {
    var stopping = false
        private set
    var busy = false
        private set

    fun state(busy: Boolean, blank: Boolean, editing: Boolean) {
        this.busy = busy
        stopping = busy && blank
        isEnabled = busy || !blank
        val label = Strings[
            when {
                stopping -> "composer.stop"
                editing -> "composer.editing"
                busy -> "composer.queue"
                else -> "composer.send"
            },
        ]
        name = if (stopping) "stop" else "send"
        toolTipText = label
        getAccessibleContext().accessibleName = label
        repaint()
    }

    override fun getPreferredSize() = Dimension(Theme.now.px(30), Theme.now.px(28))

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val base = if (stopping) Theme.mix(t.text, t.background, 0.75) else t.accentFill
        g2.color = when {
            !isEnabled -> t.raised
            model.isRollover -> Theme.mix(base, Color.WHITE, 0.88)
            else -> base
        }
        g2.fillRoundRect(0, 0, width, height, t.px(14), t.px(14))
        if (isFocusOwner) {
            g2.color = Theme.mix(Color.WHITE, base, 0.7)
            g2.drawRoundRect(2, 2, width - 5, height - 5, t.px(11), t.px(11))
        }
        val ink = if (!isEnabled) {
            t.faint
        } else if (stopping) {
            t.background
        } else {
            t.onAccent
        }
        val icon = (if (stopping) Icons.stop else Icons.send).tinted { ink }
        icon.paintIcon(null, g2, (width - icon.iconWidth) / 2, (height - icon.iconHeight) / 2)
        g2.dispose()
    }
}
