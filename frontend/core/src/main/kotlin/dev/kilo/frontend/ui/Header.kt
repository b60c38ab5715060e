package dev.kilo.frontend.ui

import dev.kilo.frontend.model.WorkspaceModel
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
    private val badge = Caption("", { it.amber }, { it.small })
    private val elsewhere = Quiet("", null, Strings["header.elsewhere"], { it.amber })
    private val create = Quiet(null, Icons.plus, Strings["header.new"])
    private val search = Quiet(null, Icons.search, Strings["header.search"])
    private val more = Quiet(null, Icons.more, Strings["header.more"])
    private var ink: (Theme) -> Color = { it.green }
    internal val dot = Caption(if (place == "local") Strings["header.local"] else place, { it.muted }, { it.small })

    init {
        title.horizontalTextPosition = javax.swing.SwingConstants.LEADING
        title.name = "sessions"
        add(title)
        add(badge)
        add(elsewhere)
        elsewhere.isVisible = false
        elsewhere.addActionListener { host.elsewhere.value.firstOrNull()?.open?.invoke() }
        dot.name = "place"
        dot.icon = LineIcon({ ink(it) }) { circle(8.0, 8.0, 3.0, fill = true) }
        connection(Connection.Connected)
        end(dot)
        end(create)
        end(search)
        end(more)
        title.addActionListener { switch(title) }
        search.addActionListener { switch(title) }
        create.addActionListener { workspace.create() }
        more.addActionListener { more(more) }
    }

    /** Tells the keys of the buttons, when all of them are known. */
    fun keys() {
        create.toolTipText = shortcuts.tip(Strings["header.new"], "session.new")
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
        val others = workspace.decisions.value.count { it.shownIn != session?.id }
        badge.text = if (others > 0) Strings("strip.waiting", others.toString()) else ""
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

    private fun switch(owner: java.awt.Component) {
        val waiting = workspace.decisions.value.mapTo(HashSet()) { it.shownIn }
        val items = workspace.sessions.value.map { s ->
            val state = when {
                s.id in waiting -> Strings["session.waiting"]
                s.id in workspace.statuses.value -> Strings["session.running"]
                else -> Format.ago(s.updated)
            }
            val title = s.title.ifBlank { Strings["header.untitled"] }
            Choosable(s.id, if (title.length > 48) title.take(47) + "…" else title, "", "", state)
        }
        Picker.show(
            owner,
            Strings["header.sessions"],
            items,
            workspace.current.value.id,
            above = false,
            search = true,
        ) {
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
        item("more.delete", session.id != null) {
            val id = session.id ?: return@item
            val answer = JOptionPane.showConfirmDialog(
                this,
                Strings("delete.confirm", session.session.value?.title.orEmpty()),
                Strings["more.delete"],
                JOptionPane.OK_CANCEL_OPTION,
            )
            if (answer == JOptionPane.OK_OPTION) workspace.delete(id)
        }
        menu.addSeparator()
        if (host.themes) {
            val shown = when {
                Theme.now.contrast -> Look.CONTRAST
                Theme.now.dark -> Look.DARK
                else -> Look.LIGHT
            }
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
        val MENU = listOf(PageNames.CHANGES, PageNames.SETTINGS, PageNames.STATUS, PageNames.SHORTCUTS)
    }
}
