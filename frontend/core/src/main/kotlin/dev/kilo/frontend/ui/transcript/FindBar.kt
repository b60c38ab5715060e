package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.Finder
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import java.awt.Color
import java.awt.Dimension
import java.awt.Font
import javax.swing.BorderFactory
import javax.swing.JTextField
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener

/** Where one types what to look for in the session, with how many places there are and a way from one to the next. */
internal class FindBar(private val session: SessionModel, private val closed: () -> Unit) :
    Card(pad = Insets4(3, 6), fill = { it.panel }, radius = 0) {
    private val input = object : JTextField() {
        override fun getFont(): Font = Theme.now.font

        override fun getPreferredSize() = Dimension(Theme.now.px(220), super.getPreferredSize().height)

        override fun getForeground(): Color = Theme.now.text

        override fun getCaretColor(): Color = Theme.now.text
    }
    private val count = Caption("", { it.muted }, { it.small })

    init {
        name = "find"
        isVisible = false
        input.name = "find.words"
        input.isOpaque = false
        input.border = BorderFactory.createEmptyBorder(4, 6, 4, 6)
        input.getAccessibleContext().accessibleName = Strings["find.words"]
        input.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(e: DocumentEvent?) = session.finder.search(input.text)

            override fun removeUpdate(e: DocumentEvent?) = session.finder.search(input.text)

            override fun changedUpdate(e: DocumentEvent?) = Unit
        })
        add(
            Line(gap = 4).apply {
                add(Caption(icon = Icons.search))
                fill(input)
                end(count)
                end(button("find.previous", Icons.up, "Shift+Enter")).addActionListener { session.finder.previous() }
                end(button("find.next", Icons.down, "Enter")).addActionListener { session.finder.next() }
                end(button("find.close", Icons.close, "Esc")).addActionListener { close() }
            },
        )
        Views.key(this, "ESCAPE", action = ::close)
        for (key in listOf("ENTER", "F3", "DOWN", "ctrl G")) Views.key(input, key, action = session.finder::next)
        for (key in listOf("shift ENTER", "shift F3", "UP")) Views.key(input, key, action = session.finder::previous)
    }

    private fun button(key: String, icon: javax.swing.Icon, shortcut: String) = Quiet(null, icon, Strings[key]).apply {
        name = key
        toolTipText = "${Strings[key]} ($shortcut)"
    }

    fun open() {
        isVisible = true
        parent?.revalidate()
        input.requestFocusInWindow()
        input.selectAll()
        session.finder.search(input.text)
    }

    fun close() {
        if (!isVisible) return
        isVisible = false
        session.finder.clear()
        parent?.revalidate()
        closed()
    }

    fun show(state: Finder.State) {
        val more = if (state.complete) "" else "+"
        count.text = when {
            state.query.isEmpty() -> ""
            state.searching -> Strings["find.searching"]
            state.places.isEmpty() -> Strings["find.none"]
            else -> Strings("find.count", "${state.at + 1}", "${state.places.size}$more")
        }
        count.getAccessibleContext().accessibleName = count.text
        revalidate()
        repaint()
    }
}
