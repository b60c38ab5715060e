package dev.kilo.frontend.ui.sessions

import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.sessions.SessionLine
import dev.kilo.frontend.model.sessions.SessionList
import dev.kilo.frontend.model.sessions.SessionState
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Page
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.session.Session
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.awt.BorderLayout
import java.awt.Component
import java.awt.event.FocusAdapter
import java.awt.event.FocusEvent
import java.awt.event.KeyEvent
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.AbstractListModel
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JMenuItem
import javax.swing.JPanel
import javax.swing.JPopupMenu
import javax.swing.JScrollPane
import javax.swing.JTextField
import javax.swing.ListSelectionModel
import javax.swing.SwingUtilities
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener

/**
 * All sessions of the directory. The search field keeps the focus while the arrow keys choose in the list; a chosen
 * session can be opened, renamed in place, copied, archived and deleted, all by keyboard.
 */
internal class SessionsPage(
    private val workspace: WorkspaceModel,
    private val scope: CoroutineScope,
    private val leave: () -> Unit,
    private val retitle: () -> Unit,
) : Page {
    private val model = SessionList(workspace)
    private val lines = Lines()
    private val list = object : JList<SessionLine>(lines) {
        override fun getToolTipText(event: MouseEvent): String? =
            (lines.all.getOrNull(locationToIndex(event.point)) as? SessionLine.Item)
                ?.let { "${it.session.title} · ${SessionList.moment(it.session.updated)}" }
    }
    private val search = JTextField()
    private val archive = Quiet(Strings["sessions.archive"], null, Strings["sessions.archive"])
    private val nothing = Caption("", { it.muted })
    private val panel = JPanel(BorderLayout())
    private var following: Job? = null

    override val title: String get() = Strings[if (model.archived) "sessions.archive" else "page.sessions"]
    override val view: JComponent get() = panel
    override val first: Component get() = search
    override val tools: List<JComponent> get() = listOf(archive)

    init {
        panel.isOpaque = false
        panel.name = "sessions.page"
        search.name = "sessions.search"
        search.putClientProperty("JTextField.placeholderText", Strings["sessions.search"])
        search.getAccessibleContext().accessibleName = Strings["sessions.search"]
        search.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(e: DocumentEvent?) = model.search(search.text)

            override fun removeUpdate(e: DocumentEvent?) = model.search(search.text)

            override fun changedUpdate(e: DocumentEvent?) = Unit
        })
        archive.addActionListener {
            model.archive(!model.archived)
            tell()
            retitle()
            // The keys that work on a session are those of the list.
            list.requestFocusInWindow()
        }
        list.name = "sessions.list"
        list.getAccessibleContext().accessibleName = Strings["page.sessions"]
        list.selectionMode = ListSelectionModel.SINGLE_SELECTION
        list.cellRenderer = SessionCell()
        list.isOpaque = false
        list.addMouseListener(Mouse())
        val scroll = JScrollPane(list)
        scroll.border = BorderFactory.createEmptyBorder()
        scroll.isOpaque = false
        scroll.viewport.isOpaque = false
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        val top = JPanel(BorderLayout())
        top.isOpaque = false
        top.border = BorderFactory.createEmptyBorder(8, 14, 6, 14)
        top.add(search)
        panel.add(top, BorderLayout.NORTH)
        panel.add(scroll)
        nothing.border = BorderFactory.createEmptyBorder(10, 20, 14, 20)
        panel.add(nothing, BorderLayout.SOUTH)
        keys()
        size()
        tell()
    }

    override fun opened(about: String?) {
        model.start()
        if (following == null) following = scope.launch { model.lines.collect { show(it) } }
        search.selectAll()
    }

    override fun left() {
        search.text = ""
        following?.cancel()
        following = null
        model.stop()
    }

    override fun back(): Boolean = when {
        search.text.isNotEmpty() -> {
            search.text = ""
            search.requestFocusInWindow()
            true
        }

        model.archived -> {
            model.archive(false)
            tell()
            list.requestFocusInWindow()
            true
        }

        else -> false
    }

    override fun restyle() {
        size()
        panel.repaint()
    }

    private fun size() {
        // JList measures nothing when both are given.
        list.fixedCellHeight = Theme.now.px(SessionCell.HEIGHT)
        list.fixedCellWidth = Theme.now.px(200)
        ((list.parent?.parent) as? JScrollPane)?.verticalScrollBar?.unitIncrement = Theme.now.px(SessionCell.HEIGHT)
    }

    private fun tell() {
        archive.text = Strings[if (model.archived) "sessions.others" else "sessions.archive"]
        archive.getAccessibleContext().accessibleName = archive.text
        panel.revalidate()
    }

    private fun show(now: List<SessionLine>) {
        val before = keyOf(list.selectedValue)
        val place = list.selectedIndex
        lines.set(now)
        val same = if (before == null) -1 else now.indexOfFirst { keyOf(it) == before }
        val start = if (same >= 0) same else place.coerceIn(0, (now.size - 1).coerceAtLeast(0))
        select(now.indices.firstOrNull { it >= start && choosable(it) } ?: now.indices.lastOrNull(::choosable) ?: -1)
        nothing.isVisible = now.isEmpty()
        nothing.text = Strings[
            when {
                search.text.isNotBlank() -> "sessions.nothing"
                model.archived -> "sessions.archive.empty"
                else -> "sessions.none"
            },
        ]
    }

    private fun choosable(index: Int) = lines.all.getOrNull(index).let { it != null && it !is SessionLine.Heading }

    private fun select(index: Int) {
        if (index < 0) {
            list.clearSelection()
            return
        }
        list.selectedIndex = index
        // With the day above it, where there is one.
        list.ensureIndexIsVisible((index - 1).coerceAtLeast(0))
        list.ensureIndexIsVisible(index)
    }

    private fun move(by: Int) {
        val step = if (by < 0) -1 else 1
        var left = kotlin.math.abs(by)
        var at = list.selectedIndex
        var next = at
        while (left > 0) {
            next += step
            if (next !in lines.all.indices) break
            if (!choosable(next)) continue
            at = next
            left--
        }
        select(at)
    }

    private fun session(): Session? = (list.selectedValue as? SessionLine.Item)?.session

    private fun open() {
        when (val line = list.selectedValue) {
            is SessionLine.Item -> go(line.session.id)
            is SessionLine.Found -> go(line.match.sessionId)
            SessionLine.More -> model.more()
            is SessionLine.Heading, null -> Unit
        }
    }

    private fun go(id: String) {
        workspace.select(id)
        leave()
    }

    private fun keys() {
        // The list's own arrow keys would stop at headings.
        for (part in listOf<JComponent>(search, list)) {
            fun on(key: String, action: () -> Unit) {
                val stroke = Shortcuts.stroke(key)
                part.getInputMap(JComponent.WHEN_FOCUSED).put(stroke, "sessions.$key")
                part.actionMap.put(
                    "sessions.$key",
                    object : javax.swing.AbstractAction() {
                        override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
                    },
                )
            }
            on("DOWN") { move(1) }
            on("UP") { move(-1) }
            on("PAGE_DOWN") { move(PAGE) }
            on("PAGE_UP") { move(-PAGE) }
            on("ENTER") { open() }
            on("F2") { rename() }
            on("ctrl D") { session()?.let(::fork) }
            on("ctrl shift A") { session()?.let { model.archive(it.id, !model.archived) } }
            on("ctrl DELETE") { session()?.let { model.delete(it.id) } }
            on("CONTEXT_MENU") { menu() }
            on("shift F10") { menu() }
        }
        Shortcuts.bindFocused(list, "DELETE") { session()?.let { model.delete(it.id) } }
    }

    private fun fork(session: Session) {
        model.fork(session.id)
        leave()
    }

    private fun menu() {
        val cell = list.getCellBounds(list.selectedIndex, list.selectedIndex) ?: return
        menu(cell.x + cell.width / 2, cell.y + cell.height)
    }

    private fun menu(x: Int, y: Int) {
        val session = session() ?: return
        val menu = JPopupMenu()
        menu.name = "sessions.menu"
        fun item(key: String, stroke: String, action: () -> Unit) {
            menu.add(
                JMenuItem(Strings[key]).apply {
                    name = key
                    accelerator = Shortcuts.stroke(stroke)
                    addActionListener { action() }
                },
            )
        }
        item("sessions.open", "ENTER") { open() }
        item("sessions.rename", "F2") { rename() }
        item("sessions.fork", "ctrl D") { fork(session) }
        item(if (model.archived) "sessions.unarchive" else "sessions.toarchive", "ctrl shift A") {
            model.archive(session.id, !model.archived)
        }
        item("sessions.delete", "ctrl DELETE") { model.delete(session.id) }
        menu.show(list, x, y)
    }

    /** A field in the place of the line. Enter keeps the name, Esc and leaving it do not. */
    private fun rename() {
        val session = session() ?: return
        val index = list.selectedIndex
        list.ensureIndexIsVisible(index)
        val cell = list.getCellBounds(index, index) ?: return
        val t = Theme.now
        val edit = JTextField(session.title)
        edit.name = "sessions.rename"
        edit.getAccessibleContext().accessibleName = Strings["sessions.rename"]
        var done = false
        fun end(keep: Boolean) {
            if (done) return
            done = true
            list.remove(edit)
            list.repaint()
            if (keep) model.rename(session.id, edit.text)
            list.requestFocusInWindow()
        }
        Shortcuts.bindFocused(edit, "ENTER") { end(keep = true) }
        Shortcuts.bindFocused(edit, "ESCAPE") { end(keep = false) }
        edit.addFocusListener(object : FocusAdapter() {
            override fun focusLost(e: FocusEvent) {
                if (!e.isTemporary) end(keep = false)
            }
        })
        edit.setBounds(t.px(34), cell.y + 2, cell.width - t.px(60), cell.height - 4)
        list.add(edit)
        edit.selectAll()
        edit.requestFocusInWindow()
        list.repaint()
    }

    private inner class Mouse : MouseAdapter() {
        override fun mousePressed(e: MouseEvent) = popup(e)

        override fun mouseReleased(e: MouseEvent) {
            popup(e)
            val index = list.locationToIndex(e.point)
            val inside = list.getCellBounds(index, index)?.contains(e.point) == true
            if (inside && SwingUtilities.isLeftMouseButton(e) && !e.isPopupTrigger && choosable(index)) {
                list.selectedIndex = index
                open()
            }
        }

        private fun popup(e: MouseEvent) {
            if (!e.isPopupTrigger) return
            val index = list.locationToIndex(e.point)
            if (!choosable(index)) return
            list.selectedIndex = index
            menu(e.x, e.y)
        }
    }

    /** A model whose content is exchanged as a whole: one event for thousands of lines. */
    private class Lines : AbstractListModel<SessionLine>() {
        var all: List<SessionLine> = emptyList()
            private set

        fun set(next: List<SessionLine>) {
            val before = all
            if (before == next) return
            all = next
            if (before.size == next.size) {
                fireContentsChanged(this, 0, next.size - 1)
                return
            }
            if (before.isNotEmpty()) {
                all = emptyList()
                fireIntervalRemoved(this, 0, before.size - 1)
                all = next
            }
            if (next.isNotEmpty()) fireIntervalAdded(this, 0, next.size - 1)
        }

        override fun getSize(): Int = all.size

        override fun getElementAt(index: Int): SessionLine = all[index]
    }

    internal companion object {
        private const val PAGE = 10

        private fun keyOf(line: SessionLine?): String? = when (line) {
            is SessionLine.Item -> line.session.id
            is SessionLine.Found -> line.match.partId
            is SessionLine.Heading, SessionLine.More, null -> null
        }

        /** Keys of the page, for the list of keys. */
        fun note(shortcuts: Shortcuts) {
            shortcuts.note("session.open", "ENTER")
            shortcuts.note("session.rename", "F2")
            shortcuts.note("session.fork", "ctrl D")
            shortcuts.note("session.archive", "ctrl shift A")
            shortcuts.note("session.delete", "ctrl DELETE")
            shortcuts.note("session.menu", "shift F10")
        }
    }
}
