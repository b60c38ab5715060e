package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.Ids
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Elsewhere
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Page
import dev.kilo.frontend.ui.PaintedCell
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.smooth
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import java.awt.BorderLayout
import java.awt.Component
import java.awt.Graphics
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.BorderFactory
import javax.swing.DefaultListModel
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.ListSelectionModel

/**
 * Everything that waits for the user: of all sessions of this directory, and how much of other projects. Choosing a line
 * goes to it; nothing is decided here, so no key can answer by accident.
 */
internal class DecisionsPage(
    private val workspace: WorkspaceModel,
    private val host: ViewHost,
    private val scope: CoroutineScope,
    private val go: (Decision) -> Unit,
) : Page {
    private sealed interface Entry {
        data class Here(val decision: Decision, val what: String, val where: String) : Entry

        data class There(val place: Elsewhere) : Entry
    }

    private val model = DefaultListModel<Entry>()
    private val list = JList(model)
    private val panel = JPanel(BorderLayout())
    private val nothing = dev.kilo.frontend.ui.Caption(Strings["decisions.none"], { it.muted })
    private var following: Job? = null

    override val title: String get() = Strings["page.decisions"]
    override val view: JComponent get() = panel
    override val first: Component get() = list

    init {
        panel.isOpaque = false
        list.name = "decisions.list"
        list.getAccessibleContext().accessibleName = title
        list.selectionMode = ListSelectionModel.SINGLE_SELECTION
        list.cellRenderer = Cell()
        list.isOpaque = false
        Shortcuts.bindFocused(list, "ENTER") { open() }
        list.addMouseListener(object : MouseAdapter() {
            override fun mouseReleased(e: MouseEvent) {
                val index = list.locationToIndex(e.point)
                if (list.getCellBounds(index, index)?.contains(e.point) == true) open()
            }
        })
        val scroll = JScrollPane(list)
        scroll.border = BorderFactory.createEmptyBorder(8, 0, 0, 0)
        scroll.isOpaque = false
        scroll.viewport.isOpaque = false
        nothing.border = BorderFactory.createEmptyBorder(14, 20, 0, 20)
        panel.add(nothing, BorderLayout.NORTH)
        panel.add(scroll)
        restyle()
    }

    override fun opened(about: String?) {
        if (following == null) {
            following = scope.launch {
                merge(workspace.decisions, workspace.sessions, host.elsewhere).collect { refresh() }
            }
        }
        refresh()
    }

    override fun left() {
        following?.cancel()
        following = null
    }

    override fun restyle() {
        list.fixedCellHeight = Theme.now.px(HEIGHT)
        list.fixedCellWidth = Theme.now.px(200)
        panel.repaint()
    }

    private fun refresh() {
        val titles = workspace.sessions.value.associate { it.id to it.title }
        val here = workspace.decisions.value.map { decision ->
            val title = titles[decision.shownIn]?.ifBlank { null } ?: Strings["header.untitled"]
            Entry.Here(decision, ToolText.question(decision), title)
        }
        val next = here + host.elsewhere.value.map { Entry.There(it) }
        nothing.isVisible = next.isEmpty()
        if (next == model.elements().toList()) return
        val chosen = list.selectedValue
        model.clear()
        next.forEach(model::addElement)
        list.selectedIndex = next.indexOf(chosen).coerceAtLeast(0)
    }

    private fun open() {
        when (val entry = list.selectedValue) {
            is Entry.Here -> go(entry.decision)
            is Entry.There -> entry.place.open()
            null -> Unit
        }
    }

    private class Cell : PaintedCell<Entry>() {
        override fun spoken(value: Entry): String = lines(value).toList().joinToString()

        private fun lines(entry: Entry): Pair<String, String> = when (entry) {
            is Entry.Here -> {
                val question = entry.decision is Decision.Question
                val kind = Strings[if (question) "decisions.kind.question" else "decisions.kind.permission"]
                val age = Ids.age(entry.decision.id)?.let { Format.ago(System.currentTimeMillis() - it) }
                val from = if (entry.decision.sessionId == entry.decision.shownIn) null else Strings["permission.sub"]
                entry.what to listOfNotNull(entry.where, from, kind, age).joinToString(" · ")
            }

            is Entry.There ->
                entry.place.name to
                    "${Strings["decisions.elsewhere"]} · ${Strings("decisions.count", entry.place.count.toString())}"
        }

        override fun paintComponent(g: Graphics) {
            val now = value ?: return
            val t = Theme.now
            val g2 = g.smooth()
            if (lit) {
                g2.color = t.bubble
                g2.fillRoundRect(t.px(8), 1, width - t.px(16), height - 2, t.px(10), t.px(10))
            }
            val icon = if ((now as? Entry.Here)?.decision is Decision.Question) Icons.list else Icons.shield
            icon.tinted { it.amber }.paintIcon(this, g2, t.px(18), t.px(8))
            val (first, second) = lines(now)
            g2.clipRect(0, 0, width - t.px(20), height)
            g2.font = t.font
            g2.color = t.text
            g2.drawString(first, t.px(42), t.px(20))
            g2.font = t.small
            g2.color = t.muted
            g2.drawString(second, t.px(42), t.px(38))
            g2.dispose()
        }
    }

    private companion object {
        const val HEIGHT = 48
    }
}
