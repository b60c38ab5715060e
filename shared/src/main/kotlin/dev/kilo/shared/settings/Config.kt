package dev.kilo.shared.settings

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** Whose settings: the user's own on the machine of the agent, or those that stand in the project. */
@Serializable
public enum class Scope { GLOBAL, PROJECT }

/** The file that a change of one scope would go to. [revision] changes with its content. */
@Serializable
public data class ConfigFile(
    val scope: Scope,
    val path: String,
    val revision: String,
    val exists: Boolean,
    val writable: Boolean,
)

/** Where a setting in force comes from. [editable] is false when a stronger source wins over both files; [reason] says so. */
@Serializable
public data class Origin(val layer: Layer, val editable: Boolean = true, val reason: String? = null) {
    @Serializable
    public enum class Layer { DEFAULT, GLOBAL, PROJECT, SYSTEM }
}

/** One file or place that settings are read from, weakest first. */
@Serializable
public data class ConfigSource(val label: String, val place: String, val path: String? = null)

/** Something in a file that is not understood. [path] is the file, [key] the setting where one is named. */
@Serializable
public data class ConfigProblem(val path: String, val message: String, val key: String? = null)

/**
 * The configuration of one directory. Values that may be secrets are never in it: they read [HIDDEN].
 * [origins] has an entry for each setting (`model`, `agent.code`, `mcp.name`, ...).
 */
@Serializable
public data class ConfigView(
    val effective: JsonObject,
    val global: JsonObject,
    val project: JsonObject,
    val origins: Map<String, Origin>,
    val globalFile: ConfigFile,
    val projectFile: ConfigFile,
    val sources: List<ConfigSource> = emptyList(),
    val problems: List<ConfigProblem> = emptyList(),
) {
    public fun own(scope: Scope): JsonObject = if (scope == Scope.GLOBAL) global else project

    public fun file(scope: Scope): ConfigFile = if (scope == Scope.GLOBAL) globalFile else projectFile

    public companion object {
        /** Stands where a value is kept from windows. Writing it back changes nothing. */
        public const val HIDDEN: String = "••••••"
    }
}

/** A change of one file. [set] is laid over it, paths of [replace] as a whole; [unset] goes. */
@Serializable
public data class ConfigChange(
    val scope: Scope,
    val set: JsonObject = JsonObject(emptyMap()),
    val unset: List<List<String>> = emptyList(),
    val replace: List<List<String>> = emptyList(),
    /** The file as the user saw it; nothing is written when it is another by now. */
    val path: String,
    val revision: String,
)

@Serializable
public sealed interface ConfigResult {
    public val view: ConfigView

    @Serializable
    @SerialName("written")
    public data class Written(override val view: ConfigView) : ConfigResult

    /** Somebody else changed the file meanwhile; nothing was written. [view] is how it is now. */
    @Serializable
    @SerialName("conflict")
    public data class Conflict(override val view: ConfigView, val message: String) : ConfigResult
}

/** A rule about what the agent may do. Of several that match, the last counts. */
@Serializable
public data class Rule(val permission: String, val pattern: String, val action: Action) {
    @Serializable
    public enum class Action { ALLOW, ASK, DENY }
}

/** An agent, command or skill with the file that describes it, if there is one. */
@Serializable
public data class LibraryItem(
    val kind: Kind,
    val name: String,
    val description: String? = null,
    /** Null: built in, or from the configuration. */
    val path: String? = null,
    val scope: Scope? = null,
    val builtin: Boolean = false,
    /** False when it came with the repository: what it wants to run asks first. */
    val trusted: Boolean = true,
    /** Text of the file; what the item says where there is no file. */
    val content: String? = null,
    val mode: String? = null,
    val model: String? = null,
    /** Of an agent's file: what stands before the prompt. */
    val settings: JsonObject? = null,
) {
    @Serializable
    public enum class Kind { AGENT, COMMAND, SKILL }
}

/** An agent as its form has it. */
@Serializable
public data class AgentDraft(
    val name: String,
    val scope: Scope,
    val description: String = "",
    /** `primary`, `subagent` or `all`. */
    val mode: String = "primary",
    val model: String? = null,
    val prompt: String = "",
    /** Null leaves what is in the configuration; a map is one rule a line, in order. */
    val permission: JsonElement? = null,
    val temperature: Double? = null,
)

/** What was used. [cost] in US dollars. */
@Serializable
public data class UsageSum(
    val steps: Long = 0,
    val cost: Double = 0.0,
    val input: Long = 0,
    val output: Long = 0,
    val reasoning: Long = 0,
    val cacheRead: Long = 0,
    val cacheWrite: Long = 0,
)

/** One line of a usage table: a day (`2026-11-21`), a model (`provider/model`), or a session by its title. */
@Serializable
public data class UsageLine(val name: String, val sum: UsageSum, val sessionId: String? = null)

@Serializable
public data class Usage(
    val totals: UsageSum = UsageSum(),
    val days: List<UsageLine> = emptyList(),
    val models: List<UsageLine> = emptyList(),
    val sessions: List<UsageLine> = emptyList(),
    val complete: Boolean = true,
)

/** Settings of the agent as its configuration files and its database hold them. */
public interface SettingsService {
    public suspend fun config(directory: String): ConfigView

    /** Writes one file. A file that has changed since it was seen is a [ConfigResult.Conflict], not an error. */
    public suspend fun write(directory: String, change: ConfigChange): ConfigResult

    /** What was allowed or denied for good in this project, the newest last. */
    public suspend fun savedRules(directory: String): List<Rule>

    public suspend fun forgetRule(directory: String, permission: String, pattern: String)

    public suspend fun library(directory: String): List<LibraryItem>

    /** Writes an agent's file; answers its path. */
    public suspend fun saveAgent(directory: String, draft: AgentDraft): String

    /** Writes the file of a command or skill; answers its path. */
    public suspend fun saveText(
        directory: String,
        kind: LibraryItem.Kind,
        name: String,
        scope: Scope,
        content: String,
    ): String

    public suspend fun remove(directory: String, item: LibraryItem)

    /** The last [days] days, of the directory or of everything. */
    public suspend fun usage(directory: String, days: Int, everywhere: Boolean): Usage
}
