package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.model.settings.text
import dev.kilo.frontend.ui.Choosable
import dev.kilo.frontend.ui.Picker
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.ViewHost
import kotlinx.coroutines.flow.merge
import java.awt.Component

/** Which model answers where nobody has chosen one: at all, for small work, in each mode. */
internal class ModelsSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val default = ModelChoice("settings.models.default", "settings.models.default.hint", listOf("model"))
    private val small = ModelChoice("settings.models.small", "settings.models.small.hint", listOf("small_model"))
    private val sub = ModelChoice("settings.models.sub", "settings.models.sub.hint", listOf("subagent_model"))
    private val modes = Rows<Pair<String, String>, ModelChoice>(
        gap = 8,
        key = { it.first },
        make = { (name, title) -> ModelChoice("settings.models.mode", null, listOf("agent", name, "model"), title) },
        update = { row, _ -> row.refresh() },
    )

    override val first: Component get() = default.button

    init {
        name = "settings.models"
        add(default)
        add(small)
        add(sub)
        add(heading("settings.models.modes"))
        add(note(Strings["settings.models.modes.hint"]))
        add(modes)
        on(merge(settings.config.view, settings.config.scope, settings.workspace.models, settings.workspace.agents)) {
            listOf(default, small, sub).forEach { it.refresh() }
            modes.show(settings.workspace.agents.value.map { it.name to it.displayName })
            settle()
        }
    }

    private inner class ModelChoice(
        key: String,
        private val hint: String?,
        private val path: List<String>,
        title: String = "",
    ) : Stack() {
        val button = Pill("", "$key.${path.last()}".removeSuffix(".model").ifEmpty { key }, false)
        private val field = Field(key, Stack().apply { add(Buttons(button)) }, title)
        private val title = Strings(key, title).replace("&", "")

        init {
            button.name = (listOf("settings.models") + path).joinToString(".")
            add(field)
            button.addActionListener { choose() }
        }

        fun refresh() {
            val own = settings.config.own(*path.toTypedArray()).text
            val effective = settings.config.effective(*path.toTypedArray()).text
            button.text = when {
                own != null -> nameOf(own)
                effective != null -> Strings("settings.models.inherited", nameOf(effective))
                else -> Strings["settings.models.automatic"]
            }
            button.getAccessibleContext().accessibleName = "$title: ${button.text}"
            val origin = settings.config.remark(*path.toTypedArray())?.takeIf { own != null || effective != null }
            field.remark(listOfNotNull(hint?.let { Strings[it] }, origin).joinToString(" ").ifEmpty { null })
            button.isEnabled = settings.config.file?.writable != false
        }

        private fun nameOf(ref: String): String {
            val known = settings.workspace.models.value.models.firstOrNull { it.ref.toString() == ref }
            return known?.let { "${it.name}  ·  ${it.providerName}" } ?: Strings("settings.models.gone", ref)
        }

        private fun choose() {
            val models = settings.workspace.models.value.models.map {
                Choosable<String?>(it.ref.toString(), it.name, "", it.providerName, price(it.inputCost, it.outputCost))
            }
            val none = Choosable<String?>(null, Strings["settings.models.automatic"])
            val own = settings.config.own(*path.toTypedArray()).text
            Picker.show(button, title, listOf(none) + models, own, above = false) {
                settings.config.set(*path.toTypedArray(), value = it)
            }
        }

        private fun price(input: Double, output: Double) = if (input == 0.0 &&
            output == 0.0
        ) {
            Strings["settings.models.free"]
        } else {
            "$%.2f / $%.2f".format(input, output)
        }
    }
}
