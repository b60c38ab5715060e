package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.composer.Kept
import dev.kilo.frontend.model.composer.ViewStore
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.serialization.Serializable

/** How much room is between the parts of the window. */
public enum class Density { COMFORTABLE, COMPACT }

/** How the user wants the chat to look; [zoom] counts steps of a tenth, on top of the font of the program around it. */
@Serializable
public data class AppearancePreferences(val zoom: Int = 0, val density: Density = Density.COMFORTABLE)

/** The looks of all chats of a program, kept in [store]. They are the window's, not the agent's. UI thread only. */
public class AppearanceSettings(store: ViewStore, scope: CoroutineScope) {
    private val state = MutableStateFlow(AppearancePreferences())
    private val kept =
        Kept(store, "appearance", AppearancePreferences.serializer(), scope, AppearancePreferences()) { stored, now ->
            if (now == AppearancePreferences()) stored.copy(zoom = stored.zoom.coerceIn(LEAST, MOST)) else now
        }

    public val preferences: StateFlow<AppearancePreferences> = state.asStateFlow()

    init {
        scope.launch {
            kept.ready.join()
            state.value = kept.value
        }
    }

    /** 1 larger, -1 smaller, 0 as it was. */
    public fun zoom(step: Int): Unit =
        change { it.copy(zoom = if (step == 0) 0 else (it.zoom + step).coerceIn(LEAST, MOST)) }

    public fun density(density: Density): Unit = change { it.copy(density = density) }

    private fun change(by: (AppearancePreferences) -> AppearancePreferences) {
        state.value = by(state.value)
        kept.set(state.value)
    }

    private companion object {
        const val LEAST = -4
        const val MOST = 12
    }
}
