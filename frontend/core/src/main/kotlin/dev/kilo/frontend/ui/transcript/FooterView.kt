package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Views

/** What a turn took. */
internal class FooterView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 0, 8, 0)) {
    private val line = Line(gap = 4)
    private val text = Caption("", { it.faint }, { it.small })

    init {
        line.fill(text)
        line.end(Quiet(null, Icons.copy.tinted { it.faint }, Strings["copy.answer"])).addActionListener { copyTurn() }
        add(line)
    }

    override fun render() {
        val f = row.body as RowBody.Footer
        val t = f.tokens
        val read = t.input + t.cacheRead + t.cacheWrite
        val written = t.output + t.reasoning
        text.text = listOfNotNull(
            f.agent.replaceFirstChar(Char::uppercase).takeIf { it.isNotBlank() },
            f.model,
            Format.duration(f.millis),
            Strings("footer.inout", Format.count(read), Format.count(written)).takeIf { read + written > 0 },
            Format.money(f.cost).takeIf { f.cost > 0 },
        ).joinToString("  ·  ")
        text.toolTipText = Strings(
            "footer.detail",
            Format.count(t.input),
            Format.count(t.output),
            Format.count(t.reasoning),
            Format.count(t.cacheRead),
            Format.count(t.cacheWrite),
        )
        text.getAccessibleContext().accessibleDescription = text.toolTipText
    }

    private fun copyTurn() {
        val rows = host.session.transcript.rows
        val from = (row.index downTo 0).firstOrNull { rows[it].body is RowBody.Prompt } ?: 0
        Views.copy(
            rows.subList(from, row.index).mapNotNull {
                (it.body as? RowBody.Answer)?.buffer?.text
            }.joinToString("\n\n"),
        )
    }
}
