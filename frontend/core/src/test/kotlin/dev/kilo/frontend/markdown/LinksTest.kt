package dev.kilo.frontend.markdown

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.random.Random

class LinksTest {
    @Test
    fun `pages go to the browser and nothing that could run or tell on us goes anywhere`() {
        assertEquals(LinkTarget.Web("https://a.org/x?y#z", "a.org"), Links.target("https://a.org/x?y#z"))
        assertEquals(LinkTarget.Web("https://a.org/a%20b", "a.org"), Links.target("https://a.org/a b"))
        val none = listOf(
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "ms-msdt:/id",
            "file://evil.example/share",
            "\\\\evil\\share",
            "//evil.example/x",
            "#anchor",
            "https://good.org@evil.example/",
            "https://",
            "mailto:a@b.c",
            "http:///x",
            "file:////evil/share",
            "",
        )
        for (bad in none) {
            assertTrue(Links.target(bad) is LinkTarget.Other, bad)
        }
    }

    @Test
    fun `files are meant with and without a line, however that is written`() {
        assertEquals(LinkTarget.File("src/a.ts", 12), Links.target("src/a.ts:12"))
        assertEquals(LinkTarget.File("src/a.ts", 12), Links.target("src/a.ts:12:3"))
        assertEquals(LinkTarget.File("src/a.ts", 12), Links.target("src/a.ts#L12"))
        assertEquals(LinkTarget.File("src/a.ts", 12), Links.target("src/a.ts#L12-L20"))
        assertEquals(LinkTarget.File("/p/a b.ts", 3), Links.target("file:///p/a%20b.ts#L3"))
        assertEquals(LinkTarget.File("C:\\p\\a.ts", 3), Links.target("C:\\p\\a.ts:3"))
        assertEquals(LinkTarget.File("C:/p/a.ts", null), Links.target("file:///C:/p/a.ts"))
        assertEquals(LinkTarget.File("README.md", null), Links.target("README.md"))
        assertEquals(LinkTarget.File("Makefile", 7), Links.target("Makefile:7"))
    }

    @Test
    fun `a link says where it leads unless its text does`() {
        assertNull(Links.aside("https://a.org/x", "https://a.org/x"))
        assertNull(Links.aside("https://a.org/x", "a.org"))
        assertEquals("evil.example", Links.aside("https://evil.example/x", "https://a.org"))
        assertEquals("evil.example", Links.aside("https://evil.example/x", "here"))
        assertEquals("a.org.evil.example", Links.aside("https://a.org.evil.example", "https://a.org"))
        assertNull(Links.aside("src/a.ts:12", "a.ts:12"))
        assertEquals("/etc/passwd", Links.aside("file:///etc/passwd", "the manual"))
        assertEquals("javascript:alert(1)", Links.aside("javascript:alert(1)", "here"))
    }

    @Test
    fun `names of files in code are links, calls and versions are not`() {
        for (yes in listOf("src/a.ts", "a.ts:12", "package.json", "Makefile.am:3", "src/a.c", "./x/y.py")) {
            assertTrue(Links.looksLikeFile(yes), yes)
        }
        for (no in listOf("queue.idle", "queue.idle()", "1.2.3", "a b.ts", "x", "Math.h", "foo.go", "../../etc/a.ts")) {
            assertTrue(!Links.looksLikeFile(no), no)
        }
    }

    @Test
    fun `bare addresses are found without the sentence around them`() {
        fun found(text: String) = Links.addresses(text).map { text.substring(it) }
        assertEquals(listOf("https://a.org/x"), found("See https://a.org/x."))
        assertEquals(listOf("https://a.org/x_(y)", "http://b.c"), found("(https://a.org/x_(y)) and http://b.c!"))
        assertEquals(emptyList<String>(), found("nothing:// here, https:// neither"))
    }

    @Test
    fun `no garbage is followed`() {
        val alphabet = "https:/file@\\.#?:L12 %\u0000\u202eja"
        repeat(2000) { seed ->
            val random = Random(seed)
            val text = String(CharArray(random.nextInt(1, 30)) { alphabet[random.nextInt(alphabet.length)] })
            when (val target = Links.target(text)) {
                is LinkTarget.Web -> assertTrue(target.url.startsWith("http", ignoreCase = true), text)

                is LinkTarget.File -> assertTrue(
                    target.path.none { it.isISOControl() } && listOf("//", "\\").none(target.path::startsWith),
                    text,
                )

                is LinkTarget.Other -> Unit
            }
            Links.aside(text, "x")
            Links.addresses(text)
            Links.looksLikeFile(text)
        }
    }
}
