package dev.kilo.frontend.markdown

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
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

    private fun text(blocks: List<Block>): String = blocks.joinToString("\n") { block ->
        when (block) {
            is Block.Paragraph -> block.runs.joinToString("") { it.text }
            is Block.Heading -> block.runs.joinToString("") { it.text }
            is Block.Code -> block.source
            is Block.Items -> block.items.joinToString("\n") { text(it.blocks) }
            is Block.Quote -> text(block.blocks)
            is Block.Table -> (listOf(block.head) + block.rows).flatten().flatten().joinToString(" ") { it.text }
            Block.Rule -> ""
        }
    }

    @Test
    fun `bombs of marks are shown within a second each, and with all their words`() {
        val bombs = mapOf(
            "quotes" to ">".repeat(3000) + "word",
            "a megabyte of stars" to "*".repeat(1_000_000) + "word",
            "a megabyte of stars on lines" to "*\n".repeat(500_000) + "word",
            "brackets" to "[".repeat(20_000) + "word",
            "images" to "![".repeat(20_000) + "word",
            "open emphasis" to "*a ".repeat(15_000) + "word",
            "mixed emphasis" to "*_**__".repeat(8_000) + "word",
            "closed emphasis" to "*a ".repeat(5_000) + "word " + "b* ".repeat(5_000),
            "ticks of all lengths" to (1..300).joinToString(" ") { "`".repeat(it) } + " word",
            "strikes" to "~~a ".repeat(10_000) + "word",
            "links in links" to "[a](".repeat(10_000) + "word",
            "html" to "<a ".repeat(15_000) + "word",
            "comments" to "<!--".repeat(10_000) + "word",
            "entities" to "&amp;".repeat(9_000) + "word",
            "lists" to (0..300).joinToString("\n") { "  ".repeat(it) + "- x" } + "\n\nword",
            "a list of thousands" to "- x\n".repeat(100_000) + "\nword",
            "paragraphs" to "x\n\n".repeat(100_000) + "word",
            "columns" to "|" + "a|".repeat(10_000) + "\n|" + "-|".repeat(10_000) + "\n|word|\n",
            "rows" to "|a|b|\n|-|-|\n" + "|x|y|\n".repeat(50_000) + "\nword",
            "a line of five megabytes" to "x".repeat(5_000_000) + " word",
            "definitions" to (0..20_000).joinToString("\n") { "[a$it]: /x" } + "\n\nword",
            "fences" to "```\n\n".repeat(50_000) + "word",
        )
        Markdown.parse("warm *up*")
        for ((name, bomb) in bombs) {
            val start = System.nanoTime()
            val blocks = assertTimeoutPreemptively<List<Block>>(Duration.ofSeconds(20)) { Markdown.parse(bomb) }
            val took = (System.nanoTime() - start) / 1_000_000
            assertTrue("word" in text(blocks)) { "$name lost its words" }
            assertTrue(took < 5000) { "$name took $took ms" }
            assertTrue(count(blocks) < 20_000) { "$name makes ${count(blocks)} views" }
        }
    }

    /** Views that a window makes of it. */
    private fun count(blocks: List<Block>): Int = blocks.sumOf { block ->
        when (block) {
            is Block.Items -> 1 + block.items.sumOf { 1 + count(it.blocks) }
            is Block.Quote -> 1 + count(block.blocks)
            is Block.Table -> 1 + block.head.size * (block.rows.size + 1)
            is Block.Code, is Block.Heading, is Block.Paragraph, Block.Rule -> 1
        }
    }

    @Test
    fun `words in any language and with any marks stay as they are, those that turn the text around go`() {
        val blocks = Markdown.parse("שלום עולם e\u0301 👩‍👩‍👧 مرحبا\u202e desrever\u0000")
        assertEquals("שלום עולם e\u0301 👩‍👩‍👧 مرحبا desrever\ufffd", text(blocks))
        val code = Markdown.parse("```\nif (admin\u202e) {\n```").single() as Block.Code
        assertEquals("if (admin\ufffd) {", code.lines.single().text)
    }

    @Test
    fun `links tell where they lead, addresses and names of files are links`() {
        val text = "[here](https://evil.example/x) https://a.org, `src/a.ts:3` and ~~this~~"
        val runs = (Markdown.parse(text).single() as Block.Paragraph).runs
        assertEquals(
            listOf("https://evil.example/x", null, null, "https://a.org", null, "src/a.ts:3", null, null),
            runs.map { it.style.link },
        )
        assertEquals(" (evil.example)", runs[1].text)
        assertTrue(runs[1].style.aside)
        assertTrue(runs.last().style.strike)
    }

    @Test
    fun `a long paragraph becomes several with all of its text`() {
        val words = (0 until 5000).joinToString(" ") { "word$it" }
        val blocks = Markdown.parse(words)
        assertTrue(blocks.size > 2)
        assertEquals(words, blocks.joinToString("") { text(listOf(it)) })
    }

    @Test
    fun `anything at all is parsed, and as a stream comes to the same`() {
        val alphabet = "* _ ` ~~ [ ]( ) <b> - 1. > | --- # a é 😀 & \\ ! https://a.b".split(' ') +
            listOf("```\n", "\n", "\n\n", " ", "\u202e", "- ", "> ")
        repeat(300) { seed ->
            val random = Random(seed)
            val pieces = List(60) { alphabet[random.nextInt(alphabet.size)] }
            val stream = MarkdownStream()
            val text = StringBuilder()
            for (piece in pieces) {
                text.append(piece)
                stream.update(text.toString(), false)
            }
            assertEquals(Markdown.parse(text.toString()), stream.update(text.toString(), true)) { "seed $seed" }
        }
    }
}
