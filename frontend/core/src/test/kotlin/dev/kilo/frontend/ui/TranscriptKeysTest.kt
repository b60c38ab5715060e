package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Run
import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.markdown.Style
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What the keyboard walks in a text. The keys themselves are pressed in the window's scenarios. */
class TranscriptKeysTest {
    private fun words(text: TextSurface) = text.links.map { text.plain.substring(it.range) to it.target }.toList()

    @Test
    fun `a link of several styles is one, and two that lead elsewhere are two`() {
        val link = Style(link = "https://a.example")
        val text = FlowText(
            listOf(
                Run("See ", Style()),
                Run("the ", link),
                Run("guide", link.copy(bold = true)),
                Run("here", Style(link = "b.md")),
                Run(".", Style()),
            ),
        )
        assertEquals(listOf("the guide" to "https://a.example", "here" to "b.md"), words(text))
    }

    @Test
    fun `of lines that lead somewhere each is one`() {
        val code = CodeText()
        code.lines = listOf(
            CodeLine(
                listOf(Span("src/a.ts", Ink.PLAIN, link = "src/a.ts"), Span(":3 x", Ink.PLAIN, link = "src/a.ts#L3")),
            ),
            CodeLine(listOf(Span("nothing", Ink.PLAIN))),
            CodeLine(listOf(Span("  ", Ink.PLAIN), Span("b.ts", Ink.PLAIN, link = "b.ts"))),
        )
        assertEquals(listOf("src/a.ts" to "src/a.ts", "b.ts" to "b.ts"), words(code))
    }
}
