package dev.kilo.frontend.model.composer

import dev.kilo.frontend.model.FarBackend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.composer.Found
import dev.kilo.shared.composer.FoundPath
import dev.kilo.shared.composer.SlashCommand
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.WaitingPrompt
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class SessionComposerTest {
    private val far = FarBackend()
    private val session = Session("ses_1", "/d", "One", created = 1, updated = 1)

    private fun open(scope: TestScope) = far.open(scope, listOf(session)).second.also {
        it.select("ses_1")
        far.settle(scope)
        far.tell(scope, WorkspaceEvent.StatusChanged("ses_1", SessionStatus.Busy))
    }

    private fun waiting(id: String, text: String) = WaitingPrompt(id, 1, Prompt("msg_$id", text))

    @Test
    fun `while the agent works a prompt waits, and comes back when that fails`() = runTest {
        val workspace = open(this)
        val composer = workspace.current.value.composer
        composer.composition.typed("  next ")
        assertTrue(composer.submit())
        assertTrue(composer.composition.blank)
        far.settle(this)
        assertEquals("next", (far.arguments("composer.wait")?.get(2) as Prompt).text)
        far.fail("composer.wait", BackendException(BackendException.Code.INTERNAL, "no"))
        far.settle(this)
        assertEquals("next", composer.composition.text)
        assertEquals(1, workspace.app.notices.list.value.size)
    }

    @Test
    fun `moving and removing show at once, and the host's word counts`() = runTest {
        val composer = open(this).current.value.composer
        far.answer("composer.waiting", listOf(waiting("a", "1"), waiting("b", "2"), waiting("c", "3")))
        far.settle(this)
        composer.move("c", -2)
        assertEquals(listOf("c", "a", "b"), composer.waiting.value.map { it.id })
        far.settle(this)
        assertEquals(listOf("c", "a", "b"), far.arguments("composer.order")?.get(2))
        composer.remove("a")
        assertEquals(listOf("c", "b"), composer.waiting.value.map { it.id })
        far.tell(this, WorkspaceEvent.OutboxChanged("ses_1", listOf("b")))
        assertEquals(listOf("b"), composer.waiting.value.map { it.id })
        far.tell(this, WorkspaceEvent.OutboxChanged("ses_1", emptyList()))
        assertEquals(emptyList<WaitingPrompt>(), composer.waiting.value)
    }

    @Test
    fun `a prompt that is sent while it is being changed leaves the composer`() = runTest {
        val composer = open(this).current.value.composer
        far.answer("composer.waiting", listOf(waiting("a", "1")))
        far.settle(this)
        composer.composition.typed("mine")
        composer.edit("a")
        far.tell(this, WorkspaceEvent.OutboxChanged("ses_1", emptyList()))
        assertEquals("mine" to null, composer.composition.text to composer.composition.editing.value)
    }

    @Test
    fun `a window command runs here and is never sent, and a mistyped one keeps its text`() = runTest {
        val workspace = open(this)
        val composer = workspace.current.value.composer
        var ran: String? = null
        workspace.commands.add(WindowCommand("x", "", { null }) { ran = it })
        composer.composition.typed("/x a b")
        assertTrue(composer.submit())
        assertEquals("a b", ran)
        composer.composition.typed("/y")
        assertFalse(composer.submit())
        assertEquals("/y", composer.composition.text)
        assertNull(far.arguments("composer.wait"))
    }

    @Test
    fun `only the answer to the newest question is shown, and none is waited for`() = runTest {
        val workspace = open(this)
        val completions = workspace.completions
        val mentions = workspace.current.value.composer.composition.mentions
        completions.typed("@a", 2, mentions)
        far.settle(this)
        far.answer("composer.commands", emptyList<SlashCommand>())
        completions.typed("@ab", 3, mentions)
        assertTrue(far.open.remove("composer.find") != null, "the first question was on its way")
        far.settle(this)
        assertEquals("ab", far.arguments("composer.find")?.get(1))
        far.answer("composer.find", Found(listOf(FoundPath("src/ab.ts", false)), emptyList()))
        far.settle(this)
        assertEquals("ab.ts", completions.offers.value?.items?.last()?.title)
        completions.dismiss()
        completions.typed("@abc", 4, mentions)
        assertNull(completions.offers.value, "closed by the user for this word")
    }

    @Test
    fun `a name that was typed to its end counts as chosen`() = runTest {
        val workspace = open(this)
        val composition = workspace.current.value.composer.composition
        composition.typed("@a.ts")
        workspace.completions.typed("@a.ts", 5, composition.mentions)
        far.settle(this)
        far.answer("composer.find", Found(listOf(FoundPath("a.ts", false)), emptyList()))
        far.settle(this)
        assertEquals("a.ts", (composition.parts().single() as PromptPart.File).path)
    }
}
