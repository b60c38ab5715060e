package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Choosable
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Picker
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.model.Model
import dev.kilo.shared.model.ModelRef
import javax.swing.SwingConstants

/** Mode, model and effort of the next prompt: three buttons that show the choice and open a picker. */
internal class Choosers(private val workspace: WorkspaceModel, private val session: () -> SessionModel) {
    val mode = button("composer.mode") { pickMode() }
    val model = button("composer.model") { pickModel() }
    val effort = button("composer.effort") { pickEffort() }

    private fun button(key: String, action: () -> Unit) = Quiet("", Icons.chevronDown, Strings[key]).apply {
        horizontalTextPosition = SwingConstants.LEADING
        addActionListener { action() }
    }

    fun refresh(tip: (String, String) -> String) {
        val choice = session().choice.value
        val agent = workspace.agents.value.firstOrNull { it.name == choice.agent }
        mode.text = agent?.displayName?.ifBlank { null } ?: choice.agent.orEmpty()
        mode.isVisible = mode.text.isNotEmpty()
        mode.toolTipText = tip(agent?.description ?: Strings["composer.mode"], "composer.mode")
        name(mode, "composer.mode")
        val ref = choice.model
        val known = modelOf(ref)
        model.text = when {
            ref == null -> Strings["composer.nomodel"]
            ref.providerId == "offline" -> Strings["picker.offline"]
            else -> known?.name ?: ref.modelId
        }
        val about = if (ref?.providerId == "offline") Strings["picker.offline.tip"] else ref?.toString().orEmpty()
        model.toolTipText = tip(about, "composer.model")
        name(model, "composer.model")
        effort.isVisible = known?.variants.orEmpty().isNotEmpty()
        effort.text = choice.variant ?: Strings["composer.effort.default"]
        effort.toolTipText = tip(Strings["composer.effort"], "composer.effort")
        name(effort, "composer.effort")
    }

    private fun name(button: Quiet, key: String) {
        button.getAccessibleContext().accessibleName = "${Strings[key]}: ${button.text}"
    }

    private fun modelOf(ref: ModelRef?): Model? = workspace.models.value.models.firstOrNull { it.ref == ref }

    fun pickMode() {
        if (!mode.isShowing) return
        val items = workspace.agents.value.map {
            Choosable(it.name, it.displayName.ifBlank { it.name }, it.description.orEmpty())
        }
        Picker.show(mode, Strings["composer.mode"], items, session().choice.value.agent, above = true) {
            session().pick(agent = it)
        }
    }

    fun pickEffort() {
        if (!effort.isShowing) return
        val variants = modelOf(session().choice.value.model)?.variants ?: return
        val items = listOf(Choosable("", Strings["composer.effort.default"])) + variants.map { Choosable(it, it) }
        Picker.show(
            effort,
            Strings["composer.effort"],
            items,
            session().choice.value.variant.orEmpty(),
            above = true,
        ) { session().pick(variant = it) }
    }

    fun pickModel() {
        if (!model.isShowing) return
        val current = session().choice.value.model
        Picker.show(
            model,
            Strings["composer.model"],
            models(),
            current,
            above = true,
            search = true,
            star = { ref, on ->
                workspace.app.composer.favourite(ref, on)
                models()
            },
        ) { session().pick(model = it) }
    }

    /** Favourites first, then what was used lately, then all by provider. */
    private fun models(): List<Choosable<ModelRef>> {
        val all = workspace.models.value.models.associateBy { it.ref }
        val preferences = workspace.app.composer.preferences.value
        val favourites = preferences.favourites.mapNotNull(all::get)
        val recents = preferences.recents.mapNotNull(all::get).filter {
            it !in favourites
        }.takeIf { all.size > FEW }.orEmpty()
        val first = favourites + recents
        val rest = all.values.filter { it !in first }.sortedBy { it.ref.providerId == OFFLINE }
            .groupBy { it.providerName }.values.flatten()
        return favourites.map { item(it, Strings["picker.favourites"], true) } +
            recents.map { item(it, Strings["picker.recents"], false) } + rest.map { item(it, it.providerName, false) }
    }

    private fun item(m: Model, group: String, favourite: Boolean): Choosable<ModelRef> {
        if (m.ref.providerId == OFFLINE) {
            return Choosable(
                m.ref,
                Strings["picker.offline"],
                m.ref.toString(),
                group,
                starred = favourite,
                note = Strings["picker.offline.tip"],
            )
        }
        val cost = when {
            m.free -> Strings["picker.free"]

            m.inputCost > 0 || m.outputCost > 0 ->
                Strings("picker.cost", Format.money(m.inputCost), Format.money(m.outputCost))

            else -> ""
        }
        val abilities = listOfNotNull(
            Strings["picker.images"].takeIf { m.images },
            Strings["picker.pdf"].takeIf { m.pdf },
            Strings["picker.reasoning"].takeIf { m.reasoning },
        )
        val notes = listOfNotNull(
            m.ref.toString(),
            Strings("picker.reads", abilities.joinToString()).takeIf { abilities.isNotEmpty() },
            Strings("picker.context", Format.count(m.contextLimit)).takeIf { m.contextLimit > 0 },
            Strings("picker.cached", Format.money(m.cacheCost)).takeIf { m.cacheCost > 0 },
            m.status,
        )
        val limit = if (m.contextLimit > 0) Format.count(m.contextLimit) else ""
        return Choosable(
            m.ref,
            m.name,
            cost,
            group,
            limit,
            "${m.ref} ${abilities.joinToString(" ")} ${m.providerName}",
            favourite,
            notes.joinToString(" · "),
        )
    }

    fun nextMode() {
        val names = workspace.agents.value.map { it.name }
        next(names, session().choice.value.agent)?.let { session().pick(agent = it) }
    }

    /** Through favourites, or what was used lately where there are none. */
    fun nextModel() {
        val preferences = workspace.app.composer.preferences.value
        val usable = workspace.models.value.models.mapTo(HashSet()) { it.ref }
        val some = preferences.favourites.filter {
            it in usable
        }.ifEmpty { preferences.recents.filter { it in usable } }
        val all = some.ifEmpty { workspace.models.value.models.map { it.ref } }
        next(all, session().choice.value.model)?.let { session().pick(model = it) }
    }

    fun nextEffort() {
        val variants = modelOf(session().choice.value.model)?.variants?.ifEmpty { null } ?: return
        next(listOf("") + variants, session().choice.value.variant.orEmpty())?.let { session().pick(variant = it) }
    }

    private fun <T> next(all: List<T>, current: T?): T? =
        if (all.isEmpty()) null else all[(all.indexOf(current) + 1) % all.size]

    private companion object {
        const val OFFLINE = "offline"
        const val FEW = 8
    }
}
