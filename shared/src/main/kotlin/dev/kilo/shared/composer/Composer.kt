package dev.kilo.shared.composer

import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.LineRange
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.WaitingPrompt
import kotlinx.serialization.Serializable

/** A path that a mention may name, relative to the directory. */
@Serializable
public data class FoundPath(val path: String, val directory: Boolean)

/** A symbol that a mention may name; [kind] as in the language server protocol. */
@Serializable
public data class FoundSymbol(val name: String, val kind: Int, val path: String, val range: LineRange)

/** What the agent's host found for a mention, best first. */
@Serializable
public data class Found(val paths: List<FoundPath>, val symbols: List<FoundSymbol>)

/** A slash command of the CLI: the user's, the project's, a skill's or an MCP server's. */
@Serializable
public data class SlashCommand(
    val name: String,
    val description: String? = null,
    /** `command`, `skill` or `mcp`. */
    val source: String = "command",
    /** What it takes, such as `$1` or `$ARGUMENTS`; empty when it takes nothing. */
    val arguments: List<String> = emptyList(),
    /** The mode that it runs in, when it names one. */
    val agent: String? = null,
    /** It came with the project: its own shell commands are asked about. */
    val foreign: Boolean = false,
)

/** A sub-agent that a prompt can mention. */
@Serializable
public data class Mentionable(val name: String, val description: String? = null)

/** What the next request of a session carries, in tokens, by kind. The kinds are estimates, [used] is counted where it can be. */
@Serializable
public data class ContextShares(
    val used: Long,
    /** What the model takes, null when it does not say. */
    val limit: Long? = null,
    /** How much of that is kept free for the answer. */
    val reserved: Long? = null,
    val system: Long = 0,
    val tools: Long = 0,
    /** What the session was condensed to. */
    val summary: Long = 0,
    val prompts: Long = 0,
    /** What the model said and thought, and its calls. */
    val answers: Long = 0,
    /** What tools gave back. */
    val outputs: Long = 0,
    /** What came with prompts. */
    val files: Long = 0,
)

/** What the composer needs of the agent's host beside sending prompts. */
public interface ComposerService {
    /** Files and folders for [query], and symbols of the language servers that run. Answers within two seconds with what there is. */
    public suspend fun find(directory: String, query: String, limit: Int = 30): Found

    public suspend fun agents(directory: String): List<Mentionable>

    public suspend fun commands(directory: String): List<SlashCommand>

    /** [text] written anew by the small model. Cancelling stops the model. */
    public suspend fun enhance(directory: String, text: String): String

    /** What fills the context of the session's next request; null where the CLI can't tell. */
    public suspend fun context(directory: String, sessionId: String, agent: String?, model: ModelRef?): ContextShares?

    /** Starts condensing the session; what comes of it are events. */
    public suspend fun compact(directory: String, sessionId: String, model: ModelRef)

    /** Prompts that wait for the session, next one first. */
    public suspend fun waiting(directory: String, sessionId: String): List<WaitingPrompt>

    /** Lets a prompt wait for the end of the turn; sent at once when none runs. */
    public suspend fun wait(directory: String, sessionId: String, prompt: Prompt): WaitingPrompt

    /** Another prompt at the place of the waiting one. `NOT_FOUND` when it does not wait any more. */
    public suspend fun change(directory: String, sessionId: String, id: String, prompt: Prompt): WaitingPrompt

    /** Puts waiting prompts into the order of [ids]. */
    public suspend fun order(directory: String, sessionId: String, ids: List<String>)

    /** Takes a waiting prompt away; false when it does not wait any more. */
    public suspend fun remove(directory: String, sessionId: String, id: String): Boolean

    /** Sends a waiting prompt now; a running turn takes it in with its next step. False when it does not wait any more. */
    public suspend fun sendNow(directory: String, sessionId: String, id: String): Boolean
}
