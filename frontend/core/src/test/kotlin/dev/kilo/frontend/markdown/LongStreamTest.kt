package dev.kilo.frontend.markdown

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LongStreamTest {
    @Test
    fun `an answer that does not end stops becoming views, and nothing of it is lost`() {
        val stream = MarkdownStream()
        val text = StringBuilder()
        var most = 0
        var blocks: List<Block> = emptyList()
        repeat(200) { round ->
            repeat(20) { text.append("Paragraph ${round * 20 + it}.\n\n") }
            blocks = stream.update(text.toString(), ended = false)
            most = maxOf(most, blocks.size)
        }
        assertTrue(most < 1100, "$most blocks")
        val rest = blocks.last() as Block.Code
        val laidOut = blocks.dropLast(1).map { (it as Block.Paragraph).runs.single().text }
        assertEquals((0 until laidOut.size).map { "Paragraph $it." }, laidOut)
        assertTrue(rest.source.startsWith("Paragraph ${laidOut.size}."), rest.source.take(40))
        assertTrue(rest.source.trimEnd().endsWith("Paragraph 3999."))
    }
}
