package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.texts
import dev.kilo.shared.mcp.McpServer
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** An MCP server as its form has it. [pairs] are environment values of a program, headers of an address: `NAME=value` a line. */
internal data class McpDraft(
    val name: String = "",
    val remote: Boolean = false,
    val command: String = "",
    val url: String = "",
    val pairs: String = "",
    val enabled: Boolean = true,
)

internal class McpModel(private val settings: SettingsModel) {
    private val serverState = MutableStateFlow<List<McpServer>?>(null)
    private var waiting: Job? = null
    private val backend get() = settings.backend.mcp

    val servers: StateFlow<List<McpServer>?> = serverState.asStateFlow()

    fun load() {
        settings.run("settings.failed.mcp") { refresh() }
    }

    private suspend fun refresh() {
        serverState.value = backend.servers(settings.directory)
    }

    fun connect(name: String) = act { backend.connect(settings.directory, name) }

    fun disconnect(name: String) = act { backend.disconnect(settings.directory, name) }

    fun restart(name: String) = act {
        backend.disconnect(settings.directory, name)
        backend.connect(settings.directory, name)
    }

    fun logout(name: String) = act { backend.logout(settings.directory, name) }

    private fun act(block: suspend () -> Unit) {
        settings.run("settings.failed.mcp") {
            block()
            refresh()
        }
    }

    /** Opens the browser and looks now and then whether the login is done, some minutes at most. */
    fun login(name: String, open: (String) -> Unit) {
        waiting?.cancel()
        waiting = settings.run("settings.failed.mcp") {
            val url = backend.login(settings.directory, name)
            if (url.isNotEmpty()) {
                open(url)
                settings.tell(texts("settings.mcp.waiting", name))
                for (attempt in 1..LOOKS) {
                    delay(PAUSE)
                    refresh()
                    if (serverState.value?.firstOrNull { it.name == name }?.state != McpServer.State.NEEDS_LOGIN) break
                }
            }
            refresh()
        }
    }

    fun stopWaiting() {
        waiting?.cancel()
        waiting = null
    }

    /** As it stands in the chosen file; what is hidden stays hidden and is written back as it was. */
    fun draft(name: String): McpDraft? {
        val own = settings.config.own("mcp", name) as? JsonObject ?: return null
        val remote = own["url"] != null
        val pairs = (own[if (remote) "headers" else "environment"] ?: own["env"]) as? JsonObject
        return McpDraft(
            name,
            remote,
            own["command"].strings.joinToString(" ") { quoted(it) },
            own["url"].text.orEmpty(),
            pairs.orEmpty().entries.joinToString("\n") { (key, value) -> "$key=${value.text.orEmpty()}" },
            own["enabled"].text != "false",
        )
    }

    /** What is wrong with [draft]; null when it can be saved. */
    fun problem(draft: McpDraft): String? = when {
        !NAME.matches(draft.name) -> texts("settings.mcp.bad.name")
        draft.remote && !draft.url.matches(Regex("https?://\\S+")) -> texts("settings.mcp.bad.url")
        !draft.remote && words(draft.command).isEmpty() -> texts("settings.mcp.bad.command")
        draft.pairs.lines().any { it.isNotBlank() && '=' !in it } -> texts("settings.mcp.bad.pairs")
        else -> null
    }

    fun save(draft: McpDraft, done: () -> Unit) {
        problem(draft)?.let { return settings.tell(it, bad = true) }
        val known = settings.config.own("mcp", draft.name) as? JsonObject ?: JsonObject(emptyMap())
        settings.config.write(listOf(Edit(listOf("mcp", draft.name), jsonOf(draft, known), whole = true))) {
            load()
            done()
        }
    }

    fun remove(name: String) = settings.config.write(listOf(Edit(listOf("mcp", name), null))) { load() }

    fun enable(name: String, on: Boolean) =
        settings.config.write(listOf(Edit(listOf("mcp", name, "enabled"), JsonPrimitive(on)))) { load() }

    internal companion object {
        const val PAUSE = 1500L
        const val LOOKS = 200
        private val NAME = Regex("[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")

        /** Keys that the form doesn't know stay as they are. */
        fun jsonOf(draft: McpDraft, known: JsonObject): JsonObject {
            val pairs = JsonObject(
                draft.pairs.lines().filter { it.isNotBlank() }.associate {
                    it.substringBefore('=').trim() to JsonPrimitive(it.substringAfter('=').trim())
                },
            )
            val own: Map<String, JsonElement> = if (draft.remote) {
                mapOf("type" to JsonPrimitive("remote"), "url" to JsonPrimitive(draft.url.trim()), "headers" to pairs)
            } else {
                mapOf(
                    "type" to JsonPrimitive("local"),
                    "command" to jsonList(words(draft.command)),
                    "environment" to pairs,
                )
            }
            val rest = known - setOf("type", "url", "headers", "command", "environment", "env", "enabled")
            val switch = if (draft.enabled) emptyMap() else mapOf("enabled" to JsonPrimitive(false))
            return JsonObject(own.filterValues { (it as? JsonObject)?.isEmpty() != true } + rest + switch)
        }

        /** Splits as a shell would: quotes keep words together, a backslash keeps the next character. */
        fun words(line: String): List<String> {
            val out = ArrayList<String>()
            val word = StringBuilder()
            var quote: Char? = null
            var any = false
            var i = 0
            while (i < line.length) {
                val c = line[i++]
                when {
                    c == '\\' && quote != '\'' && i < line.length && line[i] in "\\\"' " -> word.append(line[i++])

                    quote != null -> if (c == quote) quote = null else word.append(c)

                    c == '"' || c == '\'' -> {
                        quote = c
                        any = true
                    }

                    c.isWhitespace() -> {
                        if (word.isNotEmpty() || any) out += word.toString()
                        word.clear()
                        any = false
                    }

                    else -> word.append(c)
                }
            }
            if (word.isNotEmpty() || any) out += word.toString()
            return out
        }

        fun quoted(word: String): String = if (word.isNotEmpty() && word.none { it.isWhitespace() || it in "\"'\\" }) {
            word
        } else {
            "\"" + word.replace("\\", "\\\\").replace("\"", "\\\"") + "\""
        }
    }
}
