package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.Text
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.guard
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.provider.Provider
import kotlinx.coroutines.flow.first

/** Ways to a first answer, the quickest first. Nothing is sent anywhere before one is chosen. */
internal sealed interface Start {
    val provider: Provider

    /** A model server that answers on the agent's own machine. */
    data class Local(override val provider: Provider, val model: ModelRef) : Start

    /** Models that cost nothing and want no login. */
    data class Free(override val provider: Provider, val model: ModelRef) : Start

    /** Already connected: by a key in the environment, say. */
    data class Connected(override val provider: Provider, val model: ModelRef) : Start

    /** The built-in rules, no AI. */
    data class Offline(override val provider: Provider, val model: ModelRef) : Start
}

private const val OFFLINE = "offline"
private const val KILO = "kilo"
private val LOCAL = setOf("ollama", "lmstudio")

/** The ways that are open now. */
internal fun startsOf(providers: List<Provider>): List<Start> =
    providers.filter { it.connected }.mapNotNull { provider ->
        val model = provider.suggested?.let { ModelRef(provider.id, it) } ?: return@mapNotNull null
        when {
            provider.id == OFFLINE -> Start.Offline(provider, model)

            provider.id in LOCAL -> Start.Local(provider, model)

            provider.id == KILO && provider.source != Provider.Source.STORED && provider.free > 0 -> Start.Free(
                provider,
                model,
            )

            else -> Start.Connected(provider, model)
        }
    }.sortedBy {
        when (it) {
            is Start.Connected -> 0
            is Start.Local -> 1
            is Start.Free -> 2
            is Start.Offline -> 3
        }
    }

/**
 * Whether this looks like a first start: no session here yet, and nothing that could answer but what is built in or
 * wants to be chosen. Waits until that is known.
 */
internal suspend fun WorkspaceModel.newcomer(): Boolean {
    val models = models.first { it.models.isNotEmpty() }.models
    val open = setOf(OFFLINE, KILO) + LOCAL
    if (models.any { it.ref.providerId !in open || (it.ref.providerId == KILO && !it.free) }) return false
    // The list of the window may not be there yet.
    return app.notices.guard(Text.SESSIONS) { app.backend.sessions.list(directory) }?.isEmpty() == true
}

/** Uses [ref] for this session, and from now on where nothing else is chosen. */
internal fun SettingsModel.startWith(ref: ModelRef, done: () -> Unit) {
    run("settings.failed.write") {
        workspace.current.value.pick(model = ref)
        config.choose(dev.kilo.shared.settings.Scope.GLOBAL)
        config.reload()
        config.write(listOf(Edit(listOf("model"), kotlinx.serialization.json.JsonPrimitive(ref.toString()))), done)
    }
}
