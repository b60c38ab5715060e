package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.model.changes.DiffLine
import dev.kilo.frontend.model.changes.DiffRow
import dev.kilo.frontend.model.changes.DiffRows
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import java.awt.Color
import java.awt.FontMetrics
import java.awt.Graphics2D

/** Draws rows of a change. What it measures depends on the font alone, so that only visible rows cost something. */
internal class DiffPainter(private val metrics: FontMetrics, private val theme: Theme) {
    val rowHeight: Int = metrics.height + theme.px(3)
    private val char = metrics.charWidth('m')
    private val base = (rowHeight - metrics.height) / 2 + metrics.ascent

    private fun digits(rows: DiffRows) = maxOf(3, rows.document.lastNumber.toString().length)

    /** Width of one column of numbers. */
    fun numbers(rows: DiffRows): Int = digits(rows) * char + theme.px(12)

    /** Where the text of the left, or only, side begins. */
    fun textStart(rows: DiffRows): Int = numbers(rows) * (if (rows.sideBySide) 1 else 2) + char + theme.px(8)

    /** How far the longest line reaches. */
    fun textWidth(rows: DiffRows): Int = (minOf(rows.document.widest, MAX_CHARS) + 2) * char

    /** Room for text in a view that is [width] wide. */
    fun room(rows: DiffRows, width: Int): Int = (if (rows.sideBySide) width / 2 else width) - textStart(rows)

    fun row(g: Graphics2D, rows: DiffRows, inks: DiffInks?, index: Int, y: Int, width: Int, shift: Int) {
        when (val row = rows.rows[index]) {
            is DiffRow.One -> one(g, rows, inks, row.line, y, width, shift)
            is DiffRow.Two -> two(g, rows, inks, row, y, width, shift)
            is DiffRow.Fold -> bar(g, Strings("changes.fold", row.count), y, width, theme.raised, theme.muted, "⋯  ")
            is DiffRow.Gap -> bar(g, Strings("changes.gap", row.count), y, width, theme.raised, theme.faint, "⋯  ")
            is DiffRow.Head -> bar(g, head(rows, row), y, width, theme.card, theme.muted, "")
        }
    }

    private fun head(rows: DiffRows, row: DiffRow.Head): String {
        val hunk = rows.document.hunks[row.hunk]
        val lines = rows.document.lines
        val changed = (hunk.first..hunk.last).filter { lines[it].kind != DiffLine.Kind.SAME }
        val at = changed.firstOrNull()?.let { lines[it] }
        val number = at?.let { if (it.new > 0) it.new else it.old } ?: 0
        return Strings("changes.hunk", row.hunk + 1, rows.document.hunks.size, number.toString())
    }

    private fun bar(g: Graphics2D, text: String, y: Int, width: Int, fill: Color, ink: Color, lead: String) {
        g.color = fill
        g.fillRect(0, y, width, rowHeight)
        g.color = ink
        g.font = theme.small
        g.drawString(lead + text, theme.px(12), y + base)
        g.font = theme.mono
    }

    private fun one(g: Graphics2D, rows: DiffRows, inks: DiffInks?, at: Int, y: Int, width: Int, shift: Int) {
        val line = rows.document.lines[at]
        ground(line.kind)?.let {
            g.color = it
            g.fillRect(0, y, width, rowHeight)
        }
        val column = numbers(rows)
        number(g, line.old, 0, column, y)
        number(g, line.new, column, column, y)
        sign(g, line.kind, 2 * column, y)
        text(g, line, inks?.of(at), textStart(rows), width, y, shift)
    }

    private fun two(g: Graphics2D, rows: DiffRows, inks: DiffInks?, row: DiffRow.Two, y: Int, width: Int, shift: Int) {
        val half = width / 2
        side(g, rows, inks, row.left, 0, half, y, shift, old = true)
        side(g, rows, inks, row.right, half, width, y, shift, old = false)
        g.color = theme.line
        g.fillRect(half, y, 1, rowHeight)
    }

    private fun side(
        g: Graphics2D,
        rows: DiffRows,
        inks: DiffInks?,
        at: Int,
        left: Int,
        right: Int,
        y: Int,
        shift: Int,
        old: Boolean,
    ) {
        if (at < 0) {
            g.color = theme.card
            g.fillRect(left, y, right - left, rowHeight)
            return
        }
        val line = rows.document.lines[at]
        ground(line.kind)?.let {
            g.color = it
            g.fillRect(left, y, right - left, rowHeight)
        }
        val column = numbers(rows)
        number(g, if (old) line.old else line.new, left, column, y)
        sign(g, line.kind, left + column, y)
        text(g, line, inks?.of(at), left + textStart(rows), right, y, shift)
    }

    private fun ground(kind: DiffLine.Kind): Color? = when (kind) {
        DiffLine.Kind.SAME -> null
        DiffLine.Kind.ADDED -> theme.addedLine
        DiffLine.Kind.REMOVED -> theme.removedLine
    }

    private fun number(g: Graphics2D, number: Int, left: Int, width: Int, y: Int) {
        if (number <= 0) return
        val label = number.toString()
        g.color = theme.faint
        g.drawString(label, left + width - theme.px(6) - label.length * char, y + base)
    }

    private fun sign(g: Graphics2D, kind: DiffLine.Kind, left: Int, y: Int) {
        if (kind == DiffLine.Kind.SAME) return
        g.color = if (kind == DiffLine.Kind.ADDED) theme.green else theme.red
        g.drawString(if (kind == DiffLine.Kind.ADDED) "+" else "−", left + theme.px(2), y + base)
    }

    private fun text(g: Graphics2D, line: DiffLine, spans: List<Span>?, left: Int, right: Int, y: Int, shift: Int) {
        val clip = g.clip
        g.clipRect(left, y, right - left, rowHeight)
        val shown = if (line.text.length > MAX_CHARS) line.text.substring(0, MAX_CHARS) + " …" else line.text
        val even = even(shown)
        fun x(offset: Int): Int = left - shift +
            if (even) offset * char else metrics.stringWidth(shown.substring(0, offset.coerceAtMost(shown.length)))
        g.color = if (line.kind == DiffLine.Kind.ADDED) theme.addedWord else theme.removedWord
        for (i in line.words.indices step 2) {
            val a = x(line.words[i])
            g.fillRoundRect(a, y + 1, x(line.words[i + 1]) - a, rowHeight - 2, theme.px(4), theme.px(4))
        }
        if (spans == null) {
            g.color = theme.text
            // Only what can be seen of a line that is far longer than the view.
            val from = if (even) (shift / char).coerceIn(0, shown.length) else 0
            val to = if (even) ((shift + right - left) / char + 2).coerceIn(from, shown.length) else shown.length
            g.drawString(shown.substring(from, to), x(from), y + base)
        } else {
            var at = 0
            for (span in spans) {
                val next = at + span.text.length
                if (x(at) > right) break
                if (x(next) >= left) {
                    g.color = CodeText.ink(span.ink, theme)
                    g.drawString(span.text, x(at), y + base)
                }
                at = next
            }
        }
        g.clip = clip
    }

    /** Whether every character is as wide as every other. */
    private fun even(text: String): Boolean {
        for (c in text) if (c.code !in 32..126) return false
        return true
    }

    private companion object {
        const val MAX_CHARS = 4_000
    }
}
