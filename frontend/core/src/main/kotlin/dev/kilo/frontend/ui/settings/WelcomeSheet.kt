package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.model.settings.Start
import dev.kilo.frontend.model.settings.startWith
import dev.kilo.frontend.model.settings.startsOf
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.PageNames
import dev.kilo.frontend.ui.Pages
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.shared.provider.Provider
import java.awt.Component
import javax.swing.SwingUtilities

/** First start: the ways to a first answer, each one button. Nothing is asked of anybody before one is pressed. */
internal class WelcomeSheet(settings: SettingsModel, host: ViewHost, private val pages: Pages) : Sheet(settings, host) {
    private val starts =
        Rows<Start, StartCard>(gap = 9, key = {
            it.provider.id
        }, make = { StartCard() }, update = { card, it -> card.show(it) })
    private val login = LoginCard(settings, host)
    private val sign = Offer("settings.welcome.login") { signIn() }
    private val key = Offer("settings.welcome.key") { pages.open(PageNames.SETTINGS, "providers") }
    private val looking = note(Strings["settings.welcome.looking"])
    private val said = FlowText("", { it.red }, { it.small })
    private var connected = emptySet<String>()
    private var seen = false

    override val first: Component get() = starts.components.filterIsInstance<StartCard>().firstOrNull()?.go ?: sign.go

    init {
        name = "settings.welcome"
        add(
            FlowText(Strings["settings.welcome.title"], { it.text }, { t ->
                t.font.deriveFont(
                    java.awt.Font.BOLD,
                    t.font.size2D * 1.45f,
                )
            }),
        )
        add(note(Strings["settings.welcome.text"]))
        add(login)
        add(said)
        add(looking)
        add(starts)
        add(sign)
        add(key)
        add(note(Strings["settings.welcome.later"]))
        said.isVisible = false
        on(settings.providers.list) { show(it) }
        on(settings.outcome) { said.say(it?.takeIf { outcome -> outcome.bad }?.text) }
        on(settings.providers.login) {
            login.show(it)
            settle()
        }
    }

    override fun opened() {
        seen = false
        settings.providers.load()
    }

    private fun show(all: List<Provider>?) {
        looking.isVisible = all == null
        all ?: return
        val now = all.filter { it.connected }.map { it.id }.toSet()
        val begun = startsOf(all)
        starts.show(begun)
        sign.isVisible =
            all.any {
                it.id == KILO && it.logins.any { method -> method.browser } && it.source != Provider.Source.STORED
            }
        settle()
        // The focus was asked for before there was anything better than signing in.
        if (!seen) SwingUtilities.invokeLater { if (isShowing) first.requestFocusInWindow() }
        // Who has just connected something wants to begin.
        val fresh = begun.firstOrNull { seen && it.provider.id !in connected && it is Start.Connected }
        connected = now
        seen = true
        fresh?.let(::go)
    }

    private fun go(start: Start) {
        val ref = when (start) {
            is Start.Connected -> start.model
            is Start.Free -> start.model
            is Start.Local -> start.model
            is Start.Offline -> start.model
        }
        settings.startWith(ref) { pages.leave() }
    }

    private fun signIn() {
        val kilo = settings.providers.list.value?.firstOrNull { it.id == KILO } ?: return
        val method = kilo.logins.firstOrNull { it.browser } ?: return
        settings.providers.login(kilo, method, emptyMap(), host::browse)
    }

    private inner class StartCard : Card(gap = 5, pad = Insets4(11, 14, 12, 14)) {
        private val title = FlowText("", { it.text }, { it.bold })
        private val text = FlowText("", { it.muted }, { it.small })
        val go = button("settings.welcome.start", "", primary = true) { start?.let(::go) }
        private var start: Start? = null

        init {
            add(title)
            add(text)
            add(Buttons(go))
        }

        fun show(value: Start) {
            start = value
            val kind = when (value) {
                is Start.Connected -> "connected"
                is Start.Local -> "local"
                is Start.Free -> "free"
                is Start.Offline -> "offline"
            }
            title.set(Strings("settings.welcome.$kind", value.provider.name))
            text.set(Strings("settings.welcome.$kind.text", value.provider.name, value.provider.suggested.orEmpty()))
            go.text = Strings[if (value is Start.Offline) "settings.welcome.try" else "settings.welcome.start"]
            go.name = "settings.welcome.start.${value.provider.id}"
            go.getAccessibleContext().accessibleName = "${go.text}: ${title.plain}"
            go.getAccessibleContext().accessibleDescription = text.plain
        }
    }

    /** A way that needs something of the user first. */
    private class Offer(key: String, action: () -> Unit) :
        Card(gap = 5, pad = Insets4(11, 14, 12, 14), fill = { it.background }) {
        val go = button("$key.go", key, primary = false, action = action)

        init {
            add(FlowText(Strings[key], { it.text }, { it.bold }))
            add(FlowText(Strings["$key.text"], { it.muted }, { it.small }))
            add(Buttons(go))
        }
    }

    private companion object {
        const val KILO = "kilo"
    }
}
