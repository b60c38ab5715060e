package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.model.ToolText
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.intOrNull

/** What the card of a tool call shows when it is open: one kind for each kind of result (contract: types, tools' metadata). */
public sealed interface ToolBody {
    /** A change; [patch] is a unified diff, perhaps of several files. */
    public data class Diff(val file: String, val patch: String) : ToolBody

    /** A file that is being written, as long as there is no diff of it. */
    public data class NewFile(val file: String, val text: String) : ToolBody

    /** A command and what it wrote; [failure] when it could not be run to its end. */
    public data class Terminal(val command: String, val output: String, val failure: String?) : ToolBody

    /** A part of a file. [first] is the number of its first line. */
    public data class Lines(val file: String, val first: Int, val text: String, val note: String?) : ToolBody

    /** Lines that were found, by file; [note] says what was left out. */
    public data class Matches(val files: List<FileMatches>, val note: String?) : ToolBody

    /** Names of files; with [tree] they are the tree below the directory [root]. */
    public data class Files(val root: String?, val files: List<String>, val note: String?, val tree: Boolean) : ToolBody

    public data class Todos(val todos: List<ToolText.TodoItem>) : ToolBody

    /** A page that was fetched. */
    public data class Page(val url: String, val status: Int?, val type: String?, val text: String) : ToolBody

    /** What a search of the web found. */
    public data class Hits(val hits: List<Hit>) : ToolBody

    /** Questions and what the user answered; [dismissed] when nothing. */
    public data class Answers(val answers: List<Answer>, val dismissed: Boolean) : ToolBody

    /** A sub-agent: [prompt] is what it was told, [session] where it works, [report] what it said at the end. */
    public data class Task(val prompt: String, val session: String?, val report: String?, val failure: String?) :
        ToolBody

    public data class Skill(val name: String, val folder: String?, val text: String) : ToolBody

    /** A plan, in Markdown. */
    public data class Plan(val text: String) : ToolBody

    /** Any other tool: what it was given and what it gave back. */
    public data class Call(val input: String?, val output: String) : ToolBody

    /** It went wrong, and there is nothing else to show. */
    public data class Problem(val text: String) : ToolBody

    public data class FileMatches(val file: String, val matches: List<Match>)

    public data class Match(val line: Int, val text: String)

    public data class Hit(val title: String, val url: String, val text: String)

    public data class Answer(val question: String, val answers: List<String>)

    public companion object {
        /** What [part] has to show, or null as long as there is nothing. Reads at most [MOST] characters of its output. */
        public fun of(part: Part.Tool): ToolBody? = ToolBodies.of(part)

        /** More than this of an output is not shown; the tool itself keeps its output far below. */
        public const val MOST: Int = 400_000
    }
}

private object ToolBodies {
    fun of(part: Part.Tool): ToolBody? {
        val state = part.state
        val input = state.input
        val meta = metadata(state)
        if (state is ToolState.Failed && part.tool !in OWN_FAILURE) return ToolBody.Problem(state.error)
        val output = (state as? ToolState.Completed)?.output?.take(ToolBody.MOST)
        return when (part.tool) {
            "edit", "write", "multiedit" -> change(part.tool, input, meta)
            "apply_patch" -> patch(part, input, meta)
            "bash" -> terminal(state, input, meta)
            "read" -> output?.let { lines(input, meta, it) }
            "grep" -> output?.let(::matches)
            "glob" -> output?.let { files(null, it, tree = false) }
            "list" -> output?.let { files(it.lineSequence().first(), it.substringAfter('\n', ""), tree = true) }
            "todowrite", "todoread" -> ToolText.todos(part).takeIf { it.isNotEmpty() }?.let(ToolBody::Todos)
            "webfetch" -> output?.let { page(input, meta, it) }
            "websearch" -> output?.let { hits(meta, it) }
            "question" -> answers(input, meta, output)
            "task" -> task(state, input, meta, output)
            "skill" -> output?.let { ToolBody.Skill(input.text("name").orEmpty(), meta.text("dir"), it) }
            "plan_exit" -> (meta.text("plan") ?: input.text("plan") ?: output)?.let(ToolBody::Plan)
            else -> output?.let { ToolBody.Call(arguments(input), it) }
        }
    }

