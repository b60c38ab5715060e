package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.onClick
import dev.kilo.frontend.ui.smooth

/** A line that opens and closes what is below it. */
internal class Fold(
    private val host: RowHost,
    private val view: RowView,
    private val key: String,
    private val default: Boolean = false,
) : Line(gap = 6, pad = Insets4(3, 0)) {
    private val arrow = Caption(icon = Icons.chevron)
    val title = Caption("", { it.muted }, { it.font })
    val extra = Caption("", { it.faint }, { it.small })
    val open: Boolean get() = host.isOpen(key, default)
    var changed: (Boolean) -> Unit = {}

    init {
        add(arrow)
        fill(title)
        add(extra)
        isFocusable = true
        onClick(::toggle)
        inputMap.put(javax.swing.KeyStroke.getKeyStroke("SPACE"), "toggle")
        inputMap.put(javax.swing.KeyStroke.getKeyStroke("ENTER"), "toggle")
        actionMap.put(
            "toggle",
            object : javax.swing.AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) = toggle()
            },
        )
        addFocusListener(object : java.awt.event.FocusListener {
            override fun focusGained(e: java.awt.event.FocusEvent?) = repaint()

            override fun focusLost(e: java.awt.event.FocusEvent?) = repaint()
        })
        refresh()
    }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole() = javax.accessibility.AccessibleRole.TOGGLE_BUTTON

                override fun getAccessibleName(): String = title.text

                override fun getAccessibleStateSet() = super.getAccessibleStateSet().apply {
                    add(javax.accessibility.AccessibleState.EXPANDABLE)
                    add(
                        if (open) {
                            javax.accessibility.AccessibleState.EXPANDED
                        } else {
                            javax.accessibility.AccessibleState.COLLAPSED
                        },
                    )
                }
            }
        }
        return accessibleContext
    }

    override fun paintComponent(g: java.awt.Graphics) {
        if (!isFocusOwner) return
        val g2 = g.smooth()
        g2.color = Theme.now.accent
        g2.drawRoundRect(0, 0, width - 1, height - 1, 8, 8)
        g2.dispose()
    }

    fun toggle() {
        host.setOpen(key, !open)
        refresh()
        changed(open)
        host.resized(view)
    }

    fun refresh() {
        arrow.icon = if (open) Icons.chevronDown else Icons.chevron
    }
}
