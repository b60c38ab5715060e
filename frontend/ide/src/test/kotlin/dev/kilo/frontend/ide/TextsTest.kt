package dev.kilo.frontend.ide

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class TextsTest {
    @Test
    fun `paths are relative to the project where they lie in it, whatever the machine`() {
        assertEquals("src/a.kt", within("/project", "/project/src/a.kt"))
        assertEquals("src/a.kt", within("C:\\project", "C:/project/src/a.kt"))
        assertEquals("/projects/a.kt", within("/project", "/projects/a.kt"))
    }

    @Test
    fun `a selection is quoted with its place and in a fence that it does not end`() {
        assertEquals(
            "@a.md lines 3-5\n````\n```\ncode\n```\n````\n",
            quoted(Selection("a.md", 3, 5, "```\ncode\n```\n")),
        )
        assertEquals("```\nx\n```\n", quoted(Selection(null, 1, 1, "x")))
    }

    @Test
    fun `both sides of a patch are its context with what went and what came`() {
        val patch =
            """
            diff --git a/a.txt b/a.txt
            --- a/a.txt
            +++ b/a.txt
            @@ -1,3 +1,3 @@
             one
            -two
            +zwei
             three
            @@ -9 +9 @@
            -- dashes
            +- more
            """.trimIndent()
        assertEquals("one\ntwo\nthree\n\n- dashes\n" to "one\nzwei\nthree\n\n- more\n", sidesOf(patch))
        assertEquals("" to "", sidesOf(""))
    }

    @Test
    fun `a whole file is restored from its patch, and refused when it has changed since`() {
        val now = (1..20).joinToString("") { if (it == 10) "zehn\n" else "$it\n" }
        val then = (1..20).joinToString("") { "$it\n" }
        val patch = "--- a\n+++ b\n@@ -9,3 +9,3 @@\n 9\n-10\n+zehn\n 11\n"
        assertEquals(then to now, wholeSides(patch, now))
        assertNull(wholeSides(patch, now.replace("zehn", "ten")))
        assertNull(wholeSides(patch, "short\n"))
        assertNull(wholeSides("", now))
        assertEquals("" to "a\nb\n", wholeSides("@@ -0,0 +1,2 @@\n+a\n+b\n", "a\nb\n"))
        assertEquals("a\nb\n" to "", wholeSides("@@ -1,2 +0,0 @@\n-a\n-b\n", ""))
        assertEquals("a\nb\nc\n" to "a\nc\n", wholeSides("@@ -2 +1,0 @@\n-b\n", "a\nc\n"))
    }

    @Test
    fun `a missing line feed at the end belongs to its side`() {
        val mark = "\\ No newline at end of file\n"
        assertEquals("a" to "a\n", wholeSides("@@ -1 +1 @@\n-a\n$mark+a\n", "a\n"))
        assertEquals("a\n" to "b", wholeSides("@@ -1 +1 @@\n-a\n+b\n$mark", "b"))
        assertEquals("a" to "b", wholeSides("@@ -1 +1 @@\n-a\n$mark+b\n$mark", "b"))
        assertEquals("a\nx" to "b\nx", wholeSides("@@ -1,2 +1,2 @@\n-a\n+b\n x\n$mark", "b\nx"))
        assertEquals("" to "b", wholeSides("@@ -0,0 +1 @@\n+b\n$mark", "b"))
    }

    @Test
    fun `text of others is shown as it is`() {
        assertEquals("<html>&lt;b>a&amp;b<br>c</html>", html("<b>a&b\nc"))
    }
}
