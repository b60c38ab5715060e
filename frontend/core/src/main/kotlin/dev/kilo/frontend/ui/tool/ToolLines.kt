package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.markdown.Ansi
import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Links
import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.model.transcript.ToolBody
import dev.kilo.frontend.ui.Diffs

/** Lines to paint, with or without line numbers; with [follow] the newest are what one wants to see. */
internal class Painted(val lines: List<CodeLine>, val gutter: Boolean, val follow: Boolean = false)

/** Turns the bodies that are text into lines. Pure, so that it runs anywhere; bounded, whatever a tool wrote. */
internal object ToolLines {
    /** Null for bodies that are not shown as lines. */
    fun of(body: ToolBody): Painted? = when (body) {
        is ToolBody.Diff -> Painted(Diffs.parse(body.patch, body.file).lines.first(MOST), gutter = true)

        is ToolBody.NewFile -> Painted(numbered(body.file, body.text, 1, CodeLine.Kind.ADDED), gutter = true)

        is ToolBody.Lines ->
            Painted(numbered(body.file, body.text, body.first, CodeLine.Kind.PLAIN) + note(body.note), gutter = true)

        is ToolBody.Terminal -> Painted(terminal(body), gutter = false, follow = true)

        is ToolBody.Matches -> Painted(matches(body), gutter = true)

        is ToolBody.Files -> Painted(files(body), gutter = false)

        is ToolBody.Call -> Painted(call(body), gutter = false)

        is ToolBody.Answers, is ToolBody.Hits, is ToolBody.Page, is ToolBody.Plan, is ToolBody.Problem,
        is ToolBody.Skill, is ToolBody.Task, is ToolBody.Todos,
        -> null
    }

    private fun numbered(file: String, text: String, first: Int, kind: CodeLine.Kind): List<CodeLine> =
        Highlighter.lines(text, Highlighter.languageOf(file)).mapIndexed { i, line ->
            CodeLine(line.spans, kind, first + i)
        }.first(MOST)

    private fun terminal(body: ToolBody.Terminal): List<CodeLine> {
        val out = ArrayList<CodeLine>()
        Highlighter.lines(body.command, "bash").forEachIndexed { i, line ->
            val prompt = Span(if (i == 0) "$ " else "  ", Ink.MUTED)
            out += CodeLine(listOf(prompt) + line.spans, CodeLine.Kind.COMMAND)
        }
        if (body.output.isNotEmpty()) {
            val lines = Ansi.lines(body.output, MOST + 1)
            if (lines.size > MOST) out += gap(texts("tool.lines.earlier", MOST.toString()))
            out += lines.takeLast(MOST)
        }
        body.failure?.lineSequence()?.forEach { out += CodeLine(listOf(Span(it, Ink.RED))) }
        return out
    }

    private fun matches(body: ToolBody.Matches): List<CodeLine> {
        val out = ArrayList<CodeLine>()
        for (file in body.files) {
            out += CodeLine(listOf(Span(file.file, Ink.BLUE, Links.toFile(file.file))), CodeLine.Kind.GAP)
            val language = Highlighter.languageOf(file.file)
            for (match in file.matches) {
                val link = Links.toFile(file.file, match.line)
                val text = match.text.replace('\n', ' ')
                val spans = Highlighter.lines(text, language).first().spans.map { it.copy(link = link) }
                out += CodeLine(spans, CodeLine.Kind.PLAIN, match.line)
            }
        }
        return out.first(MOST) + note(body.note)
    }

    private fun files(body: ToolBody.Files): List<CodeLine> {
        val root = body.root?.trimEnd('/')
        if (!body.tree) {
            val names = body.files.take(MOST).map { name ->
                val link = if (root == null) name else "$root/$name"
                if (name.endsWith("/")) line(name, Ink.MUTED) else line(name, Ink.BLUE, Links.toFile(link))
            }
            return names + note(body.note)
        }
        val out = ArrayList<CodeLine>()
        if (root != null) out += line("$root/", Ink.MUTED)
        val path = ArrayList<String>()
        for (entry in body.files.take(MOST)) {
            val name = entry.trimStart()
            val level = ((entry.length - name.length) / 2 - 1).coerceAtLeast(0)
            while (path.size > level) path.removeAt(path.size - 1)
            val indent = Span(" ".repeat(entry.length - name.length), Ink.PLAIN)
            if (name.endsWith("/")) {
                path += name.dropLast(1)
                out += CodeLine(listOf(indent, Span(name, Ink.MUTED)))
            } else {
                val link = (listOfNotNull(root) + path + name).joinToString("/")
                out += CodeLine(listOf(indent, Span(name, Ink.BLUE, Links.toFile(link))))
            }
        }
        return out + note(body.note)
    }

    private fun call(body: ToolBody.Call): List<CodeLine> {
        val out = ArrayList<CodeLine>()
        val input = body.input
        if (input != null) {
            out += Highlighter.lines(input, "json").take(INPUT)
            out += gap(texts("tool.result"))
        }
        val text = body.output.trimStart()
        out += if (text.startsWith("{") || text.startsWith("[")) {
            Highlighter.lines(body.output, "json")
        } else {
            Ansi.lines(body.output)
        }
        return out.first(MOST)
    }

    private fun line(text: String, ink: Ink, link: String? = null) = CodeLine(listOf(Span(text, ink, link)))

    private fun gap(text: String) = CodeLine(listOf(Span(text, Ink.MUTED)), CodeLine.Kind.GAP)

    private fun note(text: String?): List<CodeLine> = if (text == null) emptyList() else listOf(gap(text))

    private fun List<CodeLine>.first(count: Int): List<CodeLine> =
        if (size <= count) this else take(count) + gap(texts("tool.lines.more", (size - count).toString()))

    private const val MOST = 2000
    private const val INPUT = 200
}