    private fun change(tool: String, input: JsonObject, meta: JsonObject): ToolBody? {
        val file = input.text("filePath").orEmpty()
        val patch = (meta["filediff"] as? JsonObject)?.text("patch") ?: meta.text("diff")
        val new = input.text("newString")
        return when {
            patch != null && "@@" in patch -> ToolBody.Diff(file, patch)
            tool == "write" -> input.text("content")?.let { ToolBody.NewFile(file, it) }
            new != null -> ToolBody.Diff(file, replacement(input.text("oldString").orEmpty(), new))
            tool == "multiedit" -> multi(file, input)
            else -> null
        }
    }

    private fun multi(file: String, input: JsonObject): ToolBody? {
        val edits = (input["edits"] as? JsonArray)?.filterIsInstance<JsonObject>().orEmpty()
        if (edits.isEmpty()) return null
        return ToolBody.Diff(
            file,
            edits.joinToString("\n") { replacement(it.text("oldString").orEmpty(), it.text("newString").orEmpty()) },
        )
    }

    private fun patch(part: Part.Tool, input: JsonObject, meta: JsonObject): ToolBody? =
        meta.text("diff")?.takeIf { "@@" in it }?.let { ToolBody.Diff(ToolText.title(part), it) }
            ?: input.text("patchText")?.let { ToolBody.Call(null, it.take(ToolBody.MOST)) }

    private fun terminal(state: ToolState, input: JsonObject, meta: JsonObject): ToolBody? {
        if (state is ToolState.Pending) return null
        val output = meta.text("output") ?: (state as? ToolState.Completed)?.output.orEmpty()
        return ToolBody.Terminal(input.text("command").orEmpty(), output, (state as? ToolState.Failed)?.error)
    }

    private fun lines(input: JsonObject, meta: JsonObject, output: String): ToolBody {
        val shown = meta["display"] as? JsonObject
        val file = shown?.text("path") ?: input.text("filePath").orEmpty()
        val text = shown?.text("text")
        return when (shown?.text("type")) {
            "directory" -> ToolBody.Files(file, text.orEmpty().lines().filter { it.isNotEmpty() }, null, tree = false)

            "file" -> {
                val total = shown.int("totalLines")
                val last = shown.int("lineEnd")
                val note = if (total != null && last != null && last < total) "$last / $total" else null
                ToolBody.Lines(file, shown.int("lineStart") ?: 1, text.orEmpty().take(ToolBody.MOST), note)
            }

            else -> ToolBody.Call(null, text ?: output)
        }
    }

    /** `file:` and below it `  12: text` for each line. */
    private fun matches(output: String): ToolBody {
        val files = ArrayList<ToolBody.FileMatches>()
        var name: String? = null
        var found = ArrayList<ToolBody.Match>()
        var note: String? = null
        fun end() {
            name?.let { files += ToolBody.FileMatches(it, found) }
            found = ArrayList()
        }
        for (line in output.lineSequence()) {
            val match = MATCH.matchEntire(line)
            when {
                match != null && name != null ->
                    match.groupValues[1].toIntOrNull()?.let { found += ToolBody.Match(it, match.groupValues[2]) }

                line.startsWith("(") && line.endsWith(")") -> note = line.drop(1).dropLast(1)

                line.endsWith(":") -> {
                    end()
                    name = line.dropLast(1)
                }

                line.isNotBlank() && name == null -> note = line
            }
        }
        end()
        return ToolBody.Matches(files, note)
    }

    private fun files(root: String?, output: String, tree: Boolean): ToolBody {
        val lines = output.lines().filter { it.isNotBlank() }
        val note = lines.lastOrNull()?.takeIf { it.startsWith("(") && it.endsWith(")") }
        val names = if (note == null) lines else lines.dropLast(1)
        if (!tree && names.size == 1 && names[0].endsWith(" found.")) {
            return ToolBody.Files(root, emptyList(), names[0], false)
        }
        return ToolBody.Files(root, names, note?.drop(1)?.dropLast(1), tree)
    }

