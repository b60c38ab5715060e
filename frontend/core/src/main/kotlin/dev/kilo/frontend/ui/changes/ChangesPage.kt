package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.changes.ChangesModel
import dev.kilo.frontend.model.changes.OpenChange
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.Choosable
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Page
import dev.kilo.frontend.ui.PageNames
import dev.kilo.frontend.ui.Picker
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.Work
import dev.kilo.frontend.ui.flow
import dev.kilo.frontend.ui.item
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import java.awt.Component
import java.awt.Graphics
import java.awt.KeyboardFocusManager
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JMenuItem
import javax.swing.JPopupMenu
import javax.swing.JScrollPane
import javax.swing.JSplitPane
import javax.swing.SwingConstants
import javax.swing.SwingUtilities

/** The changed files of the session, of a turn or of the working tree, with the change of the one that is open. */
internal class ChangesPage(
    private val workspace: WorkspaceModel,
    private val host: ViewHost,
    private val work: Work,
    parent: CoroutineScope,
) : Page {
    private val scope = CoroutineScope(parent.coroutineContext + SupervisorJob(parent.coroutineContext[Job]))
    private var following: Job? = null
    private var model: ChangesModel? = null
    private var wanted: String? = null

    private val source = object : Quiet("", Icons.chevronDown, Strings["changes.scope"], { it.text }) {
        override fun getFont() = Theme.now.bold
    }
    private val counts = Counts()
    private val bar = ActionBar()
    private val note = FlowText("", { it.text }, { it.small })
    private val noteBox = Stack(pad = Insets4(4, 14, 4, 14)).apply {
        name = "changes.note"
        add(note)
    }
    private val list = FileList(::open, ::enter)
    private val head = FileHead()
    private val diff = DiffView(work) { hunk, undo -> settle(hunk, undo) }
    private val empty = FlowText("", { it.muted }, { it.font })
    private val split = JSplitPane(JSplitPane.VERTICAL_SPLIT)
    private val body = Body()
    private val grouping = Quiet(null, Icons.tree, Strings["changes.tree"])
    private val sides = Quiet(null, Icons.sides, Strings["changes.sides"])
    private val previous = Quiet(null, Icons.up, Strings["changes.previous"])
    private val next = Quiet(null, Icons.down, Strings["changes.next"])

    override val title: String get() = Strings["page.changes"]
    override val view: JComponent get() = body
    override val first: Component get() = if (body.filled) list else source
    override val tools: List<JComponent> = listOf(previous, next, grouping, sides)

    init {
        source.name = "changes.scope"
        source.horizontalTextPosition = SwingConstants.LEADING
        source.addActionListener { choose() }
        grouping.name = "changes.tree"
        sides.name = "changes.sides"
        previous.name = "changes.previous"
        next.name = "changes.next"
        previous.toolTipText = "${Strings["changes.previous"]} (${Shortcuts.show(Shortcuts.stroke("shift F7"))})"
        next.toolTipText = "${Strings["changes.next"]} (${Shortcuts.show(Shortcuts.stroke("F7"))})"
        grouping.addActionListener { group(!list.grouped) }
        sides.addActionListener { sideBySide(!diff.sideBySide) }
        previous.addActionListener { change(-1) }
        next.addActionListener { change(1) }
        list.menu = ::menu
    }

    override fun opened(about: String?) {
        val parts = about.orEmpty().split('\n')
        val message = parts[0].ifEmpty { null }
        wanted = parts.getOrNull(1)
        follow(workspace.current.value, message)
        following?.cancel()
        following = scope.launch {
            workspace.current.collect { session -> if (session.changes !== model) follow(session, null) }
        }
    }

    override fun left() {
        following?.cancel()
        watching?.cancel()
        model?.leave()
        model = null
    }

    override fun restyle() {
        list.restyle()
        body.revalidate()
    }

    override fun close() {
        scope.cancel()
    }

    private var watching: Job? = null

    private fun follow(session: SessionModel, messageId: String?) {
        if (model !== session.changes) model?.leave()
        val changes = session.changes
        model = changes
        val id = session.id
        changes.show(if (messageId != null && id != null) ChangeScope.OfTurn(id, messageId) else null)
        watching?.cancel()
        watching = scope.launch {
            launch { merge(changes.files, changes.ready, changes.scope).collect { listed() } }
            launch { changes.open.collect { show(it) } }
            launch { merge(changes.working, changes.settled, changes.note, session.status).collect { acts() } }
        }
    }

    private fun selected(): ChangedFile? = when (val open = model?.open?.value) {
        is OpenChange.Shown -> open.change.file
        is OpenChange.Loading -> open.file
        is OpenChange.Failed -> open.file
        OpenChange.None, null -> null
    }

    private fun listed() {
        val now = model ?: return
        val files = now.files.value
        list.show(files)
        wanted?.let { name ->
            if (files.any { it.file == name }) {
                wanted = null
                now.select(name)
            }
        }
        list.mark(selected()?.file)
        val scope = now.scope.value
        source.text = name(scope)
        source.getAccessibleContext().accessibleName = "${Strings["changes.scope"]}: ${source.text}"
        counts.show(files.sumOf { it.additions }, files.sumOf { it.deletions })
        counts.isVisible = files.isNotEmpty()
        empty.set(
            when {
                !now.ready.value -> Strings["changes.loading"]
                scope is ChangeScope.OfSession || scope == null -> Strings["changes.empty.session"]
                scope is ChangeScope.OfTurn -> Strings["changes.empty.turn"]
                else -> Strings["changes.empty.tree"]
            },
        )
        // The list can have the focus only when there is one; it goes there from where it waited for it.
        val arrived = files.isNotEmpty() && !body.filled && source.isFocusOwner
        // What is about to be hidden must not leave the focus to something outside of the page, where Esc is another key.
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner
        val leaving = files.isEmpty() && owner != null && SwingUtilities.isDescendingFrom(owner, split)
        if (leaving) source.requestFocusInWindow()
        body.filled = files.isNotEmpty()
        acts()
        body.revalidate()
        body.repaint()
        if (arrived) SwingUtilities.invokeLater { if (source.isFocusOwner) list.requestFocusInWindow() }
    }

    private fun show(open: OpenChange) {
        list.mark(selected()?.file)
        head.show(open)
        when (open) {
            is OpenChange.Shown -> diff.show(open.change.file.file, open.document)
            is OpenChange.Failed, OpenChange.None -> diff.show("", null)
            is OpenChange.Loading -> Unit
        }
        acts()
        body.revalidate()
        body.repaint()
    }

    private fun acts() {
        val now = model ?: return
        bar.show(now)
        diff.settling(now.canSettle, enabled = !now.working.value)
        head.allow(now)
        val text = now.note.value
        noteBox.isVisible = text != null
        note.set(text.orEmpty())
        body.revalidate()
        body.repaint()
    }

    private fun name(scope: ChangeScope?): String = when (scope) {
        is ChangeScope.OfSession, null -> Strings["changes.scope.session"]
        is ChangeScope.OfTurn -> Strings["changes.scope.turn"]
        ChangeScope.Uncommitted -> Strings["changes.scope.uncommitted"]
        ChangeScope.Branch -> Strings["changes.scope.branch"]
    }

    private fun choose() {
        val now = model ?: return
        val id = workspace.current.value.id
        val all = listOfNotNull(
            id?.let { ChangeScope.OfSession(it) },
            now.scope.value as? ChangeScope.OfTurn,
            ChangeScope.Uncommitted,
            ChangeScope.Branch,
        )
        val items = all.map { Choosable(it, name(it), Strings[hint(it)]) }
        Picker.show(source, Strings["changes.scope"], items, now.scope.value, above = false, search = false) {
            now.show(it)
        }
    }

    private fun hint(scope: ChangeScope): String = when (scope) {
        is ChangeScope.OfSession -> "changes.hint.session"
        is ChangeScope.OfTurn -> "changes.hint.turn"
        ChangeScope.Uncommitted -> "changes.hint.uncommitted"
        ChangeScope.Branch -> "changes.hint.branch"
    }

    private fun open(file: ChangedFile) {
        if (selected()?.file != file.file) model?.select(file.file)
    }

    /** Enter or a double click: into the lines. */
    private fun enter(file: ChangedFile) {
        open(file)
        diff.focus.requestFocusInWindow()
    }

    private fun group(on: Boolean) {
        list.grouped = on
        grouping.icon = if (on) Icons.list else Icons.tree
        grouping.toolTipText = Strings[if (on) "changes.flat" else "changes.tree"]
        grouping.getAccessibleContext().accessibleName = grouping.toolTipText
        body.revalidate()
    }

    private fun sideBySide(on: Boolean) {
        diff.sideBySide = on
        sides.icon = if (on) Icons.inline else Icons.sides
        sides.toolTipText = Strings[if (on) "changes.inline" else "changes.sides"]
        sides.getAccessibleContext().accessibleName = sides.toolTipText
    }

    /** To the next change; after the last one of a file to the first one of the next file. */
    fun change(step: Int) {
        if (diff.change(step)) return
        val file = list.neighbour(step) ?: return
        diff.begin = step
        open(file)
    }

    /** Keeps or undoes the file that is open. */
    fun settle(undo: Boolean) {
        val now = model ?: return
        val file = selected() ?: return
        if (undo) now.undo(file) else now.keep(file)
    }

    private fun settle(hunk: dev.kilo.frontend.model.changes.DiffHunk, undo: Boolean) {
        val file = selected() ?: return
        if (undo) model?.undo(file, hunk) else model?.keep(file, hunk)
    }

    private fun menu(file: ChangedFile, owner: Component, x: Int, y: Int) {
        val now = model ?: return
        val menu = JPopupMenu()
        fun item(key: String, action: () -> Unit) =
            menu.add(JMenuItem(Strings[key]).apply { addActionListener { action() } })
        if (now.canSettle) {
            item("changes.keep.file") { now.keep(file) }
            item("changes.undo.file") { now.undo(file) }
            menu.addSeparator()
        }
        item("changes.copy.path") { dev.kilo.frontend.ui.Views.copy(file.file) }
        menu.show(owner, x, y)
    }

    /** What can be done with all changes. */
    private inner class ActionBar : Line(gap = 4, pad = Insets4(0, 10, 4, 10), min = 28) {
        private val keep = Quiet(Strings["changes.keep.all"], Icons.check, Strings["changes.keep.all.tip"], { it.text })
        private val undo = Quiet(Strings["changes.undo.all"], Icons.undo, Strings["changes.undo.all.tip"], { it.text })
        private val back = Quiet("", Icons.redo, Strings["changes.back"], { it.muted })
        private val busy = Caption("", { it.muted }, { it.small })

        init {
            keep.name = "changes.keep.all"
            undo.name = "changes.undo.all"
            back.name = "changes.back"
            keep.toolTipText = Strings["changes.keep.all.tip"]
            undo.toolTipText = Strings["changes.undo.all.tip"]
            keep.addActionListener { model?.keepAll() }
            undo.addActionListener { sure() }
            back.addActionListener { model?.takeBack() }
            add(keep)
            add(undo)
            add(back)
            end(busy)
        }

        fun show(now: ChangesModel) {
            val some = now.files.value.isNotEmpty() && now.canSettle
            val free = !now.working.value
            keep.isVisible = some
            undo.isVisible = some
            keep.isEnabled = free
            undo.isEnabled = free
            val last = now.settled.value.firstOrNull().takeIf { now.canSettle }
            back.isVisible = last != null
            back.isEnabled = free
            if (last != null) {
                val what = if (last.files.size ==
                    1
                ) {
                    last.files[0].substringAfterLast('/')
                } else {
                    ChangeTexts.count(last.files.size)
                }
                back.text = Strings(if (last.undone) "changes.back.undo" else "changes.back.keep", what)
                back.toolTipText = Strings["changes.back.tip"]
                back.getAccessibleContext().accessibleName = back.text
            }
            busy.text = if (free) "" else Strings["changes.working"]
            isVisible = some || last != null
        }

        /** Undoing everything is asked about; it can be taken back, but not once something else has changed the files. */
        private fun sure() {
            val files = model?.files?.value.orEmpty()
            val menu = JPopupMenu()
            menu.name = "changes.sure"
            menu.add(
                item(Strings("changes.undo.all.sure", ChangeTexts.count(files.size))).apply {
                    name = "changes.undo.all.yes"
                    icon = Icons.undo
                    addActionListener { this@ChangesPage.model?.undoAll() }
                },
            )
            menu.show(undo, 0, undo.height)
        }
    }

    /** Above the lines: which file, and what can be done with it. */
    private inner class FileHead : Stack(pad = Insets4(0, 0)) {
        private val line = Line(gap = 6, pad = Insets4(3, 12, 3, 8), min = 30)
        private val name = Caption("", { it.text }, { it.bold })
        private val kind = Caption("", { it.muted }, { it.small })
        private val keep = Quiet(Strings["changes.keep"], Icons.check, Strings["changes.keep.file"], { it.text })
        private val undo = Quiet(Strings["changes.undo"], Icons.undo, Strings["changes.undo.file"], { it.text })
        private val ide = Quiet(null, Icons.sides, Strings["changes.ide"])
        private val message = FlowText("", { it.muted }, { it.font })
        private val box = Stack(pad = Insets4(14, 14, 14, 14)).apply { add(message) }

        init {
            keep.name = "changes.keep.file"
            undo.name = "changes.undo.file"
            ide.name = "changes.ide"
            keep.toolTipText = "${Strings["changes.keep.file"]} (${Shortcuts.show(Shortcuts.stroke("ctrl alt K"))})"
            undo.toolTipText = "${Strings["changes.undo.file"]} (${Shortcuts.show(Shortcuts.stroke("ctrl alt Z"))})"
            keep.addActionListener { selected()?.let { model?.keep(it) } }
            undo.addActionListener { selected()?.let { model?.undo(it) } }
            ide.addActionListener { (model?.open?.value as? OpenChange.Shown)?.let { host.diff(it.change) } }
            line.fill(name)
            line.end(kind)
            line.end(keep)
            line.end(undo)
            line.end(ide)
            add(line)
            add(box)
        }

        fun show(open: OpenChange) {
            val file = selected()
            isVisible = file != null
            if (file == null) return
            name.icon = Icons.ofChange(file.kind)
            name.text = file.file.substringAfterLast('/')
            name.toolTipText = file.file
            kind.text = ChangeTexts.kind(file)
            val text = when (open) {
                is OpenChange.Failed -> open.message

                is OpenChange.Loading -> null

                is OpenChange.Shown -> when {
                    open.document == null && file.binary -> Strings["changes.no.binary"]
                    open.document == null && file.additions + file.deletions > 0 -> Strings["changes.no.large"]
                    open.document == null -> Strings["changes.no.lines"]
                    open.document.cut -> Strings("changes.cut", open.document.lines.size)
                    else -> null
                }

                OpenChange.None -> null
            }
            box.isVisible = text != null
            message.set(text.orEmpty())
        }

        fun allow(now: ChangesModel) {
            keep.isVisible = now.canSettle
            undo.isVisible = now.canSettle
            keep.isEnabled = !now.working.value
            undo.isEnabled = !now.working.value
            ide.isVisible = host.diffs
        }

        override fun paintComponent(g: Graphics) {
            g.color = Theme.now.line
            g.fillRect(0, 0, width, 1)
            g.fillRect(0, line.height, width, 1)
        }
    }

    /** Top lines, then the list beside or above the lines of the open file. */
    private inner class Body : JComponent() {
        var filled = false
        private val top = Line(gap = 10, pad = Insets4(2, 10, 2, 14), min = 30)
        private val right = object : JComponent() {
            override fun doLayout() {
                val h = if (head.isVisible) head.heightFor(width) else 0
                head.setBounds(0, 0, width, h)
                diff.setBounds(0, h, width, (height - h).coerceAtLeast(0))
            }
        }
        private val scroll = JScrollPane(list)

        init {
            name = "changes"
            top.add(source)
            top.end(counts)
            right.add(head)
            right.add(diff)
            scroll.border = BorderFactory.createEmptyBorder()
            scroll.isOpaque = false
            scroll.viewport.isOpaque = false
            scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
            split.border = BorderFactory.createEmptyBorder()
            split.isOpaque = false
            split.topComponent = scroll
            split.bottomComponent = right
            split.dividerSize = Theme.now.px(5)
            right.minimumSize = java.awt.Dimension(80, 80)
            scroll.minimumSize = java.awt.Dimension(80, 40)
            add(top)
            add(bar)
            add(noteBox)
            add(split)
            add(empty)
        }

        override fun doLayout() {
            var y = 0
            for (part in listOf<JComponent>(top, bar, noteBox)) {
                val h = if (part.isVisible) part.flow(width) else 0
                part.setBounds(0, y, width, h)
                y += h
            }
            split.isVisible = filled
            empty.isVisible = !filled
            val t = Theme.now
            val wide = width >= t.px(WIDE)
            val orientation = if (wide) JSplitPane.HORIZONTAL_SPLIT else JSplitPane.VERTICAL_SPLIT
            split.setBounds(0, y, width, (height - y).coerceAtLeast(0))
            val rows = (list.model.size * list.fixedCellHeight + t.px(6)).coerceAtLeast(t.px(30))
            val fitting = if (wide) t.px(LIST) else minOf(rows, (height - y) / 3)
            // As high as its files need, until somebody moves the divider.
            if (split.orientation != orientation || placed < 0 ||
                (placed != fitting && split.dividerLocation == placed)
            ) {
                split.orientation = orientation
                placed = if (filled && height > y) fitting else -1
                split.dividerLocation = fitting
            }
            empty.setBounds(t.px(20), y + t.px(20), width - t.px(40), empty.flow(width - t.px(40)))
        }

        private var placed = -1

        override fun paintComponent(g: Graphics) {
            g.color = Theme.now.background
            g.fillRect(0, 0, width, height)
            if (noteBox.isVisible) {
                g.color = Theme.mix(Theme.now.amber, Theme.now.background, 0.13)
                g.fillRect(0, noteBox.y, width, noteBox.height)
            }
        }
    }

    companion object {
        private const val WIDE = 860
        private const val LIST = 280

        /** Opens the page from inside the chat: on the turn of [messageId], or the session, and there on [file]. */
        fun open(from: Component, messageId: String?, file: String?) {
            val chat = SwingUtilities.getAncestorOfClass(ChatView::class.java, from) as? ChatView ?: return
            chat.pages.open(PageNames.CHANGES, "${messageId.orEmpty()}\n${file.orEmpty()}")
        }
    }
}
