package dev.kilo.frontend.ui

import java.awt.Component
import java.awt.Container
import java.awt.Font
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JToggleButton
import javax.swing.plaf.FontUIResource
import javax.swing.text.JTextComponent

/**
 * Our own views ask the theme for their font. Swing's own parts below [root] have that of the look and feel, and are told
 * here when the chat has a size of its own. What they are given goes when the look and feel gives them another.
 */
internal fun dress(root: Component) {
    if (Appearance.zoom == 0 && !dressed) return
    dressed = true
    walk(root)
}

private var dressed = false

/** The font that a part had, and what it was given for it. */
private class Given(val base: Font, val font: Font)

private fun walk(part: Component) {
    if (part is JTextComponent || part is JComboBox<*> || part is JToggleButton || part is JList<*>) {
        fit(part as JComponent)
    }
    (part as? Container)?.components?.forEach(::walk)
}

private fun fit(part: JComponent) {
    val now = part.font ?: return
    val given = part.getClientProperty(GIVEN) as? Given
    val base = if (given != null && now === given.font) given.base else now
    if (Appearance.zoom == 0 && given == null) return
    val font = FontUIResource(base.deriveFont(base.size2D * Appearance.factor))
    if (font == now) return
    part.font = font
    part.putClientProperty(GIVEN, Given(base, font))
}

private const val GIVEN = "kilo.dressed"