    private fun page(input: JsonObject, meta: JsonObject, output: String) = ToolBody.Page(
        meta.text("url") ?: input.text("url").orEmpty(),
        meta.int("status"),
        meta.text("contentType"),
        output,
    )

    /** Three lines a hit: its number and title, its address, and what the page says. */
    private fun hits(meta: JsonObject, output: String): ToolBody {
        val told = (meta["results"] as? JsonArray)?.filterIsInstance<JsonObject>().orEmpty()
        if (told.isEmpty()) return ToolBody.Call(null, output)
        val excerpts = HashMap<String, String>()
        var url: String? = null
        for (line in output.lineSequence()) {
            val text = line.trim()
            if (text.startsWith("http://") || text.startsWith("https://")) {
                url = text
            } else if (HIT.containsMatchIn(line)) {
                url = null
            } else if (url != null && text.isNotEmpty()) {
                excerpts.merge(url, text) { a, b -> "$a $b" }
            }
        }
        return ToolBody.Hits(
            told.map { hit ->
                val at = hit.text("url").orEmpty()
                ToolBody.Hit(hit.text("title").orEmpty().ifBlank { at }, at, excerpts[at].orEmpty().take(EXCERPT))
            },
        )
    }

    private fun answers(input: JsonObject, meta: JsonObject, output: String?): ToolBody? {
        val asked = (input["questions"] as? JsonArray)?.filterIsInstance<JsonObject>()?.mapNotNull {
            it.text("question")
        }
        if (asked.isNullOrEmpty()) return output?.let { ToolBody.Call(null, it) }
        val given = (meta["answers"] as? JsonArray)?.map { one -> (one as? JsonArray)?.mapNotNull(::string).orEmpty() }
        val dismissed = (meta["dismissed"] as? JsonPrimitive)?.booleanOrNull == true
        return ToolBody.Answers(
            asked.mapIndexed { i, question -> ToolBody.Answer(question, given?.getOrNull(i).orEmpty()) },
            dismissed,
        )
    }

    private fun task(state: ToolState, input: JsonObject, meta: JsonObject, output: String?): ToolBody? {
        val session = meta.text("sessionId")
        val failure = (state as? ToolState.Failed)?.error
        if (state is ToolState.Pending) return null
        val report = output?.substringAfter("<task_result>", output)?.substringBefore("</task_result>")?.trim()
        return ToolBody.Task(input.text("prompt").orEmpty(), session, report, failure)
    }

    private fun arguments(input: JsonObject): String? =
        if (input.isEmpty()) null else PRETTY.encodeToString(JsonElement.serializer(), input).take(ARGUMENTS)

    private fun replacement(old: String, new: String): String {
        val before = if (old.isEmpty()) emptyList() else old.lines()
        val after = if (new.isEmpty()) emptyList() else new.lines()
        return "@@ -1,${before.size} +1,${after.size} @@\n" +
            (before.map { "-$it" } + after.map { "+$it" }).joinToString("\n")
    }

    fun metadata(state: ToolState): JsonObject = when (state) {
        is ToolState.Completed -> state.metadata
        is ToolState.Running -> state.metadata
        is ToolState.Failed -> state.metadata
        is ToolState.Pending -> JsonObject(emptyMap())
    }

    private fun string(value: JsonElement): String? = (value as? JsonPrimitive)?.contentOrNull

    private fun JsonObject.text(key: String): String? = ToolText.string(this, key)

    private fun JsonObject.int(key: String): Int? = (this[key] as? JsonPrimitive)?.intOrNull

    private val OWN_FAILURE = setOf("bash", "task")
    private val MATCH = Regex(" {2}(\\d{1,9}): ?(.*)")
    private val HIT = Regex("^\\d+\\. ")
    private val PRETTY = Json { prettyPrint = true }
    private const val ARGUMENTS = 20_000
    private const val EXCERPT = 300
}
