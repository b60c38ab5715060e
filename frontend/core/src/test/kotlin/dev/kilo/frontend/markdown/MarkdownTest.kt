package dev.kilo.frontend.markdown

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Duration
import kotlin.random.Random

class MarkdownTest {
    private val samples = listOf(
        "# Title\n\nSome *text* with `code` and [a link](https://example.org).\n\n- one\n- two\n  - deeper\n\n1. a\n2. b\n\n> quoted\n> more\n\n```kotlin\nval a = 1\n\nfun b() = \"x\"\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n---\n\nend",
        "para\nlazy\n===\n\n    indented\n\ntext\n\n* item\n\n  second paragraph\n\n* [x] done\n* [ ] open\n",
        "```\nnever closed\n\n# not a heading",
        "<div onclick=\"x\">html</div>\n\nText <b>bold</b>\n\n![image](a.png)\n",
    )

    @Test
    fun `a text that streams in any pieces ends as the whole text parsed at once`() {
        for (seed in 1..60) {
            val random = Random(seed)
            val text = samples[seed % samples.size] + "\n\n" + samples[(seed + 1) % samples.size]
            val stream = MarkdownStream()
            var at = 0
            while (at < text.length) {
                at = minOf(at + random.nextInt(1, 12), text.length)
                val partial = text.substring(0, at)
                assertEquals(Markdown.parse(partial), stream.update(partial, false)) {
                    "after $at of seed $seed: …${partial.takeLast(60)}"
                }
            }
            assertEquals(Markdown.parse(text), stream.update(text, true))
        }
    }

    @Test
    fun `html is shown, not interpreted`() {
        val blocks = Markdown.parse("<script>alert(1)</script>")
        assertEquals("<script>alert(1)</script>", (blocks.single() as Block.Code).lines.single().text)
    }

    @Test
    fun `code gets colours by its language and unknown languages stay plain`() {
        val kotlin = Highlighter.lines("val a = \"x\" // note", "kotlin").single()
        assertEquals("val a = \"x\" // note", kotlin.text)
        assertTrue(
            kotlin.spans.any { it.ink == Ink.KEYWORD } && kotlin.spans.any { it.ink == Ink.STRING } &&
                kotlin.spans.any { it.ink == Ink.COMMENT },
        )
        assertEquals(listOf(Ink.PLAIN), Highlighter.lines("val a", "nonsense").single().spans.map { it.ink })
    }

    @Test
    fun `deeply nested text neither fails nor takes long`() {
        org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20)) {
            Markdown.parse(">".repeat(3000) + "x")
            Markdown.parse("[".repeat(5000))
            Markdown.parse("*a ".repeat(5000))
            Markdown.parse((0..300).joinToString("\n") { "  ".repeat(it) + "- x" })
        }
    }
}
