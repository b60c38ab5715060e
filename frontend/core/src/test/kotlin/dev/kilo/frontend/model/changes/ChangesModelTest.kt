package dev.kilo.frontend.model.changes

import dev.kilo.frontend.model.FarBackend
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.change.Settled
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class ChangesModelTest {
    private val session = Session("ses_1", "/d", "One", created = 1, updated = 1)
    private val a = ChangedFile("a.txt", ChangeKind.MODIFIED, 1, 1)
    private val b = ChangedFile("b.txt", ChangeKind.ADDED, 3, 0)
    private val patch = "@@ -1 +1 @@\n-one\n+two\n"
    private val ofSession = ChangeScope.OfSession("ses_1")

    private fun test(block: suspend TestScope.(FarBackend, WorkspaceModel, ChangesModel) -> Unit) = runTest {
        val far = FarBackend()
        val (app, workspace) = far.open(this, listOf(session))
        workspace.select("ses_1")
        far.settle(this)
        far.answer("sessions.messages", MessagePage(emptyList(), "e0", 0))
        far.answer("changes.list", listOf(a))
        far.settle(this)
        val model = ChangesModel(workspace.current.value, workspace, StandardTestDispatcher(testScheduler))
        block(far, workspace, model)
        app.close()
    }

    private fun TestScope.shown(far: FarBackend, model: ChangesModel, files: List<ChangedFile> = listOf(a, b)) {
        model.show()
        far.settle(this)
        far.answer("changes.list", files)
        far.answer("changes.settled", emptyList<Settled>())
        far.settle(this)
    }

    private fun TestScope.answerFile(far: FarBackend, file: ChangedFile, patch: String? = this@ChangesModelTest.patch) {
        far.answer("changes.file", FileChange(file, patch))
        far.settle(this)
    }

    @Test
    fun `nothing is asked before it is shown, then the list and its first file`() = test { far, _, model ->
        assertFalse("changes.list" in far.open)
        shown(far, model)
        assertEquals(listOf(a, b), model.files.value)
        assertEquals(listOf("/d", ofSession, "a.txt", null), far.arguments("changes.file"))
        assertEquals(OpenChange.Loading(a), model.open.value)
        answerFile(far, a)
        assertEquals(2, (model.open.value as OpenChange.Shown).document?.lines?.size)
        model.select("b.txt")
        far.settle(this)
        far.fail("changes.file", BackendException(BackendException.Code.NOT_FOUND, "It is gone."))
        far.settle(this)
        assertEquals(OpenChange.Failed(b, "It is gone."), model.open.value)
    }

    @Test
    fun `an undone hunk is named with what was seen, and the next file takes the place of one that is done`() =
        test { far, _, model ->
            shown(far, model)
            answerFile(far, a)
            val hunk = checkNotNull((model.open.value as OpenChange.Shown).document).hunks.single()
            model.undo(a, hunk)
            far.settle(this)
            assertTrue(model.working.value)
            model.undoAll()
            assertEquals(
                listOf("/d", "ses_1", ChangeChoice("a.txt", "@@ -1 +1 @@", patch)),
                far.arguments("changes.undo"),
            )
            far.answer("changes.undo", listOf(b))
            far.settle(this)
            far.answer("changes.settled", listOf(Settled(true, listOf("a.txt"), 1)))
            answerFile(far, b)
            assertFalse(model.working.value)
            assertEquals(b, (model.open.value as OpenChange.Shown).change.file)
            assertEquals(listOf("a.txt"), model.settled.value.single().files)
            model.takeBack()
            far.settle(this)
            far.answer("changes.takeBack", listOf(a, b))
            far.settle(this)
            assertEquals(listOf(a, b), model.files.value)
        }

    @Test
    fun `a conflict is a note in the CLI's words, and the list is read again`() = test { far, _, model ->
        shown(far, model)
        answerFile(far, a)
        model.undo(a)
        far.settle(this)
        far.fail("changes.undo", BackendException(BackendException.Code.BAD_REQUEST, "a.txt was changed since."))
        far.settle(this)
        assertEquals("a.txt was changed since.", model.note.value)
        assertFalse(model.working.value)
        far.answer("changes.list", listOf(a, b))
        far.settle(this)
        assertEquals("a.txt was changed since.", model.note.value)
    }

    @Test
    fun `undoing all tells what it left alone`() = test { far, _, model ->
        shown(far, model)
        answerFile(far, a)
        model.undoAll()
        far.settle(this)
        assertEquals(listOf("/d", "ses_1", ChangeChoice()), far.arguments("changes.undo"))
        far.answer("changes.undo", listOf(b))
        far.settle(this)
        assertTrue("b.txt" in model.note.value.orEmpty(), model.note.value)
    }

    @Test
    fun `a renamed file is settled under both names`() = test { far, _, model ->
        val renamed = ChangedFile("new.txt", ChangeKind.RENAMED, from = "old.txt")
        shown(far, model, listOf(renamed))
        model.keep(renamed)
        far.settle(this)
        assertEquals(ChangeChoice("old.txt"), far.arguments("changes.keep")?.last())
        far.answer("changes.keep", listOf(b))
        far.settle(this)
        assertEquals(ChangeChoice("new.txt"), far.arguments("changes.keep")?.last())
    }

    @Test
    fun `events keep the list and the open file up to date, until nobody looks`() = test { far, workspace, _ ->
        val model = workspace.current.value.changes
        shown(far, model)
        far.open.remove("changes.file")
        val more = a.copy(additions = 5)
        far.tell(this, WorkspaceEvent.DiffChanged("ses_1", listOf(more)))
        assertEquals(listOf(more), model.files.value)
        assertTrue("changes.file" in far.open)
        model.leave()
        far.settle(this)
        far.open.clear()
        far.tell(this, WorkspaceEvent.DiffChanged("ses_1", listOf(a, b)))
        assertEquals(emptySet<String>(), far.open.keys)
        assertEquals(listOf(a, b), workspace.current.value.diff.value)
    }

    @Test
    fun `the working tree can be looked at, but not settled`() = test { far, _, model ->
        shown(far, model)
        far.open.clear()
        model.show(ChangeScope.Uncommitted)
        far.settle(this)
        far.answer("changes.list", emptyList<ChangedFile>())
        far.settle(this)
        assertFalse(model.canSettle)
        assertTrue(model.ready.value)
        assertEquals(OpenChange.None, model.open.value)
        model.keepAll()
        far.settle(this)
        assertNull(far.open["changes.keep"])
    }
}
