package dev.kilo.frontend.ui

import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.settings.AppearancePreferences
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.model.settings.newcomer
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.frontend.ui.changes.ChangesPage
import dev.kilo.frontend.ui.changes.RollbackCard
import dev.kilo.frontend.ui.composer.Composer
import dev.kilo.frontend.ui.decision.DecisionsPage
import dev.kilo.frontend.ui.decision.PermissionCard
import dev.kilo.frontend.ui.decision.QuestionCard
import dev.kilo.frontend.ui.sessions.SessionsPage
import dev.kilo.frontend.ui.settings.SettingsPage
import dev.kilo.frontend.ui.settings.SheetPage
import dev.kilo.frontend.ui.settings.StatusSheet
import dev.kilo.frontend.ui.settings.WelcomeSheet
import dev.kilo.frontend.ui.transcript.RowKeys
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.frontend.ui.transcript.TranscriptView
import dev.kilo.frontend.ui.transcript.Transcripts
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.awt.Component
import java.awt.Graphics
import java.awt.KeyboardFocusManager
import java.awt.LayoutManager
import javax.swing.ActionMap
import javax.swing.InputMap
import javax.swing.JComponent
import javax.swing.JPanel
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

/** What the chat needs of the program around it. */
public interface ViewHost {
    /** Whether the program lets the user choose a [Look]; an IDE does that itself. */
    public val themes: Boolean

    public fun browse(url: String)

    /** 1 larger, -1 smaller, 0 as it was. */
    public fun zoom(step: Int)

    public fun theme(look: Look)

    /** Whether the program can show a comparison of its own with [diff]. */
    public val diffs: Boolean get() = false

    public fun diff(change: FileChange): Unit = Unit

    /** Whether files of the agent's place can be opened with [open]. */
    public val files: Boolean get() = false

    /** Opens [path] (absolute, or of the agent's directory) in an editor, at [line] counted from 1. */
    public fun open(path: String, line: Int?): Unit = Unit

    /** Whether there is an editor into which [insert] can put text. */
    public val inserts: Boolean get() = false

    /** Puts [text] into the editor that was used last, at its caret. */
    public fun insert(text: String): Unit = Unit

    /** Decisions that other projects of the same program wait for. */
    public val elsewhere: StateFlow<List<Elsewhere>> get() = NOWHERE
}

/** [count] decisions that the project called [name] waits for; [open] shows them. */
public data class Elsewhere(val name: String, val count: Int, val open: () -> Unit)

private val NOWHERE: StateFlow<List<Elsewhere>> = MutableStateFlow(emptyList())

