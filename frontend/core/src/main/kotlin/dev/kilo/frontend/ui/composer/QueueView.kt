package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.composer.SessionComposer
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.session.WaitingPrompt
import java.awt.event.KeyEvent
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.KeyStroke

/** Prompts that wait for the end of the turn: each can be moved, changed, sent at once or taken away. */
internal class QueueView(private val home: () -> Unit) :
    Card(gap = 1, pad = Insets4(6, 10, 6, 6), fill = { it.card }, border = { it.line }, radius = 10) {
    private val title = Caption("", { it.muted }, { it.small }, Icons.clock)
    private val rows = LinkedHashMap<String, Row>()
    private var composer: SessionComposer? = null

    init {
        name = "queue"
        isVisible = false
        getAccessibleContext().accessibleName = Strings["queue.name"]
        add(title)
    }

    fun show(composer: SessionComposer, editing: String?, paused: Boolean) {
        val entries = composer.waiting.value
        val other = this.composer !== composer
        this.composer = composer
        val ids = entries.map { it.id }
        for ((id, row) in rows.entries.toList()) {
            if (id in ids && !other) continue
            rows -= id
            remove(row)
        }
        for ((at, entry) in entries.withIndex()) {
            val row = rows.getOrPut(entry.id) { Row(entry.id).also { add(it) } }
            row.show(entry, at, entries.size, entry.id == editing)
            if (getComponent(at + 1) !== row) setComponentZOrder(row, at + 1)
        }
        title.text = Strings(if (paused) "queue.paused" else "queue.title", entries.size.toString())
        isVisible = entries.isNotEmpty()
        revalidate()
        repaint()
    }

    private inner class Row(private val id: String) : Line(gap = 1, min = 26) {
        private val text = Caption("", { if (lit) it.accent else it.text }, { it.font })
        private var lit = false
        private val up = button("queue.up", Icons.up) { composer?.move(id, -1) }
        private val down = button("queue.down", Icons.lower) { composer?.move(id, 1) }
        private val now = button("queue.now", Icons.now) { composer?.sendNow(id) }
        private val edit = button("queue.edit", Icons.pencil) {
            composer?.edit(id)
            home()
        }
        private val drop = button("queue.remove", Icons.close) {
            composer?.remove(id)
            home()
        }

        init {
            fill(text)
            for (control in listOf(up, down, now, edit, drop)) end(control)
        }

        private fun button(key: String, icon: javax.swing.Icon, action: () -> Unit) =
            Quiet(null, icon, Strings[key]).apply {
                name = key
                addActionListener { action() }
                on(this, KeyEvent.VK_UP, KeyEvent.ALT_DOWN_MASK) { composer?.move(id, -1) }
                on(this, KeyEvent.VK_DOWN, KeyEvent.ALT_DOWN_MASK) { composer?.move(id, 1) }
                on(this, KeyEvent.VK_DELETE, 0) {
                    composer?.remove(id)
                    home()
                }
                on(this, KeyEvent.VK_ESCAPE, 0) { home() }
            }

        private fun on(target: JComponent, key: Int, modifiers: Int, action: () -> Unit) {
            val stroke = KeyStroke.getKeyStroke(key, modifiers)
            target.getInputMap(WHEN_FOCUSED).put(stroke, stroke.toString())
            target.actionMap.put(
                stroke.toString(),
                object : AbstractAction() {
                    override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
                },
            )
        }

        fun show(entry: WaitingPrompt, at: Int, count: Int, editing: Boolean) {
            val prompt = entry.prompt
            val words = (prompt.command?.let { "/$it ${prompt.text}" } ?: prompt.text).trim().replace('\n', ' ')
            val files = prompt.parts.filterIsInstance<dev.kilo.shared.session.PromptPart.Attachment>().size
            val shown = words.take(LONGEST) + if (files > 0) " " + Strings("queue.files", files.toString()) else ""
            text.text = if (editing) Strings("queue.editing", shown) else shown
            text.toolTipText = words.take(TIP)
            lit = editing
            up.isEnabled = at > 0
            down.isEnabled = at < count - 1
            for (control in listOf(up, down, now, edit, drop)) {
                control.getAccessibleContext().accessibleName = "${Strings[control.name]}: ${words.take(TIP)}"
            }
        }
    }

    private companion object {
        const val LONGEST = 200
        const val TIP = 300
    }
}
