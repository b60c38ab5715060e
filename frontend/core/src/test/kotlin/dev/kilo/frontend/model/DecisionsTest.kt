package dev.kilo.frontend.model

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class DecisionsTest {
    private val parent = Session("ses_1", "/d", "One", created = 1, updated = 1)
    private val child = Session("ses_2", "/d", "Sub", parentId = "ses_1", created = 2, updated = 2)

    private fun permission(id: String, session: String = "ses_1") =
        PermissionRequest(id, session, "edit", listOf("a"), emptyList(), JsonObject(emptyMap()))

    private fun question(id: String, session: String = "ses_1") =
        QuestionRequest(id, session, listOf(Question("Which?", "", emptyList())))

    private fun test(block: suspend TestScope.(FarBackend, WorkspaceModel) -> Unit) = runTest {
        val far = FarBackend()
        val (app, workspace) = far.open(this, listOf(parent))
        block(far, workspace)
        app.close()
    }

    private fun WorkspaceModel.waiting() = decisions.value.map { it.id to it.shownIn }

    @Test
    fun `permissions and questions wait in the order in which they were asked, also after a reset`() =
        test { far, workspace ->
            far.tell(this, WorkspaceEvent.PermissionAsked(permission("per_001")))
            far.tell(this, WorkspaceEvent.QuestionAsked(question("que_002")))
            far.tell(this, WorkspaceEvent.PermissionAsked(permission("per_003")))
            val order = listOf("per_001", "que_002", "per_003")
            assertEquals(order, workspace.decisions.value.map { it.id })

            far.reset(
                this,
                listOf(parent),
                listOf(permission("per_001"), permission("per_003")),
                listOf(question("que_002")),
            )
            assertEquals(order, workspace.decisions.value.map { it.id })

            far.tell(this, WorkspaceEvent.QuestionClosed("ses_1", "que_002"))
            far.tell(this, WorkspaceEvent.PermissionReplied("ses_1", "per_001", "once"))
            assertEquals(listOf("per_003"), workspace.decisions.value.map { it.id })
            assertEquals(listOf("per_003"), workspace.permissions.value.map { it.id })
        }

    @Test
    fun `what waited when the server ended is told once, and what was answered before is not`() =
        test { far, workspace ->
            far.tell(this, WorkspaceEvent.PermissionAsked(permission("per_001")))
            far.tell(this, WorkspaceEvent.QuestionAsked(question("que_002")))
            workspace.reply(question("que_002"), listOf(listOf("Red")))
            far.settle(this)
            far.reset(this, listOf(parent), emptyList(), emptyList())
            assertEquals(emptyList<Any>(), workspace.waiting())
            val told = workspace.app.notices.list.value.map { it.text }
            assertEquals(listOf(texts("decision.lost", ToolText.question(permission("per_001")))), told)

            far.reset(this, listOf(parent), emptyList(), emptyList())
            assertEquals(told, workspace.app.notices.list.value.map { it.text })
        }

    @Test
    fun `an answer is sent once and its question does not come back with an older list`() = test { far, workspace ->
        val request = question("que_1")
        far.tell(this, WorkspaceEvent.QuestionAsked(request))
        workspace.reply(request, listOf(listOf("Red")))
        workspace.reply(request, listOf(listOf("Blue")))
        workspace.reject(request)
        far.settle(this)
        assertEquals(emptyList<Any>(), workspace.waiting())
        assertEquals(listOf(listOf("Red")), far.arguments("questions.reply")?.get(2))
        assertTrue("questions.reject" !in far.open)
        far.reset(this, listOf(parent), emptyList(), listOf(request))
        assertEquals(emptyList<Any>(), workspace.waiting())
    }

    @Test
    fun `an answer that did not arrive brings its question back with a notice, one that is over does not`() =
        test { far, workspace ->
            val request = question("que_1")
            far.tell(this, WorkspaceEvent.QuestionAsked(request))
            workspace.reply(request, listOf(listOf("Red")))
            far.settle(this)
            far.fail("questions.reply", BackendException(BackendException.Code.OUTCOME_UNKNOWN, "It went away."))
            far.settle(this)
            assertEquals(listOf("que_1" to "ses_1"), workspace.waiting())
            assertTrue(workspace.app.notices.list.value.single().text.endsWith("It went away."))

            workspace.reject(request)
            far.settle(this)
            far.fail("questions.reject", BackendException(BackendException.Code.NOT_FOUND, "It is answered."))
            far.settle(this)
            assertEquals(emptyList<Any>(), workspace.waiting())
        }

    @Test
    fun `what a sub-agent asks is shown in the session at the top, known or not`() = test { far, workspace ->
        far.tell(this, WorkspaceEvent.SessionUpdated(child))
        far.tell(this, WorkspaceEvent.PermissionAsked(permission("per_1", "ses_2")))
        assertEquals(listOf("per_1" to "ses_1"), workspace.waiting())
        assertTrue("sessions.get" !in far.open, "what is known is not asked for")

        // One from before this window: its parent is found by asking, over more than one step.
        far.tell(this, WorkspaceEvent.QuestionAsked(question("que_2", "ses_9")))
        assertEquals("ses_9", far.arguments("sessions.get")?.get(1))
        far.answer("sessions.get", child.copy(id = "ses_9", parentId = "ses_2"))
        far.settle(this)
        assertEquals(listOf("per_1" to "ses_1", "que_2" to "ses_1"), workspace.waiting())
        assertEquals(listOf("ses_1"), workspace.sessions.value.map { it.id })
    }

    @Test
    fun `a deleted session takes along what it and its sub-agents asked`() = test { far, workspace ->
        far.tell(this, WorkspaceEvent.SessionUpdated(child))
        far.tell(this, WorkspaceEvent.PermissionAsked(permission("per_1", "ses_2")))
        far.tell(this, WorkspaceEvent.QuestionAsked(question("que_2")))
        far.tell(this, WorkspaceEvent.SessionDeleted("ses_1"))
        assertEquals(emptyList<Any>(), workspace.waiting())
    }

    @Test
    fun `a permission that was answered is not sent again`() = test { far, workspace ->
        val request = permission("per_1")
        far.tell(this, WorkspaceEvent.PermissionAsked(request))
        workspace.reply(request, PermissionReply.ONCE)
        workspace.reply(request, PermissionReply.REJECT)
        far.settle(this)
        assertEquals(PermissionReply.ONCE, far.arguments("permissions.reply")?.get(2))
    }
}
