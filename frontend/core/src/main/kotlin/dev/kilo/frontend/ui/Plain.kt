package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.visible
import javax.swing.JComponent
import javax.swing.JMenuItem
import javax.swing.JToolTip
import javax.swing.plaf.basic.BasicHTML

// Swing takes each text that begins with <html> for markup, in labels, buttons, menus, tooltips, dialogs and cells, and
// markup can fetch pictures. Names and texts of models, repositories and servers are never that. The property counts only
// for texts that are set after it.

/** Its texts are shown as they are written. Before the first of them is set. */
internal fun <T : JComponent> T.plain(): T = apply { putClientProperty("html.disable", true) }

internal fun plain(tip: JToolTip): JToolTip = tip.plain()

/** An item that may say what others wrote. */
internal fun item(text: String): JMenuItem = JMenuItem().plain().apply { this.text = visible(text) }

/** [text] for `JOptionPane`, which makes labels of its own. */
internal fun said(text: String): String =
    visible(text).lines().joinToString("\n") { if (BasicHTML.isHTMLString(it)) " $it" else it }
