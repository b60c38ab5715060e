package dev.kilo.shared.session

import dev.kilo.shared.model.ModelRef
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** Where a part stands in the prompt's text: [value] from [start] to [end] (exclusive, UTF-16 units). */
@Serializable
public data class SourceText(val value: String, val start: Int, val end: Int)

/** Lines from 0, as language servers count; [end] belongs to it. */
@Serializable
public data class LineRange(val start: Int, val startColumn: Int, val end: Int, val endColumn: Int)

/** What a prompt carries beside its text. Paths are relative to the workspace's directory, or absolute. */
@Serializable
public sealed interface PromptPart {
    public val source: SourceText?

    /** A file or a directory, or the lines [from]..[to] (from 1, both included) of a file. The agent reads it when it is sent. */
    @Serializable
    @SerialName("file")
    public data class File(
        val path: String,
        val directory: Boolean = false,
        val from: Int? = null,
        val to: Int? = null,
        override val source: SourceText? = null,
    ) : PromptPart

    /** A place in the code that has a name; [kind] as in the language server protocol. */
    @Serializable
    @SerialName("symbol")
    public data class Symbol(
        val path: String,
        val name: String,
        val kind: Int,
        val range: LineRange,
        override val source: SourceText? = null,
    ) : PromptPart

    /** A sub-agent that the work is meant for. */
    @Serializable
    @SerialName("agent")
    public data class Agent(val name: String, override val source: SourceText? = null) : PromptPart

    /** Content that comes with the prompt: a picture, a document or a text. [url] is a `data:` address. */
    @Serializable
    @SerialName("attachment")
    public data class Attachment(
        val mime: String,
        val filename: String,
        val url: String,
        override val source: SourceText? = null,
    ) : PromptPart

    /** Something that an MCP server offers to read. The agent asks the server for it when the prompt is sent. */
    @Serializable
    @SerialName("resource")
    public data class Resource(
        val server: String,
        val uri: String,
        val name: String,
        override val source: SourceText? = null,
    ) : PromptPart

    /** What has changed in the working copy, as it is when the prompt is sent. */
    @Serializable
    @SerialName("changes")
    public data class Changes(override val source: SourceText? = null) : PromptPart
}

/**
 * A prompt to send. [messageId] is made by the client (prefix `msg_`) and makes sending it again harmless:
 * the same id is recognised however often it arrives. With [command] the named slash command runs and [text] is its argument.
 */
@Serializable
public data class Prompt(
    val messageId: String,
    val text: String,
    val agent: String? = null,
    val model: ModelRef? = null,
    /** Effort of the model: one of its variants, null for its own default. */
    val variant: String? = null,
    val parts: List<PromptPart> = emptyList(),
    val command: String? = null,
)

/** A prompt that waits until its session has nothing else to do. */
@Serializable
public data class WaitingPrompt(val id: String, val created: Long, val prompt: Prompt)
