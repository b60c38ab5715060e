package dev.kilo.shared.message

import dev.kilo.shared.change.ChangedFile
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObject

/** Token counts; `input` excludes cache reads, `output` excludes reasoning. */
@Serializable
public data class Tokens(
    val input: Long = 0,
    val output: Long = 0,
    val reasoning: Long = 0,
    val cacheRead: Long = 0,
    val cacheWrite: Long = 0,
)

/** What went wrong in a turn. [name] is the wire's error name, e.g. `APIError` or `MessageAbortedError`. */
@Serializable
public data class MessageError(
    val name: String,
    val message: String,
    val statusCode: Int? = null,
    val retryable: Boolean = false,
)

/** One message of a session, without its parts. Times are epoch milliseconds. */
@Serializable
public sealed interface Message {
    public val id: String
    public val sessionId: String
    public val created: Long
    public val agent: String

    @Serializable
    @SerialName("user")
    public data class User(
        override val id: String,
        override val sessionId: String,
        override val created: Long,
        override val agent: String,
        val providerId: String,
        val modelId: String,
        val variant: String? = null,
        /** What the answers to it changed in the files. */
        val changes: List<ChangedFile> = emptyList(),
    ) : Message

    @Serializable
    @SerialName("assistant")
    public data class Assistant(
        override val id: String,
        override val sessionId: String,
        override val created: Long,
        override val agent: String,
        val parentId: String,
        val providerId: String,
        val modelId: String,
        val completed: Long? = null,
        val error: MessageError? = null,
        val cost: Double = 0.0,
        val tokens: Tokens = Tokens(),
        /** Why the step ended: `stop`, `tool-calls`, `length`, `error`; null while it runs or after an abort. */
        val finish: String? = null,
        /** It condenses what was said before. */
        val summary: Boolean = false,
    ) : Message
}

/** State of a tool call; [Completed] and [Failed] are final. [metadata] is what the tool shows of itself. */
@Serializable
public sealed interface ToolState {
    public val input: JsonObject

    @Serializable
    @SerialName("pending")
    public data class Pending(override val input: JsonObject = JsonObject(emptyMap())) : ToolState

    @Serializable
    @SerialName("running")
    public data class Running(
        override val input: JsonObject,
        val title: String? = null,
        val metadata: JsonObject = JsonObject(emptyMap()),
        val started: Long,
    ) : ToolState

    @Serializable
    @SerialName("completed")
    public data class Completed(
        override val input: JsonObject,
        val title: String,
        val output: String,
        val metadata: JsonObject = JsonObject(emptyMap()),
        val started: Long,
        val ended: Long,
        /** Files that belong to the result, such as an image that was read. */
        val attachments: List<Part.File> = emptyList(),
    ) : ToolState

    @Serializable
    @SerialName("failed")
    public data class Failed(
        override val input: JsonObject,
        val error: String,
        val metadata: JsonObject = JsonObject(emptyMap()),
        val started: Long,
        val ended: Long,
    ) : ToolState
}

/** A piece of a message. Ids ascend, so sorting by [id] gives the order of appearance. */
@Serializable
public sealed interface Part {
    public val id: String
    public val sessionId: String
    public val messageId: String

    @Serializable
    @SerialName("text")
    public data class Text(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val text: String,
        /** Made by the server, not typed by the user. */
        val synthetic: Boolean = false,
        val ended: Long? = null,
    ) : Part

    @Serializable
    @SerialName("reasoning")
    public data class Reasoning(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val text: String,
        val started: Long,
        val ended: Long? = null,
    ) : Part

    @Serializable
    @SerialName("tool")
    public data class Tool(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val callId: String,
        val tool: String,
        val state: ToolState,
    ) : Part

    @Serializable
    @SerialName("file")
    public data class File(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val mime: String,
        val filename: String? = null,
        val url: String,
    ) : Part

    @Serializable
    @SerialName("step-finish")
    public data class StepFinish(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val reason: String,
        val cost: Double,
        val tokens: Tokens,
    ) : Part

    /** A kind that the window has no view for (step starts, patches, kinds of a newer server). */
    @Serializable
    @SerialName("other")
    public data class Other(
        override val id: String,
        override val sessionId: String,
        override val messageId: String,
        val type: String,
    ) : Part
}

@Serializable
public data class MessageWithParts(val info: Message, val parts: List<Part>)

/**
 * A page of a transcript, ascending. [asOf] is the sequence number of the newest workspace event that the page
 * includes: events up to it are to be dropped, later ones applied. [older] asks for the page before, null at the start of
 * the session; [newer] for the page after, null when the newest message is included.
 */
@Serializable
public data class MessagePage(
    val messages: List<MessageWithParts>,
    val epoch: String,
    val asOf: Long,
    val older: String? = null,
    val newer: String? = null,
)
