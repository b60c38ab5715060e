package dev.kilo.frontend.ui

import dev.kilo.shared.session.Session
import java.awt.Component
import java.awt.Graphics
import javax.swing.Icon
import javax.swing.JComponent
import javax.swing.SwingUtilities

/** A new session: what one can ask. */
internal class EmptyState(fill: (String) -> Unit, private val open: (String) -> Unit) : JComponent() {
    private val column = Stack(gap = 8)
    private val recent = Stack(gap = 2)
    private var listed: List<Pair<String, String>> = emptyList()
    private val hint = FlowText("", { it.muted }, { it.font })

    init {
        column.add(Line().apply { add(Caption(icon = BigMark)) })
        column.add(
            FlowText(Strings["empty.title"], { it.text }, { t ->
                t.font.deriveFont(
                    java.awt.Font.BOLD,
                    t.font.size2D * 1.5f,
                )
            }),
        )
        column.add(hint)
        column.add(Separator())
        for (key in listOf("empty.1", "empty.2", "empty.3", "empty.4")) {
            val text = Strings[key]
            column.add(line(text, Icons.chevron) { fill(text) })
        }
        column.add(recent)
        add(column)
    }

    private fun line(text: String, icon: Icon, action: () -> Unit): Quiet =
        object : Quiet(text, icon, text, { it.text }) {
            override fun getFont() = Theme.now.font
        }.apply {
            horizontalAlignment = javax.swing.SwingConstants.LEADING
            border = javax.swing.BorderFactory.createEmptyBorder(6, 8, 6, 8)
            addActionListener { action() }
        }

    /** The sessions that were worked in last, to go on with. */
    fun recent(sessions: List<Session>) {
        val last = sessions.filter { it.parentId == null && it.archived == null }.sortedByDescending { it.updated }
            .take(RECENT).map { it.id to it.title }
        if (last == listed) return
        listed = last
        recent.removeAll()
        if (last.isNotEmpty()) {
            recent.add(Separator())
            recent.add(Line().apply { add(Caption(Strings["empty.recent"], { it.muted }, { it.small })) })
        }
        for ((id, title) in last) recent.add(line(title, Icons.clock) { open(id) }.apply { name = "empty.recent" })
        revalidate()
        repaint()
    }

    fun place(directory: String) {
        hint.set(Strings("empty.hint", directory))
    }

    override fun doLayout() {
        val t = Theme.now
        val w = minOf(width - 2 * t.px(24), t.px(460)).coerceAtLeast(50)
        val h = column.heightFor(w)
        column.setBounds((width - w) / 2, ((height - h) / 2).coerceAtLeast(t.px(8)), w, h)
        SwingUtilities.invokeLater { column.validate() }
    }

    private companion object {
        const val RECENT = 3
    }
}

private object BigMark : javax.swing.Icon {
    override fun getIconWidth() = Theme.now.px(34)

    override fun getIconHeight() = Theme.now.px(34)

    override fun paintIcon(c: Component?, g: Graphics, x: Int, y: Int) {
        val g2 = g.smooth()
        g2.translate(x - Theme.now.px(4), y)
        g2.scale(2.1, 2.1)
        Icons.mark.paintIcon(c, g2, 0, 0)
        g2.dispose()
    }
}
