package dev.kilo.frontend.markdown

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Duration
import kotlin.random.Random

class AnsiTest {
    private fun spans(text: String) = Ansi.lines(text).single().spans.map { it.text to it.ink }

    @Test
    fun `colours of 16, 256 and 24 bits become the theme's inks`() {
        assertEquals(
            listOf("ok" to Ink.GREEN, " " to Ink.PLAIN, "bad" to Ink.RED),
            spans("\u001b[32mok\u001b[0m \u001b[1;91mbad"),
        )
        assertEquals(listOf("x" to Ink.RED), spans("\u001b[38;5;196mx"))
        assertEquals(listOf("x" to Ink.BLUE), spans("\u001b[38;2;20;30;250mx"))
        assertEquals(listOf("x" to Ink.YELLOW), spans("\u001b[38;5;226mx"))
        assertEquals(listOf("x" to Ink.MUTED), spans("\u001b[2mx"))
        // A ground of 24 bits is left out with its numbers: they are not colours of the text.
        assertEquals(listOf("x" to Ink.PLAIN), spans("\u001b[48;2;31;32;33mx"))
    }

    @Test
    fun `a colour lasts until it is reset, over lines too`() {
        val lines = Ansi.lines("\u001b[31mone\ntwo\u001b[39m three\n")
        assertEquals(listOf(Ink.RED), lines[0].spans.map { it.ink })
        assertEquals(listOf("two" to Ink.RED, " three" to Ink.PLAIN), lines[1].spans.map { it.text to it.ink })
        assertEquals(2, lines.size)
    }

    @Test
    fun `a return writes over the line, and erasing takes away what a shorter text leaves`() {
        assertEquals("100 %", Ansi.plain("  1 %\r 50 %\r100 %"))
        assertEquals("done ing", Ansi.plain("loadXing\rdone \b "))
        assertEquals("done", Ansi.plain("progress 50 %\r\u001b[Kdone"))
        assertEquals("done", Ansi.plain("progress 50 %\rdone\u001b[0K"))
        assertEquals("ab", Ansi.plain("ax\bb"))
        assertEquals("two", Ansi.plain("one\r\u001b[2Ktwo"))
        assertEquals(listOf("a", "b"), Ansi.lines("a\r\nb\r\n").map { it.text })
    }

    @Test
    fun `titles, links, cursor keys and cut off sequences leave nothing behind`() {
        val link = "\u001b]8;;https://example.org\u0007text\u001b]8;;\u0007"
        assertEquals("text", Ansi.plain(link))
        assertEquals("a", Ansi.plain("\u001b]0;title\u001b\\a"))
        assertEquals("a", Ansi.plain("a\u001b["))
        assertEquals("a", Ansi.plain("a\u001b]never ends"))
        assertEquals("ab", Ansi.plain("a\u001bPq#0;2;0;0;0\u001b\\b"))
        assertEquals("ab", Ansi.plain("a\u001b[?25l\u001b[1;1H\u001b[2Jb"))
        assertEquals("a b", Ansi.plain("a\u0000\u0007 \u202eb"))
    }

    @Test
    fun `only the newest lines are kept, and of a long one the beginning`() {
        assertEquals(listOf("8", "9"), Ansi.lines((0..9).joinToString("\n"), last = 2).map { it.text })
        assertEquals("abc …", Ansi.lines("abcdef", columns = 3).single().text)
    }

    @Test
    fun `whatever is in it, output becomes lines without control characters, in time that grows with its length`() {
        val alphabet = "\u001b\u001b\u001b[[]m;0123?K\r\b\t\u0007\u009bPX^_\\ h\u00e9\u202e\ud83d\ude00"
        repeat(500) { seed ->
            val random = Random(seed)
            val text = String(CharArray(400) { alphabet[random.nextInt(alphabet.length)] })
            for (line in Ansi.lines(text)) {
                assertTrue(line.text.none { it.isISOControl() || it.hidden }) { "seed $seed: ${line.text}" }
            }
        }
        assertTimeoutPreemptively(Duration.ofSeconds(10)) {
            for (piece in listOf("x", "\u001b[31m", "\u001b[", "\r", "\u001b]0;", "ab\r", "\u001b[9999C", "\t\b")) {
                Ansi.lines(piece.repeat(1_000_000 / piece.length))
            }
            Ansi.lines("x".repeat(5_000_000))
            Ansi.lines("x\n".repeat(2_000_000), last = 2000)
        }
    }
}
