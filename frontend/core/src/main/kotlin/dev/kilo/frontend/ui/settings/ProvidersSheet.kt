package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.LoginState
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.said
import dev.kilo.shared.provider.FoundModel
import dev.kilo.shared.provider.LoginField
import dev.kilo.shared.provider.LoginMethod
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.provider.Provider.Source
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import java.awt.Component
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import javax.swing.DefaultListModel
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JPasswordField
import javax.swing.JScrollPane
import javax.swing.JTextField

/** Where models come from: connected providers, those of the catalogue, and endpoints of one's own. */
internal class ProvidersSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val model = settings.providers
    private val login = LoginCard(settings, host)
    private val connected =
        Rows<Provider, ProviderRow>(key = {
            it.id
        }, make = { ProviderRow(settings, host, ::settle) }, update = { row, it -> row.show(it) })
    private val search = textField("settings.provider.search", Strings["settings.provider.search.hint"])
    private val available =
        Rows<Provider, ProviderRow>(key = {
            it.id
        }, make = { ProviderRow(settings, host, ::settle) }, update = { row, it -> row.show(it) })
    private val more = note()
    private val none = note(Strings["settings.loading"])

    override val first: Component get() = search

    init {
        name = "settings.providers"
        add(login)
        add(heading("settings.provider.connected.title"))
        add(none)
        add(connected)
        add(heading("settings.provider.available.title"))
        add(Field("settings.provider.search", search))
        add(available)
        add(more)
        add(heading("settings.custom.title"))
        add(CustomForm(settings, scope, ::settle))
        search.typed(model::search)
        on(merge(model.list, model.query)) { refresh() }
        on(model.login) {
            login.show(it)
            settle()
        }
    }

    override fun opened() = model.load()

    override fun left() {
        if (model.login.value is LoginState.Failed) model.cancelLogin()
    }

    private fun refresh() {
        val known = model.list.value
        none.say(if (known == null) Strings["settings.loading"] else null)
        connected.show(model.connected)
        val found = model.available()
        available.show(found.take(MOST))
        more.say(
            when {
                known == null -> null
                found.isEmpty() -> Strings["settings.provider.none"]
                found.size > MOST -> Strings("settings.provider.more", (found.size - MOST).toString())
                else -> null
            },
        )
        settle()
    }

    private companion object {
        const val MOST = 12
    }
}

/** One provider: how it is connected, and the ways to connect it, folded until they are asked for. */
private class ProviderRow(
    private val settings: SettingsModel,
    private val host: ViewHost,
    private val settle: () -> Unit,
) : Card(gap = 6, pad = Insets4(7, 12, 8, 10)) {
    private val head = ItemHead("settings.provider.head")
    private val connect = button("settings.provider.connect", "") { fold(!form.isVisible) }
    private val remove = button("settings.provider.remove", "") { ask() }
    private val form = Stack(gap = 6)
    private val info = note()
    private var provider: Provider? = null
    private var built: Provider? = null

    init {
        head.end(connect)
        head.end(remove)
        add(head)
        add(info)
        add(form)
        form.isVisible = false
    }

    fun show(value: Provider) {
        if (provider == value) return
        if (provider?.connected != value.connected) form.isVisible = false
        provider = value
        name = "settings.provider.${value.id}"
        connect.name = "settings.provider.connect.${value.id}"
        remove.name = "settings.provider.remove.${value.id}"
        connect.getAccessibleContext().accessibleName = "${connect.text}: ${value.name}"
        remove.getAccessibleContext().accessibleName = "${remove.text}: ${value.name}"
        val how = when (value.source) {
            Source.STORED -> Strings["settings.provider.source.stored"]
            Source.ENVIRONMENT -> Strings["settings.provider.source.environment"]
            Source.CONFIGURATION -> Strings["settings.provider.source.configuration"]
            Source.NONE, null -> null
        }
        val models = Strings("settings.provider.models", value.models)
        head.show(
            value.name,
            listOfNotNull(how, models).joinToString("  ·  "),
            if (value.connected) {
                { t ->
                    t.green
                }
            } else {
                { t -> t.muted }
            },
        )
        info.say(if (value.connected) value.baseUrl else null)
        val offered = value.source != Source.NONE || value.logins.isNotEmpty()
        connect.isVisible = offered && value.id != "offline" && value.source != Source.CONFIGURATION
        connect.text = Strings[if (how != null) "settings.provider.change" else "settings.provider.connect"]
        remove.isVisible = value.source == Source.STORED || (value.source == Source.CONFIGURATION && ownEndpoint(value))
    }

    private fun ownEndpoint(value: Provider) = settings.config.view.value?.global?.get("provider")?.let {
        (it as? kotlinx.serialization.json.JsonObject)?.containsKey(value.id)
    } ==
        true

    private fun ask() {
        val value = provider ?: return
        val yes = javax.swing.JOptionPane.showConfirmDialog(
            this,
            said(Strings("settings.provider.remove.sure", value.name)),
            Strings["settings.provider.remove"],
            javax.swing.JOptionPane.OK_CANCEL_OPTION,
        )
        if (yes != javax.swing.JOptionPane.OK_OPTION) return
        if (value.source ==
            Source.CONFIGURATION
        ) {
            settings.providers.removeCustom(value)
        } else {
            settings.providers.disconnect(value)
        }
    }

    private fun fold(open: Boolean) {
        val value = provider ?: return
        if (open && built != value) build(value)
        form.isVisible = open
        settle()
        if (open) form.components.filterIsInstance<Field>().firstOrNull()?.control?.requestFocusInWindow()
    }

    private fun build(value: Provider) {
        built = value
        form.removeAll()
        val key = JPasswordField().apply { name = "settings.provider.key.${value.id}" }
        fun save() {
            settings.providers.connect(value, key.password)
            key.text = ""
            fold(false)
        }
        val browser = value.logins.filter { it.browser }
        key.addActionListener { save() }
        form.add(
            Field("settings.provider.key", key, value.name).apply {
                remark(
                    listOfNotNull(
                        Strings["settings.provider.key.where"],
                        value.env.firstOrNull()?.let { Strings("settings.provider.key.env", it) },
                    ).joinToString(" "),
                )
            },
        )
        form.add(
            Buttons(
                button("settings.provider.key.save", "settings.provider.save.${value.id}", primary = true) {
                    save()
                },
            ),
        )
        for (method in browser) form.add(LoginForm(settings, host, value, method))
    }
}

