package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Span

/** Turns unified diffs and terminal output into lines to paint. Pure, so that it can run anywhere. */
internal object Diffs {
    class Diff(val lines: List<CodeLine>, val additions: Int, val deletions: Int)

    private val hunk = Regex("""^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$""")

    fun parse(patch: String, file: String): Diff {
        val language = Highlighter.languageOf(file)
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
                new = match.groupValues[2].toInt()
                continue
            }
            if (!inside || line.isEmpty() || line.startsWith("\\")) continue
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

    /** Lines of terminal output with its colours; other control sequences are dropped, a lone return begins the line anew. */
    fun terminal(output: String, last: Int = Int.MAX_VALUE): List<CodeLine> {
        val rows = output.removeSuffix("\n").replace("\r\n", "\n").split('\n')
        val out = ArrayList<CodeLine>()
        var ink = Ink.PLAIN
        for (row in rows.takeLast(last)) {
            val visible = row.substringAfterLast('\r').let {
                if (it.length >
                    MAX_LINE
                ) {
                    it.take(MAX_LINE) + " …"
                } else {
                    it
                }
            }
            val spans = ArrayList<Span>()
            var at = 0
            for (escape in ansi.findAll(visible)) {
                push(spans, visible.substring(at, escape.range.first), ink)
                at = escape.range.last + 1
                if (escape.value.endsWith('m') && escape.value.startsWith("\u001b[")) ink = colour(escape.value, ink)
            }
            push(spans, visible.substring(at), ink)
            out += CodeLine(spans.ifEmpty { listOf(Span("", Ink.PLAIN)) })
        }
        return out
    }

    private fun push(spans: MutableList<Span>, text: String, ink: Ink) {
        val clean = text.replace("\t", "    ").filter { it >= ' ' && it != '\u007f' }
        if (clean.isNotEmpty()) spans += Span(clean, ink)
    }

    private fun colour(escape: String, now: Ink): Ink {
        var ink = now
        for (code in escape.substring(2, escape.length - 1).split(';')) {
            ink = when (code.toIntOrNull() ?: 0) {
                0, 39 -> Ink.PLAIN
                30, 90, 2 -> Ink.MUTED
                31, 91 -> Ink.RED
                32, 92 -> Ink.GREEN
                33, 93 -> Ink.YELLOW
                34, 94 -> Ink.BLUE
                35, 95 -> Ink.MAGENTA
                36, 96 -> Ink.CYAN
                else -> ink
            }
        }
        return ink
    }

    private val ansi = Regex("\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?|[@-Z\\\\-_])")
    private const val HIGHLIGHTED = 600
    private const val MAX_LINE = 4000
}
