package dev.kilo.frontend.model

import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionRequest
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.intOrNull

/** What tool calls and decisions say of themselves, in words (contract: types, tool state machine). */
public object ToolText {
    public data class TodoItem(val content: String, val status: String)

    /** What a decision is about. */
    public sealed interface Content {
        public data class Diff(val file: String, val patch: String) : Content

        public data class Terminal(val command: String) : Content

        public data class Plain(val text: String) : Content
    }

    public fun kind(part: Part.Tool): String = when (part.tool) {
        "edit", "write", "bash", "todowrite", "todoread", "read", "list", "glob", "grep", "multiedit", "apply_patch",
        "webfetch", "websearch", "task", "skill", "plan_exit", "lsp", "question",
        -> texts("tool.${part.tool}")

        else -> part.tool
    }

    /** One line: the file, the command, the pattern. */
    public fun title(part: Part.Tool): String {
        val input = part.state.input
        val own = when (val state = part.state) {
            is ToolState.Completed -> state.title
            is ToolState.Running -> state.title
            is ToolState.Failed, is ToolState.Pending -> null
        }
        return when (part.tool) {
            "bash" -> input.string("description")?.takeIf { it.isNotBlank() } ?: input.string("command") ?: own

            "read", "write", "edit", "multiedit" -> own?.takeIf { it.isNotBlank() } ?: input.string("filePath")

            "glob", "grep" -> input.string("pattern")?.let { "\"$it\"" }?.plus(matches(part)) ?: own

            "list" -> own?.takeIf { it.isNotBlank() } ?: input.string("path") ?: "."

            "todowrite" -> {
                val todos = todos(part)
                texts("todo.progress", todos.count { it.status == "completed" }.toString(), todos.size.toString())
            }

            "apply_patch" -> own?.takeIf { it.isNotBlank() } ?: input.string("patchText")?.let(::patched)

            "webfetch" -> input.string("url") ?: own

            "websearch" -> input.string("query")?.let { "\"$it\"" } ?: own

            "task" -> listOfNotNull(input.string("description") ?: own, input.string("subagent_type")?.let { "($it)" })
                .joinToString(" ")

            "skill" -> input.string("name") ?: own

            "plan_exit" -> input.string("plan") ?: own

            "lsp" -> own?.takeIf { it.isNotBlank() } ?: listOfNotNull(
                input.string("operation"),
                input.string("symbol") ?: input.string("query") ?: input.string("filePath"),
            ).joinToString(" ")

            "question" -> asked(input).firstOrNull() ?: own

            else -> own
        }.orEmpty().ifBlank {
            if (part.state is ToolState.Pending) texts("tool.preparing") else part.tool
        }.lineSequence().first()
    }

    private fun matches(part: Part.Tool): String {
        val state = part.state as? ToolState.Completed ?: return ""
        val count = state.metadata.int("matches") ?: state.metadata.int("count") ?: return ""
        return " (${texts("explore.matches", count)})"
    }

    /** "Read 3 files · searched "retry"". */
    public fun summary(parts: List<Part.Tool>): String {
        val running = parts.any { it.state is ToolState.Running || it.state is ToolState.Pending }
        val said = ArrayList<String>()
        val reads = parts.filter { it.tool == "read" }.map(::title).distinct()
        if (reads.size ==
            1
        ) {
            said += texts("explore.read.one", reads[0])
        } else if (reads.isNotEmpty()) {
            said +=
                texts("explore.read", reads.size.toString())
        }
        val searches = parts.filter { it.tool == "grep" }.map(::title).distinct()
        if (searches.isNotEmpty()) {
            said +=
                if (searches.size <=
                    2
                ) {
                    texts("explore.search.one", searches.joinToString(", "))
                } else {
                    texts("explore.search", searches.size.toString())
                }
        }
        val globs = parts.filter { it.tool == "glob" }.map(::title).distinct()
        if (globs.isNotEmpty()) {
            said +=
                if (globs.size <=
                    2
                ) {
                    texts("explore.find.one", globs.joinToString(", "))
                } else {
                    texts("explore.find", globs.size.toString())
                }
        }
        val lists = parts.count { it.tool == "list" }
        if (lists >
            0
        ) {
            said +=
                if (lists ==
                    1
                ) {
                    texts("explore.list.one", title(parts.first { it.tool == "list" }))
                } else {
                    texts("explore.list", lists.toString())
                }
        }
        val text = said.joinToString("  ·  ").replaceFirstChar { it.uppercase() }
        return if (running) "$text …" else text
    }

