package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.model.changes.DiffDocument
import dev.kilo.frontend.model.changes.DiffLine

/** Colours of a document's lines, by the language of its file. Made off the EDT. */
internal class DiffInks private constructor(private val spans: Array<List<Span>?>) {
    fun of(line: Int): List<Span>? = spans.getOrNull(line)

    companion object {
        private const val MAX_LINES = 12_000
        private const val MAX_CHARS = 1_500_000

        /** Null when the file is too large for colours, or its language is not known. */
        fun of(document: DiffDocument, file: String): DiffInks? {
            val lines = document.lines
            if (lines.size > MAX_LINES || lines.sumOf { it.text.length } > MAX_CHARS) return null
            val language = Highlighter.languageOf(file)
            val spans = arrayOfNulls<List<Span>>(lines.size)
            // Each side by itself: a comment that begins on one of them must not colour the other.
            for (side in listOf(DiffLine.Kind.REMOVED, DiffLine.Kind.ADDED)) {
                val places = lines.indices.filter { lines[it].kind == side || lines[it].kind == DiffLine.Kind.SAME }
                val coloured = Highlighter.lines(places.joinToString("\n") { lines[it].text } + "\n", language)
                if (coloured.size < places.size) return null
                places.forEachIndexed { i, place -> spans[place] = coloured[i].spans }
            }
            return DiffInks(spans)
        }
    }
}