/** What a login wants to know first, and its button. */
private class LoginForm(settings: SettingsModel, host: ViewHost, provider: Provider, method: LoginMethod) :
    Stack(gap = 6) {
    private val inputs = LinkedHashMap<LoginField, Pair<JComponent, () -> String>>()

    init {
        for (field in method.fields) {
            val (control, value) = control(field)
            inputs[field] = Stack(gap = 3).apply {
                add(Caption(field.label, { it.text }, { it.small }).apply { labelFor = control })
                control.getAccessibleContext().accessibleName = field.label
                add(control)
            }.also(::add) to value
        }
        val start = dev.kilo.frontend.ui.Pill(
            Strings("settings.login.with", method.label),
            "settings.login.${provider.id}",
            false,
        )
        start.getAccessibleContext().accessibleName = start.text
        start.addActionListener {
            val wanted = inputs.filter {
                it.value.first.isVisible
            }.entries.associate { it.key.key to it.value.second() }
            settings.providers.login(provider, method, wanted, host::browse)
        }
        add(Buttons(start))
        conditions()
    }

    private fun control(field: LoginField): Pair<JComponent, () -> String> {
        if (field.options.isEmpty()) {
            val text = JTextField()
            field.placeholder?.let { text.putClientProperty("JTextField.placeholderText", it) }
            return text to { text.text.trim() }
        }
        val box =
            choices("settings.login.${field.key}", field.options.map { Choice(it.value, it.label) }) { conditions() }
        return box to { (box.selectedItem as? Choice<*>)?.value as? String ?: "" }
    }

    private fun conditions() {
        for ((field, control) in inputs) {
            val other = inputs.entries.firstOrNull { it.key.key == field.ifKey } ?: continue
            control.first.isVisible = (other.value.second() == field.ifValue) != field.unless
        }
        revalidate()
    }
}

