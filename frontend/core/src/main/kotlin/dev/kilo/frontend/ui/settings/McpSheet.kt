package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.McpDraft
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.said
import dev.kilo.shared.mcp.McpServer
import dev.kilo.shared.mcp.McpServer.State
import kotlinx.coroutines.flow.merge
import java.awt.Component
import javax.swing.JOptionPane

/** MCP servers: how they are, what they offer, and their entries in the file. */
internal class McpSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val model = settings.mcp
    private val rows =
        Rows<McpServer, ServerRow>(key = { it.name }, make = { ServerRow() }, update = { row, it -> row.show(it) })
    private val none = note(Strings["settings.loading"])
    private val form = McpForm()
    private val add = button("settings.mcp.add", "settings.mcp.add", primary = true) { form.open(McpDraft()) }
    private val refresh = button("settings.mcp.refresh", "settings.mcp.refresh") { model.load() }

    override val first: Component get() = add

    init {
        name = "settings.mcp"
        add(note(Strings["settings.mcp.hint"]))
        add(none)
        add(rows)
        add(Buttons(add, refresh))
        add(form)
        on(merge(model.servers, settings.config.view, settings.config.scope)) {
            val known = model.servers.value
            none.say(
                if (known ==
                    null
                ) {
                    Strings["settings.loading"]
                } else {
                    Strings["settings.mcp.none"].takeIf { known.isEmpty() }
                },
            )
            rows.show(known.orEmpty())
            settle()
        }
    }

    override fun opened() = model.load()

    override fun left() = model.stopWaiting()

    private inner class ServerRow : Card(gap = 5, pad = Insets4(8, 12, 9, 12)) {
        private val head = ItemHead("")
        private val message = FlowText("", { it.red }, { it.small })
        private val offers = note()
        private val connect = button("settings.mcp.connect", "") { server?.let { model.connect(it.name) } }
        private val restart = button("settings.mcp.restart", "") { server?.let { model.restart(it.name) } }
        private val stop = button("settings.mcp.stop", "") { server?.let { model.disconnect(it.name) } }
        private val login = button("settings.mcp.login", "") { server?.let { model.login(it.name, host::browse) } }
        private val logout = button("settings.mcp.logout", "") { server?.let { model.logout(it.name) } }
        private val edit =
            button("settings.mcp.edit", "") { server?.let { one -> model.draft(one.name)?.let(form::open) } }
        private val remove = button("settings.mcp.remove", "") { server?.let(::ask) }
        private var server: McpServer? = null

        init {
            add(head)
            add(message)
            add(offers)
            add(Buttons(connect, login, restart, stop, logout, edit, remove))
        }

        fun show(value: McpServer) {
            server = value
            name = "settings.mcp.server.${value.name}"
            val ink: (Theme) -> java.awt.Color = when (value.state) {
                State.CONNECTED -> { t -> t.green }
                State.DISABLED -> { t -> t.muted }
                State.FAILED -> { t -> t.red }
                State.NEEDS_LOGIN -> { t -> t.amber }
            }
            head.show(value.name, Strings["settings.mcp.state.${value.state.name.lowercase()}"], ink)
            message.say(value.message)
            offers.say(
                listOf("tools" to value.tools, "prompts" to value.prompts, "resources" to value.resources)
                    .filter { it.second.isNotEmpty() }
                    .joinToString("\n") { (kind, list) ->
                        Strings("settings.mcp.$kind", list.joinToString(", ") { it.name })
                    },
            )
            val up = value.state == State.CONNECTED
            connect.isVisible = value.state == State.DISABLED || value.state == State.FAILED
            restart.isVisible = up
            stop.isVisible = up
            login.isVisible = value.state == State.NEEDS_LOGIN
            logout.isVisible = up && value.login
            val own = model.draft(value.name) != null
            edit.isVisible = own
            remove.isVisible = own
            for (button in listOf(connect, restart, stop, login, logout, edit, remove)) {
                button.name = "settings.mcp.${value.name}.${button.text}"
                button.getAccessibleContext().accessibleName = "${button.text}: ${value.name}"
            }
        }

        private fun ask(one: McpServer) {
            val sure = Strings("settings.mcp.remove.sure", one.name, settings.config.file?.path.orEmpty())
            val yes = JOptionPane.showConfirmDialog(
                this,
                said(sure),
                Strings["settings.mcp.remove"],
                JOptionPane.OK_CANCEL_OPTION,
            )
            if (yes == JOptionPane.OK_OPTION) model.remove(one.name)
        }
    }

    private inner class McpForm : Card(gap = 7, pad = Insets4(10, 14, 12, 14)) {
        private val title = textField("settings.mcp.name")
        private val kind = choices(
            "settings.mcp.kind",
            listOf(
                Choice(false, Strings["settings.mcp.kind.local"]),
                Choice(true, Strings["settings.mcp.kind.remote"]),
            ),
        ) { arrange(it) }
        private val command = textField("settings.mcp.command", "npx -y @modelcontextprotocol/server-filesystem .")
        private val url = textField("settings.mcp.url", "https://example.org/mcp")
        private val pairs = Lines("settings.mcp.pairs", 3, mono = true)
        private val commandField = Field("settings.mcp.command", command)
        private val urlField = Field("settings.mcp.url", url)
        private val environment = label("settings.mcp.environment", pairs.area)
        private val headers = label("settings.mcp.headers", pairs.area)
        private val enabled = check("settings.mcp.enabled", "settings.mcp.enabled") {}

        init {
            name = "settings.mcp.form"
            add(Field("settings.mcp.name", title))
            add(Field("settings.mcp.kind", kind))
            add(commandField)
            add(urlField)
            add(environment)
            add(headers)
            add(pairs)
            add(note(Strings["settings.mcp.pairs.hint"]))
            add(enabled)
            add(
                Buttons(
                    button("settings.mcp.save", "settings.mcp.save", primary = true) { save() },
                    button("settings.mcp.cancel", "settings.mcp.cancel") { close() },
                ),
            )
            isVisible = false
        }

        private fun arrange(remote: Boolean) {
            commandField.isVisible = !remote
            urlField.isVisible = remote
            environment.isVisible = !remote
            headers.isVisible = remote
            settle()
        }

        fun open(draft: McpDraft) {
            title.text = draft.name
            title.isEnabled = draft.name.isEmpty()
            kind.take(draft.remote)
            command.text = draft.command
            url.text = draft.url
            pairs.area.text = draft.pairs
            enabled.isSelected = draft.enabled
            isVisible = true
            arrange(draft.remote)
            (if (title.isEnabled) title else kind).requestFocusInWindow()
        }

        private fun close() {
            isVisible = false
            settle()
            add.requestFocusInWindow()
        }

        private fun save() {
            val remote = (kind.selectedItem as? Choice<*>)?.value == true
            val draft = McpDraft(title.text.trim(), remote, command.text, url.text, pairs.area.text, enabled.isSelected)
            model.save(draft) { close() }
        }
    }
}
