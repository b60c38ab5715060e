package dev.kilo.frontend.model.changes

import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class DiffDocumentTest {
    private val file = ChangedFile("src/a.kt", ChangeKind.MODIFIED, 2, 2)
    private val before = (1..40).joinToString("") { "line $it\n" }
    private val after = before.replace("line 10\n", "line ten\n").replace("line 30\n", "line thirty\nand more\n")
    private val patch = listOf(
        "diff --git a/src/a.kt b/src/a.kt",
        "--- a/src/a.kt",
        "+++ b/src/a.kt",
        "@@ -7,7 +7,7 @@ line 6",
        " line 7", " line 8", " line 9", "-line 10", "+line ten", " line 11", " line 12", " line 13",
        "@@ -27,7 +27,8 @@ line 26",
        " line 27", " line 28", " line 29", "-line 30", "+line thirty", "+and more", " line 31", " line 32", " line 33",
    ).joinToString("\n", postfix = "\n")

    private fun document(patch: String? = this.patch, before: String? = this.before, after: String? = this.after) =
        checkNotNull(DiffDocument.of(FileChange(file, patch, before, after)))

    private fun DiffDocument.text(kind: DiffLine.Kind) = lines.filter { it.kind == kind }.map { it.text }

    @Test
    fun `a patch and the texts make the whole file, with the hunks that the CLI knows`() {
        val document = document()
        assertEquals(listOf("line 10", "line 30"), document.text(DiffLine.Kind.REMOVED))
        assertEquals(listOf("line ten", "line thirty", "and more"), document.text(DiffLine.Kind.ADDED))
        assertEquals(38, document.text(DiffLine.Kind.SAME).size)
        assertEquals(listOf("@@ -7,7 +7,7 @@", "@@ -27,7 +27,8 @@"), document.hunks.map { it.head })
        assertEquals(listOf("line 7", "line 27"), document.hunks.map { document.lines[it.first].text })
        assertEquals(listOf("line 13", "line 33"), document.hunks.map { document.lines[it.last].text })
        val last = document.lines.last()
        assertEquals(listOf(40, 41), listOf(last.old, last.new))
        assertEquals(listOf("line 10", "line 30"), document.changes.map { document.lines[it].text })
    }

    @Test
    fun `without the texts the places in between are gaps of a known size`() {
        val document = document(before = null, after = null)
        assertEquals(listOf(6, 13), document.gaps.map { it.count })
        assertEquals("line 7", document.lines.first().text)
        assertEquals(listOf(7, 7), document.lines.first().let { listOf(it.old, it.new) })
        val rows = DiffRows(document, sideBySide = false).rows
        assertEquals(2, rows.count { it is DiffRow.Gap })
        assertEquals(2, rows.count { it is DiffRow.Head })
    }

    @Test
    fun `without a patch the two texts are compared, and there is nothing to choose`() {
        val document = document(patch = null)
        assertEquals(listOf("line 10", "line 30"), document.text(DiffLine.Kind.REMOVED))
        assertEquals(listOf("line ten", "line thirty", "and more"), document.text(DiffLine.Kind.ADDED))
        assertTrue(document.hunks.isEmpty())
        assertEquals(
            document().lines.map {
                Triple(it.kind, it.old, it.new)
            },
            document.lines.map { Triple(it.kind, it.old, it.new) },
        )
    }

    @Test
    fun `only what differs within a line is marked, and nothing in lines that have little in common`() {
        val document = document()
        fun marked(text: String) = document.lines.first { it.text == text }.let { line ->
            (line.words.indices step 2).map { line.text.substring(line.words[it], line.words[it + 1]) }
        }
        assertEquals(listOf("10"), marked("line 10"))
        assertEquals(listOf("ten"), marked("line ten"))
        assertEquals(emptyList<String>(), marked("and more"))
        val other = document("@@ -1 +1 @@\n-val answer = 42\n+fun main() {\n", null, null)
        assertTrue(other.lines.all { it.words.isEmpty() })
    }

    @Test
    fun `unchanged lines far from changes are folded, and a fold can be opened`() {
        val rows = DiffRows(document(), sideBySide = false)
        val folds = rows.rows.filterIsInstance<DiffRow.Fold>()
        assertEquals(listOf(6, 13, 7), folds.map { it.count })
        val open = rows.opened(folds[1].first)
        assertEquals(2, open.rows.count { it is DiffRow.Fold })
        assertEquals(rows.rows.size + 12, open.rows.size)
        assertEquals(2, open.with(sideBySide = true).rows.count { it is DiffRow.Fold })
    }

    @Test
    fun `side by side a replaced line stands beside its replacement`() {
        val document = document()
        val rows = DiffRows(document, sideBySide = true).rows.filterIsInstance<DiffRow.Two>()
        val pairs = rows.filter { it.left != it.right }.map { row ->
            listOf(row.left, row.right).map { if (it < 0) null else document.lines[it].text }
        }
        assertEquals(
            listOf(listOf("line 10", "line ten"), listOf("line 30", "line thirty"), listOf(null, "and more")),
            pairs,
        )
        val at = document.lines.indexOfFirst { it.text == "and more" }
        assertEquals(
            "and more",
            (
                DiffRows(document, true).let {
                    it.rows[it.rowOf(at)]
                } as DiffRow.Two
                ).let { document.lines[it.right].text },
        )
    }

    @Test
    fun `new, deleted and empty files, binary ones and odd lines`() {
        val added = document("@@ -0,0 +1,2 @@\n+one\n+-- two\n", "", "one\n-- two\n")
        assertEquals(listOf("one", "-- two"), added.text(DiffLine.Kind.ADDED))
        val deleted = document("@@ -1,2 +0,0 @@\n---- one\n-two\n\\ No newline at end of file\n", "--- one\ntwo", "")
        assertEquals(listOf("--- one", "two"), deleted.text(DiffLine.Kind.REMOVED))
        val odd = document("@@ -1 +1 @@\n-a\tb\u0007\r\n+ü👍\u202e\n", null, null)
        assertEquals(listOf("a    b", "ü👍\u202e"), odd.lines.map { it.text })
        assertNull(DiffDocument.of(FileChange(file, "diff --git a/x b/x\nBinary files a/x and b/x differ\n")))
        assertNull(DiffDocument.of(FileChange(file)))
        assertNull(DiffDocument.of(FileChange(file, null, "", "")))
    }

    @Test
    fun `a change of 50,000 lines is laid out in well under a second, and a longer one is cut`() {
        val long = (1..50_000).joinToString("\n") { "value $it = ${it * 31}" }
        val other = (1..50_000).joinToString("\n") {
            if (it % 2 ==
                0
            ) {
                "value $it = ${it * 37}"
            } else {
                "value $it = ${it * 31}"
            }
        }
        val start = System.nanoTime()
        val document = document(null, long, other)
        DiffRows(document, sideBySide = true)
        val millis = (System.nanoTime() - start) / 1_000_000
        assertTrue(
            document.lines.size == 75_000 && document.changes.size == 25_000 && !document.cut,
            "${document.lines.size} lines",
        )
        assertTrue(millis < 5_000, "took $millis ms")
        val endless = document("@@ -0,0 +1,300000 @@\n" + "+x\n".repeat(300_000), null, null)
        assertTrue(endless.cut && endless.lines.size == MAX_LINES)
    }
}
