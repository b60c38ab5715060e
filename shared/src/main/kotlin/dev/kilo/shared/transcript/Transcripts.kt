package dev.kilo.shared.transcript

import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.Serializable

/** Words that were found in a part of a message; [count] tells how often they stand in it. */
@Serializable
public data class TextHit(val messageId: String, val partId: String, val excerpt: String, val count: Int)

/** [hits] in the order of the transcript; [complete] is false when there may be more. */
@Serializable
public data class TextHits(val hits: List<TextHit>, val complete: Boolean)

/** What can be done with all of a session's messages, loaded by a window or not, and with what stands in them. */
public interface TranscriptService {
    /** Looks for [query] in the session, upper and lower case alike; the newest hits when there are too many. */
    public suspend fun find(directory: String, sessionId: String, query: String): TextHits

    /** All of the session as one JSON value, which another product of this family can import; in pieces to be joined. */
    public fun export(directory: String, sessionId: String): Flow<String>

    /**
     * Writes [text] to a file of [directory] where the agent runs; [path] is relative to it. False, and nothing is changed,
     * when there is such a file and [replace] doesn't say otherwise. Throws [dev.kilo.shared.app.BackendException]
     * `BAD_REQUEST` when [path] leads out of the directory or can't be a file.
     */
    public suspend fun write(directory: String, path: String, text: String, replace: Boolean = false): Boolean
}
