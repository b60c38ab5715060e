package dev.kilo.frontend.model.composer

import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class CompositionTest {
    private var changes = 0
    private val composition = Composition { changes++ }

    @Test
    fun `a draft that was kept comes back with its mentions and attachments`() {
        composition.mentions.learn("a.ts", PromptPart.File("a.ts"))
        composition.typed("See @a.ts#L3")
        composition.attach(Composition.attachment("log.txt", "ä\nb"))
        val other = Composition {}
        other.show(composition.data())
        assertEquals("See @a.ts#L3", other.text)
        assertEquals("ä\nb", other.chips.value.single().text())
        assertEquals(3, (other.parts()[0] as PromptPart.File).from)
    }

    @Test
    fun `attachments have different names and are bounded`() {
        repeat(Composition.MOST_CHIPS) { assertTrue(composition.attach(Composition.attachment("a.txt", "x")) != null) }
        assertEquals(Composition.MOST_CHIPS, composition.chips.value.map { it.part.filename }.toSet().size)
        assertEquals("a 2.txt", composition.chips.value[1].part.filename)
        assertNull(composition.attach(Composition.attachment("b.txt", "x")))
        val huge = PromptPart.Attachment("image/png", "p.png", "x".repeat(Composition.MOST_BYTES + 1))
        assertNull(Composition {}.attach(huge))
    }

    @Test
    fun `changing a waiting prompt puts what was being written aside until it is over`() {
        composition.typed("half")
        composition.edit("out_1", Prompt("", "waiting"))
        assertEquals("waiting" to "out_1", composition.text to composition.editing.value)
        composition.edit("out_2", Prompt("", "other"))
        composition.leave()
        assertEquals("half" to null, composition.text to composition.editing.value)
    }

    @Test
    fun `changing an earlier prompt puts what was being written aside until it is sent`() {
        composition.typed("half")
        composition.revisit(DraftData("earlier"))
        assertEquals("earlier", composition.text)
        composition.clear()
        assertEquals("half", composition.text)
    }

    @Test
    fun `long pastes are told from short ones`() {
        assertFalse(Composition.isLong("a\n".repeat(19)))
        assertTrue(Composition.isLong("a\n".repeat(20)))
        assertTrue(Composition.isLong("a".repeat(2001)))
    }
}