/** The chat of one workspace: header, transcript, strip or decision, composer. Made and used on the EDT only. */
public class ChatView(private val app: AppModel, private val workspace: WorkspaceModel, public val host: ViewHost) :
    JPanel(null),
    AutoCloseable {
    private val scope = CoroutineScope(app.scope.coroutineContext + SupervisorJob(app.scope.coroutineContext[Job]))
    private val work = Work()
    private val settings by lazy { SettingsModel(workspace) }
    internal val shortcuts = Shortcuts(this)
    internal val pages = Pages(changed = ::paged, home = ::focus)
    private val header = Header(workspace, app.place, host, pages, shortcuts, app::restart)
    private val banner = Banner({ app.restart() }, { workspace.open() })
    private val notices = Late(this) { NoticeBox(app.notices) { focus() } }
    private val permission = Late(this) { PermissionCard(workspace, work, ::settle, ::focus) }
    private val question = Late(this) { QuestionCard(workspace, ::settle, ::focus) }
    private val strip = Strip({ pages.open(PageNames.CHANGES) }) { settle() }
    private val rollback = Late(this) { RollbackCard { settle() } }
    private val composer = Composer(workspace, shortcuts, pages, ::sent)
    private val empty = EmptyState({ composer.write(it) }) { workspace.select(it) }
    private var transcript: TranscriptView? = null
    private val transcripts = Transcripts(this) { TranscriptView(it, work) { text -> composer.write(text) } }
    private var sessionJob: Job? = null
    private var closed = false
    private var worn = AppearancePreferences()

    /** The next session that is shown is shown for its decision. */
    private var wanted = false

    init {
        name = "chat"
        Theme.hold()
        wear(app.appearance.preferences.value)
        // A circle of its own: as a mere provider it would be entered at the composer each time round, and Tab would lead
        // nowhere else.
        isFocusCycleRoot = true
        focusTraversalPolicy = object : javax.swing.LayoutFocusTraversalPolicy() {
            override fun accept(component: Component): Boolean =
                component !is TextSurface && component !is RowView && !covered(component) &&
                    transcript?.stops(component) != false && super.accept(component)

            override fun getDefaultComponent(container: java.awt.Container): Component = pages.first ?: composer.input
        }
        layout = Columns()
        add(header)
        add(banner)
        add(empty)
        add(strip)
        add(composer)
        add(pages)
        keys()
        pages()
        header.keys()
        on(workspace.current) { show(it) }
        on(merge(workspace.sessions, workspace.statuses, workspace.trail)) { header.refresh() }
        on(workspace.sessions) { empty.recent(it) }
        on(workspace.decisions) { decide() }
        on(app.connection) { header.connection(it) }
        on(host.elsewhere) { header.refresh() }
        on(app.appearance.preferences) {
            if (it == worn) return@on
            wear(it)
            restyle()
        }
        on(merge(workspace.agents, workspace.models)) { composer.refresh() }
        scope.launch {
            // When the window has come up: the first decision finds its card made, one part an event.
            delay(CALM)
            for (part in listOf(permission, question)) {
                part.get()
                yield()
            }
        }
        scope.launch { if (workspace.newcomer()) welcome() }
        on(app.notices.list) {
            if (it.isNotEmpty() || notices.made != null) notices.get().show(it)
            settle()
        }
        on(
            combine(app.cli, app.connection, workspace.opening) { cli, connection, opening ->
                Triple(cli, connection, opening)
            },
        ) { (cli, connection, opening) ->
            banner.show(cli, connection, opening)
            if (opening is Opening.Open) empty.place(opening.workspace.directory)
            settle()
        }
    }

    /** Offers ways to begin to who has not begun: what is being written meanwhile is not covered. */
    private fun welcome() {
        if (pages.current == null && workspace.current.value.composer.composition.blank) pages.open(PageNames.WELCOME)
    }

    private fun <T> on(flow: Flow<T>, action: (T) -> Unit): Job = scope.launch { flow.collect { action(it) } }

    /** Adds [text] to the prompt that is being written, at the caret, and lets it have the focus. */
    public fun write(text: String) {
        pages.leave()
        composer.input.replaceSelection(text)
        focus()
    }

    /** Lets the composer have the focus, or the page that is in its place. */
    public fun focus() {
        (pages.first ?: composer.input).requestFocusInWindow()
    }

    /** Everything that has a key, for a program that dispatches keys itself. */
    public val keys: List<Shortcut> get() = shortcuts.all

    /** Whether [key] is the chat's: nothing between what has the focus and the chat has a use of its own for it. */
    public fun takes(key: KeyStroke): Boolean {
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner as? JComponent ?: return true
        if (!SwingUtilities.isDescendingFrom(owner, this)) return true
        if (used(owner.getInputMap(WHEN_FOCUSED), owner.actionMap, key)) return false
        return generateSequence<Component>(owner) { it.parent }.takeWhile { it !== this }.filterIsInstance<JComponent>()
            .none { used(it.getInputMap(WHEN_ANCESTOR_OF_FOCUSED_COMPONENT), it.actionMap, key) }
    }

    private fun used(keys: InputMap, actions: ActionMap, key: KeyStroke): Boolean {
        val action = keys[key]?.let { actions[it] } ?: return false
        return action.isEnabled
    }

    /** Opens the page called [name] in the conversation's place, if there is such a page. */
    public fun open(name: String): Unit = pages.open(name)

    private fun wear(looks: AppearancePreferences) {
        worn = looks
        Appearance.zoom = looks.zoom
        Appearance.density = looks.density
        Theme.refresh()
    }

    /** After a change of theme or size of the font. */
    public fun restyle() {
        Theme.refresh()
        dress(this)
        transcripts.restyle()
        permission.made?.revalidate()
        question.made?.revalidate()
        pages.restyle()
        revalidate()
        repaint()
    }

    override fun close() {
        if (closed) return
        closed = true
        scope.cancel()
        pages.close()
        composer.close()
        permission.made?.close()
        question.made?.close()
        transcripts.close()
        work.close()
        Theme.release()
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.background
        g.fillRect(0, 0, width, height)
    }

    private fun sent() {
        transcript?.toBottom()
        settle()
    }

    private fun show(session: SessionModel) {
        sessionJob?.cancel()
        transcript?.isVisible = false
        transcript = transcripts.of(session)
        transcript?.left = ::focus
        composer.show(session)
        strip.show(session)
        rolled(session)
        header.refresh()
        decide()
        val job = Job(scope.coroutineContext[Job])
        sessionJob = job
        val inner = CoroutineScope(scope.coroutineContext + job)
        inner.launch { merge(session.status, session.todos, session.diff).collect { strip.refresh() } }
        val back = session.rollback
        inner.launch { merge(back.plan, back.rolledBack, session.status).collect { rolled(session) } }
        inner.launch { back.rolledBack.collect { strip.refresh() } }
        inner.launch { back.returned.collect { text -> text?.let(::giveBack) } }
        inner.launch { merge(session.status, session.choice, session.context).collect { composer.refresh() } }
        inner.launch {
            merge(session.session, session.ready).collect {
                header.refresh()
                decide()
                settle()
            }
        }
        settle()
        if (wanted) decideNow() else focus()
        wanted = false
    }

    private fun rolled(session: SessionModel) {
        val needed = session.rollback.plan.value != null || session.rollback.rolledBack.value != null
        if (needed || rollback.made != null) rollback.get().show(session)
    }

    /** Only while the page of changes is shown. */
    private fun changes(action: (ChangesPage) -> Unit) {
        if (pages.current == PageNames.CHANGES) (pages.made(PageNames.CHANGES) as? ChangesPage)?.let(action)
    }

    /** The prompt that was gone back to can be changed and sent again; what is being written stays below it. */
    private fun giveBack(text: String) {
        val draft = composer.input.text
        composer.write(if (draft.isBlank()) text else "$text\n\n$draft")
        workspace.current.value.rollback.taken()
    }

    private fun decide() {
        val all = workspace.decisions.value
        val current = workspace.current.value.id
        // The oldest, those of the session that is shown first.
        val next = all.firstOrNull { it.shownIn == current || it.sessionId == current } ?: all.firstOrNull()
        if (next is Decision.Permission) permission.get()
        if (next is Decision.Question) question.get()
        permission.made?.show(next as? Decision.Permission, current, all.size - 1)
        question.made?.show(next as? Decision.Question, current, all.size - 1)
        permission.made?.let(::dress)
        question.made?.let(::dress)
        header.refresh()
        settle()
    }

    /** Parts come and go; one layout for all that changed in this event. */
    private fun settle() {
        revalidate()
        repaint()
    }

    /** The composer can take the focus as soon as the page is gone, before the next layout. */
    private fun paged() {
        dress(pages)
        composer.isVisible = !pages.isVisible
        if (!pages.isVisible) {
            permission.made?.appeared()
            question.made?.appeared()
        }
        settle()
    }

    private fun previous() {
        val current = workspace.current.value.id
        workspace.recent.firstOrNull { it != current }?.let {
            pages.leave()
            workspace.select(it)
        }
    }

    /** Shows the session that a decision stands in. */
    private fun decide(decision: Decision) {
        pages.leave()
        if (workspace.current.value.id == decision.shownIn) {
            decideNow()
        } else {
            wanted = true
            workspace.select(decision.shownIn)
        }
    }

    /** The user wants to decide: from now on the keys of the card work. */
    private fun decideNow() {
        pages.leave()
        val card: JComponent? = if (question.isVisible) question.made else permission.made
        if (card?.isVisible == true) card.requestFocusInWindow()
    }

    /** A page takes the place of what is not above it, a decision that of the strip: a key would answer what one can't see. */
    private fun covered(component: Component): Boolean {
        val part = generateSequence(component) { it.parent }.firstOrNull { it.parent === this } ?: return false
        if (pages.isVisible) return part !== header && part !== banner && part !== notices.made && part !== pages
        return part === strip && (permission.isVisible || question.isVisible)
    }

    /** Each part adds its own pages here. */
    private fun pages() {
        pages.register(PageNames.CHANGES) { ChangesPage(workspace, host, work, scope) }
        pages.register(PageNames.SHORTCUTS) { ShortcutsPage(shortcuts) }
        pages.register(PageNames.SETTINGS) { SettingsPage(settings, host) }
        pages.register(PageNames.STATUS) { SheetPage("page.status", StatusSheet(settings, host)) }
        pages.register(PageNames.WELCOME) { SheetPage("page.welcome", WelcomeSheet(settings, host, pages)) }
        pages.register(PageNames.SESSIONS) { SessionsPage(workspace, scope, pages::leave, pages::retitle) }
        pages.register(PageNames.DECISIONS) { DecisionsPage(workspace, host, scope, ::decide) }
    }

    private fun keys() {
        shortcuts.add("general.shortcuts", "F1", "ctrl SLASH") { pages.toggle(PageNames.SHORTCUTS) }
        shortcuts.add("general.settings", "ctrl COMMA") { pages.toggle(PageNames.SETTINGS) }
        shortcuts.add("general.larger", "ctrl PLUS", "ctrl EQUALS", "ctrl ADD", "ctrl shift EQUALS") { host.zoom(1) }
        shortcuts.add("general.smaller", "ctrl MINUS", "ctrl SUBTRACT") { host.zoom(-1) }
        shortcuts.add("general.normal", "ctrl 0", "ctrl NUMPAD0") { host.zoom(0) }
        shortcuts.add("session.new", "ctrl N") {
            pages.leave()
            workspace.create()
        }
        shortcuts.add("session.switch", "ctrl E") { header.switch() }
        shortcuts.add("session.list", "ctrl shift S") { pages.toggle(PageNames.SESSIONS) }
        shortcuts.add("session.previous", "ctrl shift BACK_SPACE") { previous() }
        shortcuts.add("session.parent", "ctrl alt UP") { header.parent() }
        SessionsPage.note(shortcuts)
        shortcuts.add("decision.list", "ctrl shift P") { pages.toggle(PageNames.DECISIONS) }
        shortcuts.add("decision.focus", "alt P") { decideNow() }
        shortcuts.note("decision.once", "alt O")
        shortcuts.note("decision.always", "alt W")
        shortcuts.note("decision.reject", "alt R")
        shortcuts.add("changes.open", "ctrl shift D") { pages.toggle(PageNames.CHANGES) }
        shortcuts.add("changes.rollback", "ctrl alt BACK_SPACE") { workspace.current.value.rollback.askNewest() }
        // Also while one of the page's tools has the focus, which stand outside of it.
        shortcuts.add("changes.next", "F7") { changes { it.change(1) } }
        shortcuts.add("changes.previous", "shift F7") { changes { it.change(-1) } }
        shortcuts.add("changes.keep", "ctrl alt K") { changes { it.settle(undo = false) } }
        shortcuts.add("changes.undo", "ctrl alt Z") { changes { it.settle(undo = true) } }
        // Also where the focus is beside the page: what is not seen is not stopped.
        shortcuts.add("session.stop", "ESCAPE", applies = {
            pages.isVisible || workspace.current.value.status.value != SessionStatus.Idle
        }) {
            if (pages.isVisible) pages.back() else workspace.current.value.stop()
        }
        shortcuts.add("transcript.find", "ctrl F") { transcript?.find() }
        shortcuts.add("transcript.copy", "ctrl shift C") { transcript?.copyTurn() }
        shortcuts.add("transcript.export", "ctrl shift E") { transcript?.export() }
        shortcuts.add("transcript.focus", "alt T") { transcript?.requestFocusInWindow() }
        RowKeys.note(shortcuts)
        shortcuts.add("transcript.end", "ctrl END") { transcript?.toBottom() }
        shortcuts.add("transcript.previous", "alt UP") { transcript?.previousPrompt() }
        shortcuts.add("transcript.next", "alt DOWN") { transcript?.nextPrompt() }
    }

    /** Transcript or empty state takes what the others leave. */
    private inner class Columns : LayoutManager {
        override fun addLayoutComponent(name: String?, comp: Component?) = Unit

        override fun removeLayoutComponent(comp: Component?) = Unit

        override fun preferredLayoutSize(parent: java.awt.Container) =
            java.awt.Dimension(Theme.now.px(520), Theme.now.px(760))

        override fun minimumLayoutSize(parent: java.awt.Container) =
            java.awt.Dimension(Theme.now.px(280), Theme.now.px(320))

        override fun layoutContainer(parent: java.awt.Container) {
            val session = workspace.current.value
            val paged = pages.isVisible
            val blank = session.transcript.rows.isEmpty() && session.ready.value
            empty.isVisible = blank && !paged
            transcript?.isVisible = !blank && !paged
            val w = parent.width
            var top = 0
            var bottom = parent.height
            for (part in listOf<JComponent>(header, banner)) {
                if (!part.isVisible) continue
                val h = part.flow(w)
                part.setBounds(0, top, w, h)
                top += h
            }
            val below = listOf(composer, rollback.made, permission.made, question.made, strip, notices.made)
            for (part in below.filterNotNull()) {
                if (!part.isVisible || covered(part)) {
                    part.setBounds(0, bottom, w, 0)
                    continue
                }
                val h = part.flow(w)
                bottom -= h
                part.setBounds(0, bottom, w, h)
            }
            val middle = (bottom - top).coerceAtLeast(0)
            empty.setBounds(0, top, w, middle)
            transcript?.setBounds(0, top, w, middle)
            pages.setBounds(0, top, w, if (paged) middle else 0)
        }
    }

    init {
        // The first row replaces the empty state.
        val listener = object : TranscriptListener {
            override fun spliced(index: Int, removed: List<Row>, added: List<Row>) = settle()

            override fun changed(rows: Collection<Row>) = Unit
        }
        var watched: SessionModel? = null
        on(workspace.current) {
            watched?.transcript?.removeListener(listener)
            watched = it
            it.transcript.addListener(listener)
        }
    }

    private companion object {
        /** Milliseconds after which what is not seen yet may be made. */
        const val CALM = 600L
    }
}
