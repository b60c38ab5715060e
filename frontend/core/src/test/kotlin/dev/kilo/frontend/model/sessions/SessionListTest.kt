package dev.kilo.frontend.model.sessions

import dev.kilo.frontend.model.FarBackend
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatch
import dev.kilo.shared.session.SessionMatches
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.LocalDate
import java.time.ZoneId

@OptIn(ExperimentalCoroutinesApi::class)
class SessionListTest {
    private val far = FarBackend()
    private val today = LocalDate.of(2026, 11, 20)
    private val noon = today.atTime(12, 0).atZone(ZoneId.systemDefault()).toInstant().toEpochMilli()

    private fun session(id: String, updated: Long = noon, parent: String? = null) =
        Session(id = id, directory = "/d", title = "About $id", parentId = parent, created = 0, updated = updated)

    private fun TestScope.open(vararg sessions: Session): WorkspaceModel = far.open(this, sessions.toList()).second

    private fun TestScope.list(workspace: WorkspaceModel): SessionList = SessionList(workspace) { today }.also {
        it.start()
        far.settle(this)
    }

    private fun SessionList.ids() = lines.value.mapNotNull { (it as? SessionLine.Item)?.session?.id }

    @Test
    fun `sessions stand under their days`() = runTest {
        val day = 24L * 3600 * 1000
        val list = list(open(session("a"), session("b", noon - day), session("c", noon - 100 * day)))
        val headings = list.lines.value.filterIsInstance<SessionLine.Heading>().map { it.text }
        assertEquals(listOf("Today", "Yesterday"), headings.take(2))
        assertEquals(3, headings.size)
        assertEquals(listOf("a", "b", "c"), list.ids())
    }

    @Test
    fun `the list tells what each session does while another is looked at`() = runTest {
        val workspace = open(session("a"), session("b"), session("c"), session("d"))
        val list = list(workspace)
        workspace.select("a")
        far.tell(this, WorkspaceEvent.StatusChanged("b", SessionStatus.Busy))
        far.tell(this, WorkspaceEvent.TurnClosed("c", "completed"))
        far.tell(this, WorkspaceEvent.TurnClosed("d", "error"))
        far.settle(this)
        val states = list.lines.value.filterIsInstance<SessionLine.Item>().associate { it.session.id to it.state }
        assertEquals(
            mapOf(
                "a" to SessionState.IDLE,
                "b" to SessionState.RUNNING,
                "c" to SessionState.UNREAD,
                "d" to SessionState.FAILED,
            ),
            states,
        )
        workspace.select("c")
        assertEquals(SessionState.IDLE, workspace.stateOf("c"))
        far.tell(this, WorkspaceEvent.StatusChanged("d", SessionStatus.Busy))
        assertEquals(SessionState.RUNNING, workspace.stateOf("d"))
    }

    @Test
    fun `a search shows titles at once and what was said when it is found`() = runTest {
        val list = list(open(session("ant"), session("cow")))
        list.search("about cow")
        assertEquals(listOf("cow"), list.ids())
        far.settle(this)
        assertTrue(list.busy.value)
        far.answer("sessions.list", listOf(session("old")))
        far.settle(this)
        assertEquals(setOf("cow", "old"), list.ids().toSet())
        val match = SessionMatch("x", "Birds", "m", "p", "user", "text", 0, "all about b", 4, 11)
        far.answer("sessions.find", SessionMatches(listOf(match), complete = false))
        far.settle(this)
        assertFalse(list.busy.value)
        assertEquals(listOf(match), list.lines.value.mapNotNull { (it as? SessionLine.Found)?.match })
        assertTrue(list.lines.value.any { it is SessionLine.Heading && "may be more" in it.text })
        list.search("")
        assertEquals(listOf("ant", "cow"), list.ids())
    }

    @Test
    fun `a deleted session is out of sight at once and comes back with Undo`() = runTest {
        val workspace = open(session("a"), session("b"))
        workspace.select("a")
        workspace.delete("a")
        assertEquals(listOf("b"), workspace.sessions.value.map { it.id })
        assertNull(workspace.current.value.id)
        far.tell(this, WorkspaceEvent.SessionUpdated(session("a")))
        assertEquals(listOf("b"), workspace.sessions.value.map { it.id }, "an event does not bring it back")
        val undo = checkNotNull(workspace.app.notices.list.value.single().action)
        undo.run()
        assertEquals(setOf("a", "b"), workspace.sessions.value.map { it.id }.toSet())
        assertEquals("a", workspace.current.value.id)
        advanceTimeBy(2 * Bin.DELAY)
        assertFalse("sessions.delete" in far.open, "nothing is deleted")
    }

    @Test
    fun `without Undo it is deleted after a while, and a failure brings it back with a word`() = runTest {
        val workspace = open(session("a"), session("b"))
        workspace.delete("a")
        advanceTimeBy(Bin.DELAY + 100)
        assertEquals(listOf("/d", "a"), far.arguments("sessions.delete"))
        assertEquals(0, workspace.app.notices.list.value.size, "the offer is over")
        far.fail("sessions.delete", BackendException(BackendException.Code.INTERNAL, "The disk is full."))
        far.settle(this)
        assertEquals(setOf("a", "b"), workspace.sessions.value.map { it.id }.toSet())
        assertTrue("The disk is full." in workspace.app.notices.list.value.single().text)
    }

    @Test
    fun `closing the window carries out what was to be deleted`() = runTest {
        val workspace = open(session("a"))
        workspace.delete("a")
        workspace.close()
        assertEquals(listOf("/d", "a"), far.arguments("sessions.delete"))
    }

    @Test
    fun `older sessions are loaded when they are asked for, and the list says that there are some`() = runTest {
        val many = (1..200).map { session("s$it", noon - it) }
        val workspace = open(*many.toTypedArray())
        val list = list(workspace)
        assertEquals(SessionLine.More, list.lines.value.last())
        list.more()
        far.settle(this)
        assertEquals(400, far.arguments("sessions.list")?.get(2))
        far.answer("sessions.list", many + session("last", 0))
        far.settle(this)
        assertEquals(201, list.ids().size)
        assertFalse(SessionLine.More in list.lines.value)
    }

    @Test
    fun `a sub-agent's session is opened in place and knows the way back`() = runTest {
        val workspace = open(session("a"))
        workspace.select("child")
        far.settle(this)
        far.answer("sessions.get", session("child", parent = "a"))
        far.settle(this)
        assertEquals("child", workspace.current.value.id)
        assertEquals(listOf("a"), workspace.trail.value.map { it.id })
        workspace.select("a")
        assertEquals(emptyList<Session>(), workspace.trail.value)
    }

    @Test
    fun `the list does nothing while it is not shown`() = runTest {
        val workspace = open(session("a"))
        val list = list(workspace)
        list.stop()
        far.tell(this, WorkspaceEvent.SessionUpdated(session("b")))
        assertEquals(listOf("a"), list.ids())
        list.start()
        far.settle(this)
        assertEquals(setOf("a", "b"), list.ids().toSet())
    }
}
