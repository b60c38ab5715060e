package dev.kilo.frontend.model.transcript

import dev.kilo.shared.transcript.TextHits
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * Looks for words in the whole session, also in what the window has not loaded: the server searches. Lives on the UI
 * dispatcher; of searches that overtake each other only the newest counts.
 */
public class Finder internal constructor(
    private val scope: () -> CoroutineScope,
    private val ask: suspend (String) -> TextHits?,
) {
    /** The [nth] place (from 0) where the words stand in a part. */
    public data class Place(val messageId: String, val partId: String, val nth: Int)

    /** [at] is the index of the place that is shown, -1 when there is none. */
    public data class State(
        val query: String = "",
        val places: List<Place> = emptyList(),
        val at: Int = -1,
        val searching: Boolean = false,
        val complete: Boolean = true,
    ) {
        public val place: Place? get() = places.getOrNull(at)
    }

    private val states = MutableStateFlow(State())
    private var job: Job? = null

    public val state: StateFlow<State> = states.asStateFlow()

    /** Begins a search a moment after the last change of [query]; the newest place is shown first. */
    public fun search(query: String) {
        val words = query.trim()
        if (words == states.value.query) return
        job?.cancel()
        if (words.isEmpty()) {
            states.value = State()
            return
        }
        states.value = State(words, searching = true)
        job = scope().launch {
            delay(PAUSE)
            val found = ask(words)
            val places = found?.hits.orEmpty().flatMap { hit ->
                List(hit.count.coerceIn(1, MOST)) { Place(hit.messageId, hit.partId, it) }
            }
            states.value = State(words, places, places.lastIndex, searching = false, found?.complete ?: true)
        }
    }

    public fun next(): Unit = step(1)

    public fun previous(): Unit = step(-1)

    /** Nothing is looked for any more. */
    public fun clear() {
        job?.cancel()
        states.value = State()
    }

    private fun step(by: Int) {
        val now = states.value
        if (now.places.isEmpty()) return
        states.value = now.copy(at = Math.floorMod(now.at + by, now.places.size))
    }

    private companion object {
        const val PAUSE = 150L
        const val MOST = 1000
    }
}
