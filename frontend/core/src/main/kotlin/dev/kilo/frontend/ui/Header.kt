package dev.kilo.frontend.ui

import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.sessions.SessionCell
import dev.kilo.shared.app.Connection
import java.awt.Color
import java.awt.Graphics
import javax.swing.JCheckBoxMenuItem
import javax.swing.JMenuItem
import javax.swing.JOptionPane
import javax.swing.JPopupMenu

/** Session switcher, where the agent runs, new session, more. */
internal class Header(
    private val workspace: WorkspaceModel,
    private val place: String,
    private val host: ViewHost,
    private val pages: Pages,
    private val shortcuts: Shortcuts,
    private val restart: () -> Unit,
) : Line(gap = 4, pad = Insets4(7, 12, 7, 10), min = 30) {
    private val title = object : Quiet(Strings["header.untitled"], Icons.chevronDown, Strings["header.sessions"], {
        it.text
    }) {
        override fun getFont() = Theme.now.bold
    }
    private val up = Quiet("", Icons.back, Strings["header.trail"], { it.link })
    private val badge = Quiet("", Icons.shield.tinted { it.amber }, Strings["page.decisions"], { it.amber })
    private val elsewhere = Quiet("", null, Strings["header.elsewhere"], { it.amber })
    private val create = Quiet(null, Icons.plus, Strings["header.new"])
    private val search = Quiet(null, Icons.search, Strings["header.search"])
    private val more = Quiet(null, Icons.more, Strings["header.more"])
    private var ink: (Theme) -> Color = { it.green }
    internal val dot = Caption(if (place == "local") Strings["header.local"] else place, { it.muted }, { it.small })

    init {
        title.horizontalTextPosition = javax.swing.SwingConstants.LEADING
        title.name = "sessions"
        up.name = "trail"
        badge.name = "waiting"
        add(up)
        add(title)
        add(badge)
        add(elsewhere)
        up.isVisible = false
        badge.isVisible = false
        up.addActionListener { parent() }
        badge.addActionListener { pages.open(PageNames.DECISIONS) }
        elsewhere.isVisible = false
        elsewhere.addActionListener { host.elsewhere.value.firstOrNull()?.open?.invoke() }
        dot.name = "place"
        dot.icon = LineIcon({ ink(it) }) { circle(8.0, 8.0, 3.0, fill = true) }
        connection(Connection.Connected)
        end(dot)
        end(create)
        end(search)
        end(more)
        title.addActionListener { switch() }
        search.name = "header.search"
        search.addActionListener { pages.toggle(PageNames.SESSIONS) }
        create.addActionListener { workspace.create() }
        more.addActionListener { more(more) }
    }

    /** Tells the keys of the buttons, when all of them are known. */
    fun keys() {
        create.toolTipText = shortcuts.tip(Strings["header.new"], "session.new")
        search.toolTipText = shortcuts.tip(Strings["header.search"], "session.list")
        title.toolTipText = shortcuts.tip(Strings["header.sessions"], "session.switch")
        badge.toolTipText = shortcuts.tip(Strings["page.decisions"], "decision.list")
    }

    /** Green only while calls arrive. */
    fun connection(now: Connection) {
        ink = when (now) {
            Connection.Connected -> Theme::green
            is Connection.Connecting -> Theme::amber
            is Connection.Lost -> Theme::red
        }
        val key = when (now) {
            Connection.Connected -> "header.place"
            is Connection.Connecting -> "header.place.connecting"
            is Connection.Lost -> "header.place.lost"
        }
        dot.toolTipText = Strings(key, place)
        dot.getAccessibleContext().accessibleDescription = dot.toolTipText
        dot.repaint()
    }

    fun refresh() {
        val session = workspace.current.value.session.value
        val full = session?.title?.ifBlank { null } ?: Strings["header.untitled"]
        title.text = if (full.length > 60) full.take(59) + "…" else full
        title.getAccessibleContext().accessibleName = "${Strings["header.sessions"]}: $full"
        val others = workspace.decisions.value.count { it.shownIn != session?.id && it.sessionId != session?.id }
        badge.isVisible = others > 0
        badge.text = Strings("strip.waiting", others)
        badge.getAccessibleContext().accessibleName = badge.text
        val above = workspace.trail.value.lastOrNull()
        up.isVisible = above != null
        if (above != null) {
            val name = above.title.ifBlank { Strings["header.untitled"] }
            up.text = if (name.length > 24) name.take(23) + "…" else name
            up.toolTipText = shortcuts.tip(Strings("header.trail", name), "session.parent")
            up.getAccessibleContext().accessibleName = Strings("header.trail", name)
        }
        val waiting = host.elsewhere.value
        elsewhere.isVisible = waiting.isNotEmpty()
        elsewhere.text = waiting.joinToString { Strings("header.waiting", it.name, it.count.toString()) }
        elsewhere.getAccessibleContext().accessibleName = elsewhere.text
        revalidate()
        repaint()
    }

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        g.color = t.panel
        g.fillRect(0, 0, width, height)
        g.color = t.line
        g.fillRect(0, height - 1, width, 1)
    }

    /** The session above the one that is shown, when that is of a sub-agent. */
    fun parent() {
        workspace.trail.value.lastOrNull()?.let { workspace.select(it.id) }
    }

    /** Quickly to another session: the one that was shown before is chosen, so that Enter goes back and forth. */
    fun switch() {
        val current = workspace.current.value.id
        val order = workspace.recent + workspace.sessions.value.map { it.id }
        val known = workspace.sessions.value.associateBy { it.id }
        val items = order.distinct().mapNotNull(known::get).map { s ->
            val state = SessionCell.word(workspace.stateOf(s.id)) ?: Format.ago(s.updated)
            val draft = if (workspace.hasDraft(s.id)) "${Strings["session.draft"]} · " else ""
            val name = s.title.ifBlank { Strings["header.untitled"] }
            Choosable(s.id, if (name.length > 48) name.take(47) + "…" else name, "", "", draft + state)
        }
        val before = items.firstOrNull { it.value != current }?.value
        Picker.show(
            title,
            Strings["header.sessions"],
            items,
            current,
            above = false,
            search = true,
            start = before,
        ) {
            pages.leave()
            workspace.select(it)
        }
    }

    private fun more(owner: java.awt.Component) {
        val menu = JPopupMenu()
        val session = workspace.current.value
        fun item(key: String, enabled: Boolean = true, action: () -> Unit) {
            menu.add(
                JMenuItem(Strings[key]).apply {
                    isEnabled = enabled
                    addActionListener { action() }
                },
            )
        }
        item("more.rename", session.id != null) {
            val title = JOptionPane.showInputDialog(
                this,
                Strings["rename.title"],
                session.session.value?.title.orEmpty(),
            )
            if (title != null) session.rename(title)
        }
        item("more.fork", session.id != null) { session.id?.let { workspace.fork(it) } }
        item("more.delete", session.id != null) { session.id?.let(workspace::delete) }
        menu.addSeparator()
        if (host.themes) {
            val shown = Theme.now.look
            val names = listOf(
                "more.theme.light" to Look.LIGHT,
                "more.theme.dark" to Look.DARK,
                "more.theme.contrast" to Look.CONTRAST,
            )
            for ((key, look) in names) {
                menu.add(
                    JCheckBoxMenuItem(Strings[key], shown == look).apply {
                        addActionListener { host.theme(look) }
                    },
                )
            }
            menu.addSeparator()
        }
        item("more.zoom.in") { host.zoom(1) }
        item("more.zoom.out") { host.zoom(-1) }
        item("more.zoom.reset") { host.zoom(0) }
        menu.addSeparator()
        item("more.restart") { restart() }
        menu.addSeparator()
        for (page in MENU) {
            if (pages.knows(page)) item("page.$page") { pages.open(page) }
        }
        menu.show(owner, owner.width - menu.preferredSize.width, owner.height + 2)
    }

    private companion object {
        /** Pages that the menu leads to, as far as there are such pages. */
        val MENU =
            listOf(
                PageNames.SESSIONS,
                PageNames.DECISIONS,
                PageNames.CHANGES,
                PageNames.SETTINGS,
                PageNames.STATUS,
                PageNames.SHORTCUTS,
            )
    }
}
