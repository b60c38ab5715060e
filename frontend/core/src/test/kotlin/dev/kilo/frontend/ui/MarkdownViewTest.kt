package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Markdown
import dev.kilo.frontend.markdown.MarkdownStream
import dev.kilo.frontend.markdown.Run
import dev.kilo.frontend.markdown.Style
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.image.BufferedImage
import javax.swing.SwingUtilities

/** Views without a display: they are laid out and painted into an image. */
class MarkdownViewTest {
    private fun <T> edt(action: () -> T): T {
        var result: Result<T>? = null
        SwingUtilities.invokeAndWait { result = runCatching(action) }
        return checkNotNull(result).getOrThrow()
    }

    private fun paint(view: MarkdownView, width: Int) {
        val height = view.heightFor(width)
        view.setBounds(0, 0, width, height)
        view.validate()
        view.doLayout()
        val image = BufferedImage(width, 400, BufferedImage.TYPE_INT_RGB)
        val g = image.createGraphics()
        g.clipRect(0, 0, width, 400)
        view.paint(g)
        g.dispose()
    }

    @Test
    fun `a stream keeps the views of all that did not change, in lists and quotes too`() = edt {
        val stream = MarkdownStream()
        val view = MarkdownView()
        val text = "# Title\n\nText.\n\n- one\n- two"
        view.show(stream.update(text, false))
        val before = view.components.toList()
        view.show(stream.update("$text more\n- three\n", false))
        assertEquals(before.size, view.componentCount)
        before.forEachIndexed { i, component -> assertSame(component, view.getComponent(i)) }
        val items = (view.getComponent(2) as java.awt.Container).componentCount
        assertEquals(3, items)
    }

    @Test
    fun `bombs are laid out and painted within seconds`() = edt {
        val bombs = listOf(
            "*".repeat(1_000_000),
            "x ".repeat(24_000),
            "- x\n".repeat(15_000),
            "x\n\n".repeat(9_000),
            "> ".repeat(2_000) + "x",
            "|" + "a|".repeat(9_000) + "\n|" + "-|".repeat(9_000) + "\n",
            "|" + "a|".repeat(38) + "\n|" + "-|".repeat(38) + "\n" + ("|" + "word word|".repeat(38) + "\n").repeat(70),
            "שלום ".repeat(8_000),
            "e\u0301\u0302\u0303".repeat(8_000),
            "\ud83d\udc69\u200d\ud83d\udcbb".repeat(5_000),
            "```\n" + "x".repeat(1_500_000) + "\n```",
            "\u202e".repeat(20_000) + "x",
        )
        paint(MarkdownView().also { it.show(Markdown.parse("warm")) }, 700)
        for ((i, bomb) in bombs.withIndex()) {
            val blocks = Markdown.parse(bomb)
            val start = System.nanoTime()
            val view = MarkdownView()
            view.show(blocks)
            paint(view, 700)
            val took = (System.nanoTime() - start) / 1_000_000
            assertTrue(took < 6000) { "bomb $i took $took ms" }
            assertTrue(view.heightFor(700) > 0)
        }
    }

    @Test
    fun `a table fits where it can, shares the room where it must, and scrolls where there is too little`() = edt {
        fun table(columns: Int) = Markdown.parse(
            "|" + "head|".repeat(columns) + "\n|" + "-:|".repeat(columns) + "\n|" +
                "some words in a cell|".repeat(columns),
        )
        val wide = MarkdownView().also { it.show(table(20)) }
        paint(wide, 400)
        val high = wide.heightFor(400)
        // As rows of a few lines with a scroll bar, not as columns of single letters.
        assertTrue(high < 200) { "$high" }
        val narrow = MarkdownView().also { it.show(table(3)) }
        assertTrue(narrow.heightFor(300) > narrow.heightFor(900))
    }

    @Test
    fun `words that are looked for are found in upper and lower case, and where they stand`() = edt {
        val text = FlowText(listOf(Run("Sesame, open ", Style()), Run("SESAME", Style(bold = true))))
        text.setSize(400, text.heightFor(400))
        assertEquals(listOf(0..5, 13..18), text.places("sesame"))
        assertEquals(emptyList<IntRange>(), text.places(""))
        val first = checkNotNull(text.boxOf(0, "sesame"))
        val second = checkNotNull(text.boxOf(1, "sesame"))
        assertTrue(second.x > first.x + first.width)
        val code = CodeText(dev.kilo.frontend.markdown.Highlighter.lines("a\nsesame\nb sesame", "ts"))
        assertEquals(2, code.places("sesame").size)
        assertTrue(checkNotNull(code.boxOf(1, "sesame")).y > checkNotNull(code.boxOf(0, "sesame")).y)
    }
}
