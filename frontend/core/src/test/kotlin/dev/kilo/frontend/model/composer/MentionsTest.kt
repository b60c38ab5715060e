package dev.kilo.frontend.model.composer

import dev.kilo.shared.session.PromptPart
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class MentionsTest {
    private val mentions = Mentions().apply {
        learn("src/a.ts", PromptPart.File("src/a.ts"))
        learn("my file.txt", PromptPart.File("my file.txt"))
        learn("explore", PromptPart.Agent("explore"))
    }

    @Test
    fun `a chosen file goes along with its place in the text, without the sentence's full stop`() {
        val part = mentions.parts("Look at @src/a.ts.").single() as PromptPart.File
        assertEquals("src/a.ts", part.path)
        val source = checkNotNull(part.source)
        assertEquals("@src/a.ts", source.value)
        assertEquals("@src/a.ts", "Look at @src/a.ts.".substring(source.start, source.end))
    }

    @Test
    fun `lines can follow a file, also one that was typed by hand`() {
        val (known, typed) = mentions.parts("@src/a.ts#L10-20 and @lib/b.ts#L3").map { it as PromptPart.File }
        assertEquals(10 to 20, known.from to known.to)
        assertEquals(Triple("lib/b.ts", 3, 3), Triple(typed.path, typed.from, typed.to))
    }

    @Test
    fun `names with spaces are quoted`() {
        val text = "Read ${Mentions.write("my file.txt")}#L2 now"
        val part = mentions.parts(text).single() as PromptPart.File
        assertEquals("my file.txt" to 2, part.path to part.from)
        assertEquals("@\"my file.txt\"#L2", part.source?.value)
    }

    @Test
    fun `what nobody chose stays text, and an address is no mention`() =
        assertEquals(emptyList<PromptPart>(), mentions.parts("@nobody wrote to ada@explore and @media (x)"))

    @Test
    fun `the same agent twice is two parts`() = assertEquals(2, mentions.parts("@explore or @explore?").size)

    @Test
    fun `a mention is being typed only behind its sign and up to a space`() {
        assertEquals(MentionQuery("sr", 3, 6), Mentions.at("at @sr", 6))
        assertEquals(MentionQuery("", 0, 1), Mentions.at("@", 1))
        assertNull(Mentions.at("at @sr c", 8))
        assertNull(Mentions.at("ada@sr", 6))
        assertNull(Mentions.at("@a.ts#L1", 8), "lines are typed by hand")
    }
}
