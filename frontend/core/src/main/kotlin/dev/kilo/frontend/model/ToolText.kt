package dev.kilo.frontend.model

import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionRequest
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.intOrNull

/** What tool calls and decisions say of themselves, in words (contract: types, tool state machine). */
public object ToolText {
    public data class TodoItem(val content: String, val status: String)

    /** What a call has to show when it is opened. */
    public sealed interface Content {
        public data class Diff(val file: String, val patch: String) : Content

        public data class NewFile(val file: String, val text: String) : Content

        public data class Terminal(val command: String, val output: String) : Content

        public data class Plain(val text: String) : Content

        public data class Problem(val text: String) : Content

        public data class Todos(val todos: List<TodoItem>) : Content
    }

    public fun kind(part: Part.Tool): String = when (part.tool) {
        "edit", "write", "bash", "todowrite", "todoread", "read", "list", "glob", "grep" -> texts("tool.${part.tool}")
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

            "read", "write", "edit" -> own?.takeIf { it.isNotBlank() } ?: input.string("filePath")

            "glob", "grep" -> input.string("pattern")?.let { "\"$it\"" }?.plus(matches(part)) ?: own

            "list" -> own?.takeIf { it.isNotBlank() } ?: input.string("path") ?: "."

            "todowrite" -> {
                val todos = todos(part)
                texts("todo.progress", todos.count { it.status == "completed" }.toString(), todos.size.toString())
            }

            else -> own
        }.orEmpty().ifBlank {
            if (part.state is ToolState.Pending) texts("tool.preparing") else part.tool
        }.lineSequence().first()
    }

    private fun matches(part: Part.Tool): String {
        val state = part.state as? ToolState.Completed ?: return ""
        val count = state.metadata.int("matches") ?: state.metadata.int("count") ?: return ""
        return " (${texts("explore.matches", count.toString())})"
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
        val diff = metadata(part.state)["filediff"] as? JsonObject ?: return null
        return (diff.int("additions") ?: 0) to (diff.int("deletions") ?: 0)
    }

    public fun exit(part: Part.Tool): Int? = metadata(part.state).int("exit")

    internal fun outputLines(part: Part.Tool): Int = output(part).count { it == '\n' }

    private fun output(part: Part.Tool): String {
        val shown = metadata(part.state).string("output")
        return shown ?: (part.state as? ToolState.Completed)?.output ?: ""
    }

    internal fun hasContent(part: Part.Tool): Boolean = when (part.tool) {
        "bash" -> part.state !is ToolState.Pending
        else -> content(part) != null
    }

    internal fun content(part: Part.Tool): Content? {
        val state = part.state
        val input = state.input
        val meta = metadata(state)
        if (state is ToolState.Failed && part.tool != "bash") return Content.Problem(state.error)
        return when (part.tool) {
            "edit", "write", "patch" -> {
                val file = input.string("filePath").orEmpty()
                val patch = (meta["filediff"] as? JsonObject)?.string("patch") ?: meta.string("diff")
                when {
                    patch != null && patch.contains("@@") -> Content.Diff(file, patch)

                    part.tool == "write" -> input.string("content")?.let { Content.NewFile(file, it) }

                    input.string(
                        "newString",
                    ) != null -> Content.Diff(
                        file,
                        replacement(input.string("oldString").orEmpty(), input.string("newString").orEmpty()),
                    )

                    else -> null
                }
            }

            "bash" -> {
                val failed = (state as? ToolState.Failed)?.error
                Content.Terminal(
                    input.string("command").orEmpty(),
                    listOfNotNull(
                        output(part).takeIf {
                            it.isNotEmpty()
                        },
                        failed,
                    ).joinToString("\n"),
                )
            }

            "todowrite", "todoread" -> todos(part).takeIf { it.isNotEmpty() }?.let(Content::Todos)

            else -> (state as? ToolState.Completed)?.output?.takeIf {
                it.isNotBlank()
            }?.let { Content.Plain(it.take(MOST)) }
        }
    }

    /** What a decision is about, exactly: the command or the change. */
    public fun content(request: PermissionRequest): Content? {
        val meta = request.metadata
        val diff = meta.string("diff") ?: (meta["filediff"] as? JsonObject)?.string("patch")
        return when {
            diff != null -> Content.Diff(meta.string("filepath") ?: request.patterns.firstOrNull().orEmpty(), diff)
            meta.string("command") != null -> Content.Terminal(meta.string("command").orEmpty(), "")
            else -> null
        }
    }

    /** What a decision is about as plain text: the command, or the changed lines. */
    public fun describe(request: PermissionRequest): String = when (val content = content(request)) {
        is Content.Terminal -> "$ ${content.command}"

        is Content.Diff -> content.patch.lineSequence().dropWhile {
            !it.startsWith("@@")
        }.filter { it.isNotEmpty() }.joinToString("\n")

        is Content.NewFile,
        is Content.Plain,
        is Content.Problem,
        is Content.Todos,
        null,
        -> request.patterns.joinToString(
            "\n",
        )
    }

    /** A text argument of a call. */
    public fun string(input: JsonObject, key: String): String? =
        (input[key] as? JsonPrimitive)?.takeIf { it.isString }?.contentOrNull

    /** One sentence that asks for the decision. */
    public fun question(request: PermissionRequest): String {
        val what = request.patterns.joinToString(", ")
        return when (request.permission) {
            "bash" -> texts("permission.bash")

            "edit", "write" -> texts(
                "permission.edit",
                request.patterns.firstOrNull() ?: request.metadata.string("filepath").orEmpty(),
            )

            "external_directory" -> texts("permission.outside", request.metadata.string("filepath") ?: what)

            "read", "list", "glob", "grep" -> texts("permission.look", request.permission, what)

            "webfetch" -> texts("permission.web", request.metadata.string("url") ?: what)

            else -> texts("permission.other", request.permission, what)
        }
    }

    private fun todos(part: Part.Tool): List<TodoItem> {
        val list =
            metadata(part.state)["todos"] as? JsonArray ?: part.state.input["todos"] as? JsonArray ?: return emptyList()
        return list.mapNotNull {
            (it as? JsonObject)?.let { todo ->
                TodoItem(todo.string("content").orEmpty(), todo.string("status").orEmpty())
            }
        }
    }

    private fun replacement(old: String, new: String): String {
        val before = if (old.isEmpty()) emptyList() else old.lines()
        val after = if (new.isEmpty()) emptyList() else new.lines()
        return "@@ -1,${before.size} +1,${after.size} @@\n" +
            (before.map { "-$it" } + after.map { "+$it" }).joinToString("\n")
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

    private const val MOST = 200_000
}
