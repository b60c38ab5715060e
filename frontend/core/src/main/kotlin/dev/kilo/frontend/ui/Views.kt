package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.markdown.LinkTarget
import dev.kilo.frontend.markdown.Links
import dev.kilo.frontend.ui.transcript.SessionFiles
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import java.awt.event.ActionEvent
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

/** Small things that every view needs from its surroundings. */
internal object Views {
    fun copy(text: String) = Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(text), null)

    /** The program around the chat that [from] belongs to. */
    fun host(from: JComponent): ViewHost? =
        (SwingUtilities.getAncestorOfClass(ChatView::class.java, from) as? ChatView)?.host

    /** Pages go to the browser, files to the editor where there is one; everything else is copied. */
    fun open(from: JComponent, link: String) {
        val host = host(from)
        when (val target = Links.target(link)) {
            is LinkTarget.Web -> if (host == null) copy(link) else host.browse(target.url)
            is LinkTarget.File -> if (host?.files == true) host.open(target.path, target.line) else copy(target.path)
            is LinkTarget.Other -> copy(target.text)
        }
    }

    /** Asks for a name and makes [text] a file where the agent runs. */
    fun create(from: JComponent, text: String, language: String) {
        SessionFiles.create(from, text, Highlighter.extensionOf(language))
    }

    /** Lets [key] do [action] while the focus is in [component] or, with [within], in something inside of it. */
    fun key(component: JComponent, key: String, within: Boolean = true, action: () -> Unit) {
        val condition = if (within) JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT else JComponent.WHEN_FOCUSED
        component.getInputMap(condition).put(KeyStroke.getKeyStroke(key), key)
        component.actionMap.put(
            key,
            object : AbstractAction() {
                override fun actionPerformed(e: ActionEvent?) = action()
            },
        )
    }
}
