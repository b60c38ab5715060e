package dev.kilo.frontend.model.composer

import dev.kilo.shared.model.ModelRef
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.MapSerializer
import kotlinx.serialization.builtins.serializer
import kotlinx.serialization.json.Json

private val json = Json { ignoreUnknownKeys = true }

/** A value that is read once and written a moment after it changed, so that typing costs no disk. */
internal class Kept<T>(
    private val store: ViewStore,
    private val name: String,
    private val type: KSerializer<T>,
    private val scope: CoroutineScope,
    empty: T,
    loaded: (stored: T, now: T) -> T,
) {
    var value: T = empty
        private set
    private var writing: Job? = null
    val ready: Job = scope.launch {
        val text = store.read(name) ?: return@launch
        val stored = try {
            json.decodeFromString(type, text)
        } catch (_: SerializationException) {
            return@launch
        } catch (_: IllegalArgumentException) {
            return@launch
        }
        value = loaded(stored, value)
    }

    fun set(next: T) {
        if (next == value) return
        value = next
        if (writing?.isActive == true) return
        writing = scope.launch {
            delay(PAUSE)
            ready.join()
            store.write(name, json.encodeToString(type, value))
        }
    }

    private companion object {
        const val PAUSE = 300L
    }
}

/** Prompts of one directory, newest first. */
public class PromptHistory internal constructor(store: ViewStore, name: String, scope: CoroutineScope) {
    private val kept = Kept(store, name, ListSerializer(String.serializer()), scope, emptyList()) { stored, now ->
        (now + stored).distinct().take(MOST)
    }

    public val entries: List<String> get() = kept.value

    internal fun add(text: String) {
        if (text.isBlank() || text.length > LONGEST) return
        kept.set((listOf(text) + kept.value.filter { it != text }).take(MOST))
    }

    private companion object {
        const val MOST = 100
        const val LONGEST = 10_000
    }
}

/** What was written and not sent, by session; a new session's is under the empty id. */
internal class Drafts(store: ViewStore, name: String, scope: CoroutineScope, loaded: (Drafts) -> Unit) {
    private val kept = Kept(
        store,
        name,
        MapSerializer(String.serializer(), DraftData.serializer()),
        scope,
        emptyMap(),
    ) { stored, now -> stored + now }

    init {
        scope.launch {
            kept.ready.join()
            loaded(this@Drafts)
        }
    }

    operator fun get(session: String): DraftData? = kept.value[session]

    operator fun set(session: String, data: DraftData?) {
        if (data == null) {
            if (session in kept.value) kept.set(kept.value - session)
            return
        }
        val all = (kept.value - session) + (session to data)
        var size = 0
        // The newest that fit; a picture too large to keep is left out before a text is.
        kept.set(
            all.entries.sortedByDescending { it.value.at }.take(MOST).associate { (id, draft) ->
                size += draft.parts.sumOf { part ->
                    (part as? dev.kilo.shared.session.PromptPart.Attachment)?.url?.length ?: 0
                }
                id to if (size > MOST_BYTES) draft.copy(parts = emptyList()) else draft
            },
        )
    }

    private companion object {
        const val MOST = 50
        const val MOST_BYTES = 8_000_000
    }
}

/** Which key sends. The other inserts a line. */
public enum class SendKey { ENTER, CTRL_ENTER }

/** Mode, model and effort that were used last in a directory. */
@Serializable
public data class LastChoice(val agent: String? = null, val model: ModelRef? = null, val variant: String? = null)

/** What the user has set for all composers, and what pickers show first. */
@Serializable
public data class ComposerPreferences(
    val sendKey: SendKey = SendKey.ENTER,
    val favourites: List<ModelRef> = emptyList(),
    val recents: List<ModelRef> = emptyList(),
    val last: Map<String, LastChoice> = emptyMap(),
    /** Paths that were mentioned lately, by directory. */
    val mentioned: Map<String, List<String>> = emptyMap(),
)

/** Settings of the composer, for its views and the settings page. They are the window's, not the agent's. */
public class ComposerSettings internal constructor(store: ViewStore, scope: CoroutineScope) {
    private val state = MutableStateFlow(ComposerPreferences())
    private val kept =
        Kept(store, "composer", ComposerPreferences.serializer(), scope, ComposerPreferences()) { stored, now ->
            if (now == ComposerPreferences()) stored else now
        }

    public val preferences: StateFlow<ComposerPreferences> = state.asStateFlow()

    init {
        scope.launch {
            kept.ready.join()
            state.value = kept.value
        }
    }

    public fun sendWith(key: SendKey): Unit = change { it.copy(sendKey = key) }

    public fun favourite(model: ModelRef, on: Boolean): Unit = change {
        it.copy(favourites = if (on) (it.favourites - model) + model else it.favourites - model)
    }

    internal fun used(directory: String, choice: LastChoice, paths: List<String>): Unit = change { now ->
        val before = now.mentioned[directory].orEmpty()
        val mentioned = (paths + before).distinct().take(MENTIONED)
        now.copy(
            recents = (listOfNotNull(choice.model) + now.recents).distinct().take(RECENTS),
            last = bounded(now.last - directory + (directory to choice)),
            mentioned = if (mentioned.isEmpty()) {
                now.mentioned
            } else {
                bounded(now.mentioned - directory + (directory to mentioned))
            },
        )
    }

    private fun <T> bounded(all: Map<String, T>): Map<String, T> =
        all.entries.toList().takeLast(DIRECTORIES).associate { it.toPair() }

    private fun change(by: (ComposerPreferences) -> ComposerPreferences) {
        state.value = by(state.value)
        kept.set(state.value)
    }

    private companion object {
        const val RECENTS = 5
        const val MENTIONED = 30
        const val DIRECTORIES = 30
    }
}
