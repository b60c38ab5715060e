package dev.kilo.frontend.ui

import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.frontend.ui.composer.Composer
import dev.kilo.frontend.ui.transcript.TranscriptView
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.message.FileDiff
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import java.awt.Component
import java.awt.Graphics
import java.awt.LayoutManager
import javax.swing.AbstractAction
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

    public fun diff(file: FileDiff): Unit = Unit

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
    private val header = Header(workspace, app.place, host, app::restart)
    private val banner = Banner({ app.restart() }, { workspace.open() })
    private val notices = NoticeBox(app.notices)
    private val permission = PermissionCard(workspace, work) { settle() }
    private val question = QuestionCard(workspace) { settle() }
    private val strip = Strip(host) { settle() }
    private val composer = Composer(workspace)
    private val empty = EmptyState { composer.write(it) }
    private var transcript: TranscriptView? = null
    private var sessionJob: Job? = null
    private var closed = false

    init {
        name = "chat"
        Theme.hold()
        isFocusTraversalPolicyProvider = true
        focusTraversalPolicy = object : javax.swing.LayoutFocusTraversalPolicy() {
            override fun accept(component: Component): Boolean = component !is TextSurface && super.accept(component)

            override fun getDefaultComponent(container: java.awt.Container): Component = composer.input
        }
        layout = Columns()
        add(header)
        add(banner)
        add(empty)
        add(notices)
        add(strip)
        add(permission)
        add(question)
        add(composer)
        keys()
        on(workspace.current) { show(it) }
        on(merge(workspace.sessions, workspace.statuses)) { header.refresh() }
        on(workspace.decisions) { decide() }
        on(app.connection) { header.connection(it) }
        on(host.elsewhere) { header.refresh() }
        on(merge(workspace.agents, workspace.models)) { composer.refresh() }
        on(app.notices.list) {
            notices.show(it)
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

    private fun <T> on(flow: Flow<T>, action: (T) -> Unit): Job = scope.launch { flow.collect { action(it) } }

    /** Adds [text] to the prompt that is being written, at the caret, and lets it have the focus. */
    public fun write(text: String) {
        composer.input.replaceSelection(text)
        focus()
    }

    /** Lets the composer have the focus. */
    public fun focus() {
        composer.input.requestFocusInWindow()
    }

    /** After a change of theme or size of the font. */
    public fun restyle() {
        Theme.refresh()
        transcript?.restyle()
        permission.revalidate()
        question.revalidate()
        revalidate()
        repaint()
    }

    override fun close() {
        if (closed) return
        closed = true
        scope.cancel()
        transcript?.close()
        work.close()
        Theme.release()
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.background
        g.fillRect(0, 0, width, height)
    }

    internal fun sent() {
        transcript?.toBottom()
        settle()
    }

    private fun show(session: SessionModel) {
        sessionJob?.cancel()
        transcript?.let {
            it.close()
            remove(it)
        }
        transcript = TranscriptView(session, work) { composer.write(it) }.also(::add)
        composer.show(session)
        strip.show(session)
        header.refresh()
        decide()
        val job = Job(scope.coroutineContext[Job])
        sessionJob = job
        val inner = CoroutineScope(scope.coroutineContext + job)
        inner.launch { merge(session.status, session.todos, session.diff).collect { strip.refresh() } }
        inner.launch { merge(session.status, session.choice, session.context).collect { composer.refresh() } }
        inner.launch {
            merge(session.session, session.ready).collect {
                header.refresh()
                decide()
                settle()
            }
        }
        settle()
        focus()
    }

    private fun decide() {
        val all = workspace.decisions.value
        val current = workspace.current.value.id
        // The oldest, those of the session that is shown first.
        val next = all.firstOrNull { it.shownIn == current } ?: all.firstOrNull()
        permission.show(next as? Decision.Permission, current, all.size - 1)
        question.show(next as? Decision.Question, current, all.size - 1)
        header.refresh()
        settle()
    }

    /** Parts come and go; one layout for all that changed in this event. */
    private fun settle() {
        revalidate()
        repaint()
    }

    private fun keys() {
        fun bind(key: String, action: () -> Unit) {
            getInputMap(WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(KeyStroke.getKeyStroke(key), key)
            actionMap.put(
                key,
                object : AbstractAction() {
                    override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
                },
            )
        }
        for (plus in listOf("ctrl PLUS", "ctrl EQUALS", "ctrl ADD", "ctrl shift EQUALS")) bind(plus) { host.zoom(1) }
        for (minus in listOf("ctrl MINUS", "ctrl SUBTRACT")) bind(minus) { host.zoom(-1) }
        for (zero in listOf("ctrl 0", "ctrl NUMPAD0")) bind(zero) { host.zoom(0) }
        bind("ctrl N") { workspace.create() }
        bind("ESCAPE") { workspace.current.value.stop() }
        bind("ctrl END") { transcript?.toBottom() }
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
            val blank = session.transcript.rows.isEmpty() && session.ready.value
            empty.isVisible = blank
            transcript?.isVisible = !blank
            val w = parent.width
            var top = 0
            var bottom = parent.height
            for (part in listOf<JComponent>(header, banner)) {
                if (!part.isVisible) continue
                val h = part.flow(w)
                part.setBounds(0, top, w, h)
                top += h
            }
            // The decision takes the strip's place.
            val stripShown = strip.isVisible && !permission.isVisible && !question.isVisible
            for (part in listOf<JComponent>(composer, permission, question, strip, notices)) {
                if (!part.isVisible || (part === strip && !stripShown)) {
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
}

/** How the agent's server is, when it isn't simply there. */
private class Banner(restart: () -> Unit, retry: () -> Unit) : Stack() {
    private val text = FlowText("", { it.text }, { it.small })
    private val button = Quiet(Strings["banner.restart"], null, Strings["banner.restart"], { it.accent })
    private var reopen = false
    private var ink: (Theme) -> java.awt.Color = { it.accent }
    private val box = Stack(pad = Insets4(6, 18, 6, 12)).apply { add(Beside(text, button)) }

    init {
        name = "banner"
        add(box)
        isVisible = false
        button.addActionListener { if (reopen) retry() else restart() }
    }

    fun show(cli: CliState, connection: Connection, opening: Opening) {
        reopen = false
        var alarm = true
        val message = when (connection) {
            is Connection.Lost -> Strings("banner.lost", connection.message)

            is Connection.Connecting -> Strings("banner.connecting", connection.message.orEmpty()).also {
                alarm = false
            }

            Connection.Connected -> when (cli) {
                is CliState.Starting -> starting(cli).also { alarm = false }
                is CliState.Restarting -> Strings("banner.restarting", cli.attempt.toString(), cli.message)
                is CliState.Failed -> Strings("banner.failed", cli.message)
                CliState.Stopped -> Strings["banner.stopped"]
                is CliState.Ready -> (opening as? Opening.Failed)?.message?.also { reopen = true }
            }
        }
        isVisible = message != null
        ink = if (alarm) { t -> t.amber } else { t -> t.accent }
        button.isVisible = alarm && (reopen || connection is Connection.Connected)
        button.text = Strings[if (reopen) "banner.retry" else "banner.restart"]
        text.set(message.orEmpty())
        repaint()
    }

    private fun starting(cli: CliState.Starting): String {
        val text = cli.message ?: Strings["banner.starting"]
        return cli.percent?.let { Strings("banner.percent", text, it.toString()) } ?: text
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.mix(ink(Theme.now), Theme.now.background, 0.12)
        g.fillRect(0, 0, width, height)
    }
}

/** A new session: what one can ask. */
private class EmptyState(fill: (String) -> Unit) : JComponent() {
    private val column = Stack(gap = 8)
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
            val card = object : Quiet(text, Icons.chevron, text, { it.text }) {
                override fun getFont() = Theme.now.font
            }
            card.horizontalAlignment = javax.swing.SwingConstants.LEADING
            card.border = javax.swing.BorderFactory.createEmptyBorder(6, 8, 6, 8)
            card.addActionListener { fill(text) }
            column.add(card)
        }
        add(column)
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