    /** Added and removed lines of an edit. */
    public fun counts(part: Part.Tool): Pair<Int, Int>? {
        val meta = metadata(part.state)
        val files = (meta["files"] as? JsonArray)?.filterIsInstance<JsonObject>()
        if (part.tool == "apply_patch" && files != null) {
            return files.sumOf { it.int("additions") ?: 0 } to files.sumOf { it.int("deletions") ?: 0 }
        }
        val diff = meta["filediff"] as? JsonObject ?: return null
        return (diff.int("additions") ?: 0) to (diff.int("deletions") ?: 0)
    }

    public fun exit(part: Part.Tool): Int? = metadata(part.state).int("exit")

    internal fun outputLines(part: Part.Tool): Int = output(part).count { it == '\n' }

    private fun output(part: Part.Tool): String {
        val shown = metadata(part.state).string("output")
        return shown ?: (part.state as? ToolState.Completed)?.output ?: ""
    }

    /** Whether an open card would show something. Cheap: asked at every update. */
    internal fun hasBody(part: Part.Tool): Boolean = when (val state = part.state) {
        is ToolState.Pending -> part.tool in CHANGING && state.input.isNotEmpty()
        is ToolState.Running -> part.tool in CHANGING || part.tool in TALKING
        is ToolState.Completed, is ToolState.Failed -> true
    }

    /** Characters that a body is made of, more or less. */
    internal fun weight(part: Part.Tool): Int {
        val state = part.state
        val meta = metadata(state)
        val patch = (meta["filediff"] as? JsonObject)?.string("patch")?.length ?: 0
        return strings(state.input) + strings(meta) + patch + ((state as? ToolState.Completed)?.output?.length ?: 0)
    }

    private fun strings(json: JsonObject): Int =
        json.values.sumOf { if (it is JsonPrimitive) it.content.length else NESTED }

    /** The file that a call is about, with the line where to look, as a link. */
    internal fun file(part: Part.Tool): String? {
        val path = part.state.input.string("filePath") ?: return null
        if (part.tool !in setOf("read", "edit", "write", "multiedit")) return null
        val patch = (metadata(part.state)["filediff"] as? JsonObject)?.string("patch")
        val line = patch?.let { HUNK.find(it)?.groupValues?.get(1) } ?: part.state.input.int("offset")?.toString()
        return if (line == null || line == "0") path else "$path:$line"
    }

    /** The session of the sub-agent that a call started. */
    internal fun child(part: Part.Tool): String? =
        if (part.tool == "task") metadata(part.state).string("sessionId") else null

    /** How far a call of an MCP server is, as the server says it. */
    internal fun progress(part: Part.Tool): String? {
        val told = metadata(part.state)["progress"] as? JsonObject ?: return null
        val message = told.string("message")?.lineSequence()?.first()?.take(PROGRESS)
        val now = (told["progress"] as? JsonPrimitive)?.contentOrNull
        val total = (told["total"] as? JsonPrimitive)?.contentOrNull
        return message ?: now?.let { if (total == null) it else "$it / $total" }
    }

    private fun asked(input: JsonObject): List<String> =
        (input["questions"] as? JsonArray)?.mapNotNull { (it as? JsonObject)?.string("question") }.orEmpty()

    /** The files that a patch which is still to be applied names. */
    private fun patched(patch: String): String = patch.lineSequence().mapNotNull { line ->
        PATCHED.firstOrNull(line::startsWith)?.let { line.removePrefix(it).trim() }
    }.joinToString(", ")

    /** What a decision is about, exactly: the command or the change. */
    public fun content(request: PermissionRequest): Content? {
        val meta = request.metadata
        val diff = meta.string("diff") ?: (meta["filediff"] as? JsonObject)?.string("patch")
        return when {
            diff != null -> Content.Diff(meta.string("filepath") ?: request.patterns.firstOrNull().orEmpty(), diff)

            request.permission == "private_network" ->
                Content.Plain(listOfNotNull(meta.string("url"), addresses(meta).ifEmpty { null }).joinToString("\n"))

            meta.string("command") != null -> Content.Terminal(meta.string("command").orEmpty())

            else -> null
        }
    }

