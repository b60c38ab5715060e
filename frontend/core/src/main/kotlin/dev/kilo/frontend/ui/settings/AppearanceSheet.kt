package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.composer.SendKey
import dev.kilo.frontend.model.settings.Density
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import java.awt.Component

/** Looks and keys of this window only: nothing of it goes to the agent's host. */
internal class AppearanceSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val own = settings.workspace.app
    private val size = note()
    private val smaller = button("settings.appearance.smaller", "settings.appearance.smaller") { zoom(-1) }
    private val density = Options(
        "settings.appearance.density",
        listOf(
            Choice(Density.COMFORTABLE, Strings["settings.appearance.density.comfortable"]),
            Choice(Density.COMPACT, Strings["settings.appearance.density.compact"]),
        ),
    ) { own.appearance.density(it) }
    private val looks = Options(
        "settings.appearance.theme",
        Look.entries.map { Choice(it, Strings["settings.appearance.theme.${it.name.lowercase()}"]) },
    ) {
        host.theme(it)
        refresh()
    }
    private val sending = Options(
        "settings.appearance.sending",
        listOf(
            Choice(SendKey.ENTER, Strings["settings.appearance.sending.enter"]),
            Choice(SendKey.CTRL_ENTER, Strings["settings.appearance.sending.ctrl"]),
        ),
    ) { own.composer.sendWith(it) }

    override val first: Component get() = smaller

    init {
        name = "settings.appearance"
        add(heading("settings.appearance.font"))
        add(size)
        add(
            Buttons(
                smaller,
                button("settings.appearance.larger", "settings.appearance.larger") { zoom(1) },
                button("settings.appearance.normal", "settings.appearance.normal") { zoom(0) },
            ),
        )
        if (host.themes) {
            add(heading("settings.appearance.theme"))
            add(looks)
        } else {
            add(note(Strings["settings.appearance.ide"]))
        }
        add(heading("settings.appearance.density"))
        add(density)
        add(heading("settings.appearance.sending"))
        add(sending)
        on(own.appearance.preferences) {
            density.take(it.density)
            refresh()
        }
        on(own.composer.preferences) { sending.take(it.sendKey) }
    }

    override fun opened() = refresh()

    private fun zoom(step: Int) {
        host.zoom(step)
        refresh()
    }

    private fun refresh() {
        looks.take(Theme.now.look)
        size.say(Strings("settings.appearance.size", Theme.now.font.size.toString()))
        settle()
    }
}
