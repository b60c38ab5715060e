package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.markdown.Ansi
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.texts
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState

/** Conversations as Markdown, to be read by people: prompts as headings, answers as they were written, calls in short. */
public object MarkdownExport {
    /** A whole session, [messages] in their order. */
    public fun session(title: String, messages: List<MessageWithParts>): String = buildString {
        append("# ").append(oneLine(title)).append("\n")
        for (message in messages) {
            val text = message(message)
            if (text.isNotBlank()) append('\n').append(text).append('\n')
        }
    }

    private fun message(message: MessageWithParts): String {
        val pieces = message.parts.sortedBy { it.id }.mapNotNull(::part)
        val body = pieces.joinToString("\n\n")
        if (message.info is Message.Assistant || body.isBlank()) return body
        return "## ${texts("export.you")}\n\n$body\n\n## ${texts("export.agent")}"
    }

    /** Rows as they are in the window. */
    public fun rows(rows: List<Row>): String = rows.mapNotNull(::row).joinToString("\n\n")

    private fun row(row: Row): String? = when (val body = row.body) {
        is RowBody.Prompt -> "## ${texts("export.you")}\n\n${body.text}\n\n## ${texts("export.agent")}"

        is RowBody.Answer -> body.buffer.text.trim()

        is RowBody.Thought -> thought(body.buffer.text)

        is RowBody.Call -> call(body.part)

        is RowBody.Explore -> body.parts.joinToString("\n") { line(it) }

        is RowBody.Failure -> "> **${texts("failure.title")}** ${oneLine(body.error.message)}"

        is RowBody.Condensed -> listOfNotNull("*${texts("condensed")}*", body.buffer?.text).joinToString("\n\n")

        is RowBody.Changes -> body.files.joinToString("\n") {
            "- ${oneLine(it.file)} +${it.additions} −${it.deletions}"
        }

        is RowBody.Footer -> null
    }?.takeIf { it.isNotBlank() }

    private fun part(part: Part): String? = when (part) {
        is Part.Text -> part.text.trim().takeIf { !part.synthetic && it.isNotEmpty() }
        is Part.Reasoning -> thought(part.text)
        is Part.Tool -> call(part)
        is Part.File -> "- ${oneLine(part.filename ?: part.mime)}"
        is Part.Other, is Part.StepFinish -> null
    }

    private fun thought(text: String): String? =
        text.trim().takeIf { it.isNotEmpty() }?.lines()?.joinToString("\n") { "> $it" }

    private fun line(part: Part.Tool) = "- **${ToolText.kind(part)}** ${oneLine(ToolText.title(part))}"

    /** The call in a line, and below it what is worth reading later: the change, the command and its output. */
    public fun call(part: Part.Tool): String {
        val failed = (part.state as? ToolState.Failed)?.let { "\n\n${fenced("", it.error)}" }.orEmpty()
        val more = when (val body = ToolBody.of(part)) {
            is ToolBody.Diff -> fenced("diff", body.patch)

            is ToolBody.NewFile -> fenced("", body.text)

            is ToolBody.Terminal -> fenced("console", "$ ${body.command}\n${Ansi.plain(body.output)}".trimEnd())

            is ToolBody.Todos -> body.todos.joinToString("\n") {
                "- [${if (it.status == "completed") "x" else " "}] ${oneLine(it.content)}"
            }

            is ToolBody.Answers -> body.answers.joinToString("\n") {
                "- ${oneLine(it.question)} ${it.answers.joinToString(", ") { one -> "**${oneLine(one)}**" }}"
            }

            is ToolBody.Hits -> body.hits.joinToString("\n") { "- [${oneLine(it.title)}](<${it.url}>)" }

            is ToolBody.Plan -> body.text

            is ToolBody.Task -> body.report

            is ToolBody.Call, is ToolBody.Files, is ToolBody.Lines, is ToolBody.Matches, is ToolBody.Page,
            is ToolBody.Problem, is ToolBody.Skill, null,
            -> null
        }
        return listOfNotNull(line(part) + failed, more?.takeIf { it.isNotBlank() }).joinToString("\n\n")
    }

    /** A fence that is longer than any in the text. */
    public fun fenced(language: String, text: String): String {
        val longest = FENCE.findAll(text).maxOfOrNull { it.value.length } ?: 0
        val fence = "`".repeat(maxOf(3, longest + 1))
        return "$fence$language\n${text.trimEnd('\n')}\n$fence"
    }

    private fun oneLine(text: String) = text.lineSequence().joinToString(" ") { it.trim() }.trim()

    private val FENCE = Regex("`{3,}")
}