    /** What a decision is about as plain text: the command, or the changed lines. */
    public fun describe(request: PermissionRequest): String = when (val content = content(request)) {
        is Content.Plain -> content.text

        is Content.Terminal -> "$ ${content.command}"

        is Content.Diff -> content.patch.lineSequence().dropWhile {
            !it.startsWith("@@")
        }.filter { it.isNotEmpty() }.joinToString("\n")

        null -> request.patterns.joinToString("\n")
    }

    /** A text argument of a call. */
    public fun string(input: JsonObject, key: String): String? =
        (input[key] as? JsonPrimitive)?.takeIf { it.isString }?.contentOrNull

    /** One sentence that asks for the decision. */
    public fun question(request: PermissionRequest): String {
        val what = request.patterns.joinToString(", ")
        return when (request.permission) {
            "bash" -> texts("permission.bash")

            "edit", "write" -> if (request.patterns.size > 1) {
                texts("permission.edit.many", request.patterns.size.toString(), shortened(request.patterns))
            } else {
                texts(
                    "permission.edit",
                    request.patterns.firstOrNull() ?: request.metadata.string("filepath").orEmpty(),
                )
            }

            "external_directory" -> texts("permission.outside", request.metadata.string("filepath") ?: what)

            "read", "list", "glob", "grep" -> texts("permission.look", request.permission, what)

            "webfetch" -> texts("permission.web", request.metadata.string("url") ?: what)

            "private_network" -> texts("permission.private", what)

            "websearch" -> texts("permission.search", request.metadata.string("query") ?: what)

            "task" -> texts("permission.task", what, request.metadata.string("description").orEmpty())

            "skill" -> {
                val stranger = (request.metadata["trusted"] as? JsonPrimitive)?.booleanOrNull == false
                texts(if (stranger) "permission.skill.project" else "permission.skill", what)
            }

            "lsp" -> texts("permission.lsp", what)

            "doom_loop" -> texts("permission.loop", what)

            else -> texts("permission.other", request.permission, what)
        }
    }

    /** What is asked, in one line: of a permission or of questions. */
    public fun question(decision: Decision): String = when (decision) {
        is Decision.Permission -> question(decision.request)

        is Decision.Question -> {
            val first = decision.request.questions.firstOrNull()?.text.orEmpty()
            val more = decision.request.questions.size - 1
            if (more > 0) texts("question.several", first, more.toString()) else first
        }
    }

    private fun addresses(meta: JsonObject): String {
        val list = (meta["addresses"] as? JsonArray)?.mapNotNull { (it as? JsonPrimitive)?.contentOrNull }.orEmpty()
        return if (list.isEmpty()) "" else texts("permission.addresses", list.joinToString(", "))
    }

    private fun shortened(files: List<String>): String =
        files.take(MOST_FILES).joinToString(", ") + if (files.size > MOST_FILES) ", …" else ""

    internal fun todos(part: Part.Tool): List<TodoItem> {
        val list =
            metadata(part.state)["todos"] as? JsonArray ?: part.state.input["todos"] as? JsonArray ?: return emptyList()
        return list.mapNotNull {
            (it as? JsonObject)?.let { todo ->
                TodoItem(todo.string("content").orEmpty(), todo.string("status").orEmpty())
            }
        }
    }

    private fun metadata(state: ToolState): JsonObject = when (state) {
        is ToolState.Completed -> state.metadata
        is ToolState.Running -> state.metadata
        is ToolState.Failed -> state.metadata
        is ToolState.Pending -> JsonObject(emptyMap())
    }

    @JvmName("text")
    private fun JsonObject.string(key: String): String? = string(this, key)

    private fun JsonObject.int(key: String): Int? = (this[key] as? JsonPrimitive)?.intOrNull

    private val PATCHED = listOf("*** Update File:", "*** Add File:", "*** Delete File:")
    private val CHANGING = setOf("edit", "write", "multiedit", "apply_patch", "todowrite")
    private val TALKING = setOf("bash", "task", "question")
    private val HUNK = Regex("""@@ -\d+(?:,\d+)? \+(\d+)""")
    private const val MOST_FILES = 4
    private const val NESTED = 500
    private const val PROGRESS = 80
}
