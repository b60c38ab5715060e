package dev.kilo.frontend.model.changes

import dev.kilo.frontend.model.FarBackend
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.Restore
import dev.kilo.shared.change.Revert
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class RollbackModelTest {
    private val session = Session("ses_1", "/d", "One", created = 1, updated = 1)

    private fun turn(n: Int, changes: List<ChangedFile> = emptyList()): List<MessageWithParts> {
        val user = Message.User("msg_${n}0", "ses_1", n * 10L, "code", "fake", "m1", changes = changes)
        val answer = Message.Assistant(
            "msg_${n}1",
            "ses_1",
            n * 10L + 1,
            "code",
            user.id,
            "fake",
            "m1",
            completed =
            n * 10L + 5,
        )
        return listOf(
            MessageWithParts(user, listOf(Part.Text("prt_${n}0", "ses_1", user.id, "prompt $n"))),
            MessageWithParts(answer, listOf(Part.Text("prt_${n}1", "ses_1", answer.id, "answer $n", ended = 1))),
        )
    }

    private fun test(
        first: Session = session,
        messages: List<MessageWithParts> = turn(1) + turn(2) + turn(3),
        older: String? = null,
        block: suspend TestScope.(FarBackend, SessionModel) -> Unit,
    ) = runTest {
        val far = FarBackend()
        val (app, workspace) = far.open(this, listOf(first))
        workspace.select("ses_1")
        far.settle(this)
        far.answer("sessions.messages", MessagePage(messages, "e1", 0, older))
        far.settle(this)
        block(far, workspace.current.value)
        app.close()
    }

    private fun SessionModel.said() = transcript.rows.mapNotNull { row ->
        when (val body = row.body) {
            is RowBody.Prompt -> body.text
            is RowBody.Answer -> body.buffer.text
            else -> null
        }
    }

    private fun TestScope.rolled(far: FarBackend, to: String?) = far.tell(
        this,
        WorkspaceEvent.SessionUpdated(
            session.copy(
                revert = to?.let {
                    Revert(it, restore = Restore.RESTORED)
                },
            ),
        ),
    )

    @Test
    fun `nothing happens before the preview is confirmed, then the prompt's text comes back`() = test { far, model ->
        val preview = RollbackPreview(4, 2, listOf(ChangedFile("a.txt", additions = 1)), listOf("a.txt"))
        model.rollback.ask("msg_20", "prompt 2")
        model.rollback.confirm()
        far.settle(this)
        assertEquals(listOf("/d", "ses_1", "msg_20"), far.arguments("changes.preview"))
        far.answer("changes.preview", preview)
        far.settle(this)
        assertEquals(preview, model.rollback.plan.value?.preview)
        assertNull(far.open["changes.rollback"])
        model.rollback.confirm()
        far.settle(this)
        far.answer("changes.rollback", session)
        rolled(far, "msg_20")
        assertNull(model.rollback.plan.value)
        assertEquals("prompt 2", model.rollback.returned.value)
        assertEquals(listOf("prompt 1", "answer 1"), model.said())
        assertEquals(RolledBack(2, Restore.RESTORED, emptyMap(), step = true), model.rollback.rolledBack.value)
    }

    @Test
    fun `redo brings one prompt back after the other, or all`() = test { far, model ->
        rolled(far, "msg_10")
        assertEquals(emptyList<String>(), model.said())
        model.rollback.redo()
        far.settle(this)
        assertEquals("msg_20", far.arguments("changes.rollback")?.last())
        far.answer("changes.rollback", session)
        rolled(far, "msg_20")
        assertEquals(listOf("prompt 1", "answer 1"), model.said())
        model.rollback.redoAll()
        far.settle(this)
        far.answer("changes.redo", session)
        rolled(far, null)
        assertEquals(6, model.said().size)
        assertNull(model.rollback.rolledBack.value)
        rolled(far, "msg_30")
        model.rollback.redo()
        far.settle(this)
        assertTrue("changes.redo" in far.open, "the last one is all")
    }

    @Test
    fun `a new prompt shows at once and makes it permanent`() = test { far, model ->
        rolled(far, "msg_20")
        model.send("prompt 4")
        far.settle(this)
        assertEquals(listOf("prompt 1", "answer 1", "prompt 4"), model.said())
        for (id in listOf(
            "msg_20",
            "msg_21",
            "msg_30",
            "msg_31",
        )) {
            far.tell(this, WorkspaceEvent.MessageRemoved("ses_1", id))
        }
        rolled(far, null)
        assertEquals(listOf("prompt 1", "answer 1", "prompt 4"), model.said())
    }

    @Test
    fun `a turn that runs is stopped first, and a refusal stays in the question`() = test { far, model ->
        far.tell(this, WorkspaceEvent.StatusChanged("ses_1", SessionStatus.Busy))
        model.rollback.askNewest()
        far.settle(this)
        assertEquals("msg_30", far.arguments("changes.preview")?.last())
        far.answer("changes.preview", RollbackPreview(2, 1))
        far.settle(this)
        model.rollback.confirm()
        far.settle(this)
        far.answer("sessions.abort", Unit)
        far.settle(this)
        assertNull(far.open["changes.rollback"], "it waits until the turn has ended")
        far.tell(this, WorkspaceEvent.StatusChanged("ses_1", SessionStatus.Idle))
        far.fail("changes.rollback", BackendException(BackendException.Code.BAD_REQUEST, "The session is busy."))
        far.settle(this)
        val plan = checkNotNull(model.rollback.plan.value)
        assertEquals("The session is busy.", plan.problem)
        assertEquals(false, plan.working)
        model.rollback.cancel()
        assertNull(model.rollback.plan.value)
    }

    @Test
    fun `a session that is rolled back further than its newest page loads older ones`() =
        test(session.copy(revert = Revert("msg_20")), turn(2) + turn(3), older = "cursor") { far, model ->
            far.answer("sessions.todos", emptyList<Any>())
            far.answer("changes.list", emptyList<Any>())
            far.settle(this)
            assertEquals(Place.Before("cursor"), far.arguments("sessions.messages")?.last())
            far.answer("sessions.messages", MessagePage(turn(1), "e1", 0, null))
            far.settle(this)
            assertEquals(listOf("prompt 1", "answer 1"), model.said())
            assertEquals(2, model.rollback.rolledBack.value?.prompts)
        }

    @Test
    fun `a turn ends with what it changed, but for one that is cut in the middle`() {
        val files = listOf(ChangedFile("a.txt", additions = 1))
        test(messages = turn(1, files) + turn(2, files)) { far, model ->
            fun changes() = model.transcript.rows.mapNotNull { (it.body as? RowBody.Changes)?.messageId }
            assertEquals(listOf("msg_10", "msg_20"), changes())
            far.tell(this, WorkspaceEvent.StatusChanged("ses_1", SessionStatus.Busy))
            assertEquals(listOf("msg_10"), changes())
            far.tell(this, WorkspaceEvent.StatusChanged("ses_1", SessionStatus.Idle))
            rolled(far, "msg_21")
            assertEquals(listOf("prompt 1", "answer 1", "prompt 2"), model.said())
            assertEquals(listOf("msg_10"), changes())
        }
    }
}