/** A login on its way: link, code, waiting, cancel. */
internal class LoginCard(private val settings: SettingsModel, private val host: ViewHost) :
    Card(gap = 8, pad = Insets4(12, 14, 12, 14), fill = { Theme.mix(it.accent, it.background, 0.08) }) {
    private val title = FlowText("", { it.text }, { it.bold })
    private val text = FlowText("", { it.text }, { it.font })
    private val code = Caption("", { it.text }, { t -> t.mono.deriveFont(java.awt.Font.BOLD, t.font.size2D * 1.6f) })
    private val copy = button("settings.login.copy", "settings.login.copy") { copyCode() }
    private val open = button("settings.login.open", "settings.login.open", primary = true) {
        (settings.providers.login.value as? LoginState.Waiting)?.let { host.browse(it.login.url) }
    }
    private val cancel = button("settings.login.cancel", "settings.login.cancel") { settings.providers.cancelLogin() }
    private val entry = textField("settings.login.code")
    private val field = Field("settings.login.code", entry)
    private val send =
        button("settings.login.send", "settings.login.send", primary = true) { settings.providers.code(entry.text) }
    private val link = note()

    init {
        name = "settings.login"
        add(title)
        add(text)
        add(Line().apply { add(code) })
        add(link)
        add(field)
        add(Buttons(send, open, copy, cancel))
        entry.addActionListener { settings.providers.code(entry.text) }
        isVisible = false
    }

    fun show(state: LoginState?) {
        isVisible = state != null
        state ?: return
        val waiting = state as? LoginState.Waiting
        title.set(Strings("settings.login.title", state.provider.name))
        text.set(
            when (state) {
                is LoginState.Starting -> Strings["settings.login.starting"]
                is LoginState.Waiting -> "${state.login.instructions}\n${Strings["settings.login.waiting"]}"
                is LoginState.Failed -> state.message
            },
        )
        code.text = waiting?.code.orEmpty()
        code.isVisible = waiting?.code != null
        copy.isVisible = waiting?.code != null
        link.say(waiting?.login?.url)
        open.isVisible = waiting != null
        field.isVisible = waiting?.login?.needsCode == true
        send.isVisible = field.isVisible
        cancel.text = Strings[if (state is LoginState.Failed) "settings.login.close" else "settings.login.cancel"]
        getAccessibleContext().accessibleName = "${title.plain} ${text.plain}"
        revalidate()
    }

    private fun copyCode() {
        val waiting = settings.providers.login.value as? LoginState.Waiting ?: return
        Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(waiting.code.orEmpty()), null)
    }
}

/** An OpenAI-compatible endpoint of one's own: tested first, then added with the models that are chosen. */
private class CustomForm(private val settings: SettingsModel, scope: CoroutineScope, private val settle: () -> Unit) :
    Card(gap = 7, pad = Insets4(10, 14, 12, 14)) {
    private val model = settings.providers
    private val title = textField("settings.custom.name", Strings["settings.custom.name.hint"])
    private val url = textField("settings.custom.url", "http://127.0.0.1:8080/v1")
    private val key = JPasswordField().apply { name = "settings.custom.key" }
    private val test = button("settings.custom.test", "settings.custom.test") { model.test(url.text, key.password) }
    private val add = button("settings.custom.add", "settings.custom.add", primary = true) { save() }
    private val result = FlowText("", { ink(it) }, { it.small })
    private var ink: (Theme) -> java.awt.Color = { it.muted }
    private val models = DefaultListModel<FoundModel>()
    private val list = JList(models)
    private val pane = JScrollPane(list)
    private val pick = Field("settings.custom.models", list)

    init {
        add(note(Strings["settings.custom.hint"]))
        add(Field("settings.custom.name", title))
        add(Field("settings.custom.url", url))
        add(Field("settings.custom.key", key).apply { remark(Strings["settings.custom.key.hint"]) })
        add(result)
        pick.remove(list)
        pick.add(pane, 1)
        list.name = "settings.custom.models"
        list.visibleRowCount = 6
        list.cellRenderer = TextCell<FoundModel> { model ->
            model.name + model.context?.let { "  (${it / 1000}k)" }.orEmpty()
        }
        add(pick)
        add(Buttons(test, add))
        url.addActionListener { model.test(url.text, key.password) }
        result.isVisible = false
        pick.isVisible = false
        add.isVisible = false
        scope.launch { model.probe.collect { refresh() } }
    }

    private fun refresh() {
        val state = model.probe.value
        val probe = state.result
        test.isEnabled = !state.running
        ink = if (probe?.ok == false) { t -> t.red } else { t -> t.green }
        result.say(
            when {
                state.running -> Strings["settings.custom.testing"]

                probe == null -> null

                probe.ok && probe.models.isNotEmpty() -> Strings(
                    "settings.custom.found",
                    probe.models.size.toString(),
                    probe.millis.toString(),
                )

                else -> probe.message
            },
        )
        models.clear()
        probe?.models?.forEach(models::addElement)
        if (models.size() > 0) list.setSelectionInterval(0, minOf(models.size(), PRESELECTED) - 1)
        pick.isVisible = models.size() > 0
        add.isVisible = pick.isVisible
        settle()
    }

    private fun save() {
        model.addCustom(title.text.ifBlank { hostOf(url.text) }, url.text, key.password, list.selectedValuesList) {
            title.text = ""
            url.text = ""
            key.text = ""
        }
    }

    private fun hostOf(text: String): String = text.substringAfter("://").substringBefore('/').substringBefore(':')

    private companion object {
        const val PRESELECTED = 20
    }
}
