package dev.kilo.shared.session

import dev.kilo.shared.change.Revert
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.Tokens
import dev.kilo.shared.model.ModelRef
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** A conversation with the agent in one directory. Times are epoch milliseconds. */
@Serializable
public data class Session(
    val id: String,
    val directory: String,
    val title: String,
    val parentId: String? = null,
    val agent: String? = null,
    val model: ModelRef? = null,
    /** Effort that the model was used with last, null for its own default. */
    val variant: String? = null,
    val created: Long,
    val updated: Long,
    val archived: Long? = null,
    val cost: Double = 0.0,
    val tokens: Tokens = Tokens(),
    val additions: Int = 0,
    val deletions: Int = 0,
    val files: Int = 0,
    /** Set while the session is rolled back: messages from there on are hidden. */
    val revert: Revert? = null,
)

@Serializable
public sealed interface SessionStatus {
    @Serializable
    @SerialName("idle")
    public data object Idle : SessionStatus

    @Serializable
    @SerialName("busy")
    public data object Busy : SessionStatus

    /** The provider refused for now; [next] is the epoch millisecond of the next attempt. */
    @Serializable
    @SerialName("retry")
    public data class Retry(val attempt: Int, val message: String, val next: Long) : SessionStatus
}

@Serializable
public data class Todo(val content: String, val status: String, val priority: String)

/** Words found in a session's messages. [start] and [end] mark them in the [excerpt]. */
@Serializable
public data class SessionMatch(
    val sessionId: String,
    val title: String,
    val messageId: String,
    val partId: String,
    val role: String,
    val type: String,
    val time: Long,
    val excerpt: String,
    val start: Int,
    val end: Int,
)

/** What a search found; there may be more when it is not [complete]. */
@Serializable
public data class SessionMatches(val matches: List<SessionMatch>, val complete: Boolean)

/** Where a page of messages lies. Each takes the id of a message, or what an earlier page named. */
@Serializable
public sealed interface Place {
    public val at: String

    @Serializable
    @SerialName("before")
    public data class Before(override val at: String) : Place

    @Serializable
    @SerialName("after")
    public data class After(override val at: String) : Place

    /** The message is included, in the middle. */
    @Serializable
    @SerialName("around")
    public data class Around(override val at: String) : Place
}

/** Sessions of a directory. Every call answers within seconds; what a turn produces arrives as workspace events. */
public interface SessionService {
    /** Newest first, without children; either those in the archive or the others. [search] looks at titles. */
    public suspend fun list(
        directory: String,
        search: String? = null,
        limit: Int = 100,
        archived: Boolean = false,
    ): List<Session>

    /** Looks for words in the messages of the directory's sessions, or of one, newest first. */
    public suspend fun find(
        directory: String,
        query: String,
        sessionId: String? = null,
        limit: Int = 50,
    ): SessionMatches

    /** Sessions that this one started, such as its sub-agents'. */
    public suspend fun children(directory: String, sessionId: String): List<Session>

    /** Puts it into the archive, or takes it out. */
    public suspend fun archive(directory: String, sessionId: String, archived: Boolean): Session

    /** A copy up to [messageId] (exclusive), or of all that has been written. */
    public suspend fun fork(directory: String, sessionId: String, messageId: String? = null): Session

    /** Also one that [list] leaves out, such as a sub-agent's. Fails with `NOT_FOUND` when there is none. */
    public suspend fun get(directory: String, sessionId: String): Session

    public suspend fun create(directory: String, title: String? = null): Session

    public suspend fun rename(directory: String, sessionId: String, title: String): Session

    public suspend fun delete(directory: String, sessionId: String)

    /** Sessions of the directory that are not idle. */
    public suspend fun statuses(directory: String): Map<String, SessionStatus>

    /** The newest [limit] messages, or those at another [place]. */
    public suspend fun messages(
        directory: String,
        sessionId: String,
        limit: Int = 50,
        place: Place? = null,
    ): MessagePage

    public suspend fun prompt(directory: String, sessionId: String, prompt: Prompt)

    /** Stops the running turn; harmless when there is none. */
    public suspend fun abort(directory: String, sessionId: String)

    public suspend fun todos(directory: String, sessionId: String): List<Todo>
}
