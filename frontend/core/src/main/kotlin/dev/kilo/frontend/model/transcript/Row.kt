package dev.kilo.frontend.model.transcript

import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.Tokens

/** Text that grows. Appending costs what is appended; [revision] tells whether something changed. */
public class TextBuffer internal constructor(text: String) {
    private val builder = StringBuilder(text)
    public var revision: Int = 0
        private set
    public val text: String get() = builder.toString()
    public val length: Int get() = builder.length

    /** What was added behind [from]; cheap for printing a stream. */
    public fun since(from: Int): String = builder.substring(from.coerceAtMost(builder.length))

    internal val blank: Boolean get() = builder.isBlank()

    internal fun append(delta: String) {
        builder.append(delta)
        revision++
    }

    internal fun set(text: String) {
        if (builder.contentEquals(text)) return
        builder.setLength(0)
        builder.append(text)
        revision++
    }
}

/** What one row of the transcript shows. Values are immutable; the text of streaming rows lives in a [TextBuffer]. */
public sealed interface RowBody {
    /** [files] are the names of what came with it, [images] those of them that can be shown. */
    public data class Prompt(
        val text: String,
        val files: List<String>,
        val state: Delivery,
        val created: Long,
        val images: List<Part.File> = emptyList(),
    ) : RowBody

    public data class Answer(val buffer: TextBuffer, val ended: Boolean) : RowBody

    public data class Thought(val buffer: TextBuffer, val started: Long, val ended: Long?) : RowBody

    /** A tool call with a card of its own; [waiting] for a decision of the user. */
    public data class Call(val part: Part.Tool, val waiting: Boolean) : RowBody

    /** A run of calls that only look at things. */
    public data class Explore(val parts: List<Part.Tool>) : RowBody

    /** What was said before was condensed. [buffer] is the summary with which the model goes on, null until it comes. */
    public data class Condensed(val buffer: TextBuffer?, val ended: Boolean) : RowBody

    /** The turn went wrong, or the user stopped it. */
    public data class Failure(val error: MessageError) : RowBody {
        private val aborted get() = error.name == "MessageAbortedError"

        /** By the user. */
        val stopped: Boolean get() = aborted && !lost

        /** The process that ran the turn ended before it; it says so in its message. */
        val lost: Boolean get() = aborted && error.message !in STOPPED

        private companion object {
            val STOPPED = setOf("", "Aborted")
        }
    }

    /** What the turn of the prompt [messageId] changed in the files. */
    public data class Changes(val messageId: String, val files: List<ChangedFile>) : RowBody

    /** End of a turn. */
    public data class Footer(
        val agent: String,
        val model: String,
        val millis: Long,
        val tokens: Tokens,
        val cost: Double,
    ) : RowBody {
        val total: Long get() = tokens.run { input + output + reasoning + cacheRead + cacheWrite }
    }
}

/** How far a prompt got. */
public sealed interface Delivery {
    public data object Sent : Delivery

    public data object Sending : Delivery

    /** It did not arrive, or nobody knows; sending it again is harmless. */
    public data class Failed(val message: String) : Delivery
}

/** A row of the transcript. The object stays the same as long as its [key] is shown; [version] rises with every change. */
public class Row internal constructor(
    public val key: String,
    body: RowBody,
    /** Id of its turn's prompt. */
    public val turn: String,
) {
    public var body: RowBody = body
        internal set
    public var version: Int = 0
        internal set

    /** Place in [Transcript.rows]. */
    public var index: Int = -1
        internal set
    internal var revision = 0
}

/** Hears of changes of the rows, once for each batch of events. */
public interface TranscriptListener {
    /** At [index] the rows [removed] went and [added] came. */
    public fun spliced(index: Int, removed: List<Row>, added: List<Row>)

    public fun changed(rows: Collection<Row>)
}
