package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Ansi
import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Span

/** Turns unified diffs and terminal output into lines to paint. Pure, so that it can run anywhere. */
internal object Diffs {
    class Diff(val lines: List<CodeLine>, val additions: Int, val deletions: Int)

    private val hunk = Regex("""^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$""")

    /** [patch] may be of several files; then a line with its name stands before each of them. */
    fun parse(patch: String, file: String): Diff {
        var language = Highlighter.languageOf(file)
        val several = patch.lineSequence().count { it.startsWith("+++ ") } > 1
        var named = ""
        // What the hunk's head announced and is still to come: only it tells a removed line "-- x" from a file's head.
        var oldLeft = 0
        var newLeft = 0
        val out = ArrayList<CodeLine>()
        var old = 1
        var new = 1
        var inside = false
        var added = 0
        var removed = 0
        for (line in patch.lineSequence()) {
            val match = hunk.find(line)
            if (match != null) {
                if (inside) out += CodeLine(listOf(Span("⋯", Ink.MUTED)), CodeLine.Kind.GAP)
                inside = true
                old = match.groupValues[1].toInt()
                oldLeft = match.groupValues[2].toIntOrNull() ?: 1
                new = match.groupValues[3].toInt()
                newLeft = match.groupValues[4].toIntOrNull() ?: 1
                continue
            }
            if (oldLeft <= 0 && newLeft <= 0) {
                if (!several) continue
                if (line.startsWith("--- ")) named = nameOf(line)
                if (line.startsWith("+++ ")) {
                    val name = nameOf(line).takeIf { it != NOWHERE } ?: named
                    out += CodeLine(listOf(Span(name, Ink.MUTED)), CodeLine.Kind.GAP)
                    language = Highlighter.languageOf(name)
                    inside = false
                }
                continue
            }
            if (!inside || line.isEmpty() || line.startsWith("\\")) continue
            if (line[0] != '+') oldLeft--
            if (line[0] != '-') newLeft--
            val text = line.substring(1)
            val spans = if (out.size <
                HIGHLIGHTED
            ) {
                Highlighter.lines(text, language).first().spans
            } else {
                listOf(Span(text.replace("\t", "    "), Ink.PLAIN))
            }
            when (line[0]) {
                '+' ->
                    out +=
                        CodeLine(listOf(Span("+ ", Ink.GREEN)) + spans, CodeLine.Kind.ADDED, new++).also { added++ }

                '-' ->
                    out +=
                        CodeLine(listOf(Span("- ", Ink.RED)) + spans, CodeLine.Kind.REMOVED, old++).also { removed++ }

                else -> {
                    out += CodeLine(listOf(Span("  ", Ink.PLAIN)) + spans, CodeLine.Kind.PLAIN, new++)
                    old++
                }
            }
        }
        return Diff(out, added, removed)
    }

    private fun nameOf(head: String) = head.drop(4).substringBefore('\t').trim()

    /** Lines of terminal output with its colours (see [Ansi]). */
    fun terminal(output: String, last: Int = Int.MAX_VALUE): List<CodeLine> = Ansi.lines(output, last)

    private const val NOWHERE = "/dev/null"
    private const val HIGHLIGHTED = 600
}
