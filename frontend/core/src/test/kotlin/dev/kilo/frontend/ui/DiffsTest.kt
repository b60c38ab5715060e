package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.ui.transcript.Heights
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import kotlin.random.Random

class DiffsTest {
    @Test
    fun `a unified diff becomes numbered lines and counts`() {
        val diff = Diffs.parse("--- a\n+++ b\n@@ -4,3 +4,3 @@\n same\n-old\n+new\n last\n", "a.txt")
        assertEquals(1, diff.additions)
        assertEquals(1, diff.deletions)
        assertEquals(
            listOf(
                4 to CodeLine.Kind.PLAIN,
                5 to CodeLine.Kind.REMOVED,
                5 to CodeLine.Kind.ADDED,
                6 to CodeLine.Kind.PLAIN,
            ),
            diff.lines.map { it.number to it.kind },
        )
    }

    @Test
    fun `a patch of several files names each of them, and a removed line of dashes is no file`() {
        val patch =
            "--- a/one.txt\n+++ b/one.txt\n@@ -1,2 +1 @@\n keep\n--- gone\n" +
                "Index: two\n===\n--- /dev/null\n+++ b/two.txt\n@@ -0,0 +1 @@\n+new\n" +
                "--- a/three.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"
        val diff = Diffs.parse(patch, "")
        assertEquals(1 to 2, diff.additions to diff.deletions)
        assertEquals(
            listOf("b/one.txt", "  keep", "- -- gone", "b/two.txt", "+ new", "a/three.txt", "- old"),
            diff.lines.map { it.text },
        )
    }

    @Test
    fun `terminal output keeps its colours and loses other control sequences`() {
        val line = Diffs.terminal("\u001b[32mok\u001b[0m \u001b[5Pdone\u001b]0;title\u0007!").single()
        assertEquals("ok done!", line.text)
        assertEquals(Ink.GREEN, line.spans.first().ink)
    }

    @Test
    fun `a progress bar shows its last state`() =
        assertEquals("100 %", Diffs.terminal("1 %\r50 %\r100 %").single().text)

    @Test
    fun `garbage never fails`() {
        repeat(200) { seed ->
            val random = Random(seed)
            val text = String(CharArray(300) { "\u001b[]m;0\r\n\t?x\u0007é\u202e"[random.nextInt(14)] })
            Diffs.terminal(text)
            Diffs.parse("@@ -1 +1 @@\n$text", "a.ts")
        }
    }
}

class HeightsTest {
    @Test
    fun `sums and places are right after any change`() {
        val random = Random(7)
        val heights = Heights()
        val plain = ArrayList<Int>()
        repeat(500) {
            when (random.nextInt(3)) {
                0 -> {
                    val at = random.nextInt(plain.size + 1)
                    val removed = random.nextInt(plain.size - at + 1).coerceAtMost(3)
                    val added = List(random.nextInt(5)) { random.nextInt(1, 90) }
                    repeat(removed) { plain.removeAt(at) }
                    plain.addAll(at, added)
                    heights.splice(at, removed, added)
                }

                else -> if (plain.isNotEmpty()) {
                    val i = random.nextInt(plain.size)
                    plain[i] = random.nextInt(1, 90)
                    heights.set(i, plain[i])
                }
            }
            assertEquals(plain.sum(), heights.total)
            if (plain.isNotEmpty()) {
                val i = random.nextInt(plain.size)
                assertEquals(plain.take(i).sum(), heights.top(i))
                assertEquals(i, heights.at(plain.take(i).sum() + plain[i] - 1))
            }
        }
    }
}
