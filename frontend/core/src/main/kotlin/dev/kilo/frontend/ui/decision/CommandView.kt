package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.model.decision.Risks
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Sideways
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings

/** A command as it would run, with what stands out marked by colour and named in words, and the commands it consists of. */
internal class CommandView(command: String, parts: List<String>, directory: String) : Stack(gap = 5) {
    init {
        val shown = Risks.visible(command)
        val marks = Risks.of(shown, directory)
        add(
            Card(pad = Insets4(6, 10, 6, 1), fill = { it.background }, radius = 7).apply {
                add(Sideways(CodeText(lines(shown, marks)), MOST))
            },
        )
        if (parts.size > 1) {
            val list = parts.joinToString(SEPARATOR) { Risks.visible(it) }
            add(FlowText(Strings("command.parts", parts.size.toString(), list), { it.muted }, { it.small }))
        }
        for (kind in Risks.Kind.entries) {
            val words = marks.filter { it.kind == kind }.map { shown.substring(it.start, it.end) }.distinct()
            if (words.isEmpty()) continue
            val danger = kind == Risks.Kind.DANGER
            val text = Strings(if (danger) "command.danger" else "command.outside", words.joinToString(SEPARATOR))
            add(FlowText(text, { if (danger) it.red else it.amber }, { it.small }))
        }
    }

    private companion object {
        const val MOST = 200
        const val SEPARATOR = "  ·  "

        fun lines(command: String, marks: List<Risks.Mark>): List<CodeLine> {
            val lines = ArrayList<CodeLine>()
            var at = 0
            for (line in command.split('\n')) {
                val end = at + line.length
                val spans = ArrayList<Span>()
                var from = at
                for (mark in marks) {
                    val start = mark.start.coerceIn(from, end)
                    val stop = mark.end.coerceIn(from, end)
                    if (stop <= start) continue
                    if (start > from) spans += Span(command.substring(from, start), Ink.PLAIN)
                    val ink = if (mark.kind == Risks.Kind.DANGER) Ink.RED else Ink.YELLOW
                    spans += Span(command.substring(start, stop), ink)
                    from = stop
                }
                if (from < end || spans.isEmpty()) spans += Span(command.substring(from, end), Ink.PLAIN)
                lines += CodeLine(spans)
                at = end + 1
            }
            return lines
        }
    }
}
