package dev.kilo.frontend.ui

import dev.kilo.frontend.model.FarBackend
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.frontend.ui.transcript.TranscriptCanvas
import dev.kilo.frontend.ui.transcript.TranscriptView
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import javax.accessibility.AccessibleRole
import javax.swing.SwingUtilities

private const val S = "ses_1"
private const val WIDTH = 700
private const val HEIGHT = 800

private fun turn(number: Int, length: Int = 20): List<MessageWithParts> {
    val user = "msg_%06d0".format(number)
    val own = "msg_%06d1".format(number)
    fun text(message: String, text: String, ended: Long? = 1) =
        Part.Text("prt_$message", S, message, text, false, ended)
    return listOf(
        MessageWithParts(Message.User(user, S, 1, "code", "p", "m"), listOf(text(user, "prompt $number"))),
        MessageWithParts(
            Message.Assistant(own, S, 1, "code", user, "p", "m", completed = 2),
            listOf(text(own, "answer $number ".repeat(length))),
        ),
    )
}

private fun page(turns: IntRange, older: Boolean = false, length: Int = 20): MessagePage {
    val all = turns.flatMap { turn(it, length) }
    return MessagePage(all, "e1", 1, all.first().info.id.takeIf { older })
}

/** Without a window nobody lays out what has changed: [settle] does. */
@OptIn(ExperimentalCoroutinesApi::class)
class TranscriptViewTest {
    private val far = FarBackend()
    private lateinit var session: SessionModel
    private lateinit var view: TranscriptView
    private val canvas get() = view.components.filterIsInstance<TranscriptCanvas>().single()

    private fun test(first: MessagePage, body: TestScope.() -> Unit) = runTest {
        val (app, workspace) = far.open(this, listOf(Session(S, "/d", "One", created = 1, updated = 1)))
        workspace.select(S)
        runCurrent()
        far.answer("sessions.messages", first)
        runCurrent()
        session = workspace.current.value
        val work = Work()
        onEdt {
            view = TranscriptView(session, work) {}
            view.setBounds(0, 0, WIDTH, HEIGHT)
        }
        settle()
        body()
        onEdt { view.close() }
        work.close()
        app.close()
    }

    private fun onEdt(action: () -> Unit) = SwingUtilities.invokeAndWait(action)

    private fun settle() = repeat(2) {
        onEdt {
            view.doLayout()
            canvas.doLayout()
        }
    }

    private fun rows(): List<RowView> = canvas.components.filterIsInstance<RowView>().filter {
        it.y < HEIGHT &&
            it.y + it.height > 0
    }

    /** Where a row that is in sight stands. */
    private fun place(key: String): Int = rows().single { it.row.key == key }.y

    @Test
    fun `only what is in sight has views, however long the session`() = test(page(0..20_000)) {
        assertTrue(view.liveRows in 5..40, "${view.liveRows} of ${session.transcript.rows.size}")
        repeat(50) {
            view.by(-2000)
            settle()
        }
        assertTrue(view.liveRows in 5..40)
    }

    @Test
    fun `what is being read stays where it is when older messages arrive above and answers grow below`() =
        test(page(100..140, older = true)) {
            view.by(-1500)
            settle()
            val row = rows().first { it.y > 100 }
            val before = row.y
            session.loadOlder()
            runCurrent()
            far.answer("sessions.messages", page(50..99, older = true))
            runCurrent()
            settle()
            assertEquals(before, place(row.row.key))

            far.tell(this, WorkspaceEvent.PartDelta(S, "msg_0001401", "prt_msg_0001401", "more ".repeat(500)))
            settle()
            assertEquals(before, place(row.row.key))
            assertTrue(!view.stuck)
        }

    @Test
    fun `at the end it follows what arrives, and jumping to the newest leads back there`() = test(page(0..30)) {
        assertTrue(view.stuck)
        far.tell(this, WorkspaceEvent.MessageUpdated(turn(31)[0].info))
        far.tell(this, WorkspaceEvent.PartUpdated(turn(31)[0].parts[0]))
        settle()
        assertTrue(rows().any { it.row.key == "u:msg_0000310" })
        view.by(-3000)
        settle()
        assertTrue(!view.stuck)
        view.toBottom()
        settle()
        assertTrue(view.stuck)
        assertTrue(rows().any { it.row.key == "u:msg_0000310" })
    }

    @Test
    fun `the keys for prompts go from one to the next in both directions`() = test(page(0..30)) {
        fun top() = rows().minBy { kotlin.math.abs(it.y) }.row.key
        view.previousPrompt()
        settle()
        view.previousPrompt()
        settle()
        val up = top()
        assertTrue(up.startsWith("u:"), up)
        view.previousPrompt()
        settle()
        assertTrue(top() < up)
        view.nextPrompt()
        settle()
        assertEquals(up, top())
    }

    @Test
    fun `rows tell a screen reader what they are and say`() = test(page(0..3)) {
        val names = rows().map { it.getAccessibleContext() }
        assertTrue(names.all { it.accessibleRole == AccessibleRole.LIST_ITEM })
        assertTrue(names.any { it.accessibleName == "You: prompt 3" })
        assertTrue(names.any { it.accessibleName.startsWith("Answer: answer 3") })
    }

    @Test
    fun `an answer is announced when it is complete`() = test(page(0..3)) {
        val own = turn(4)
        far.tell(this, WorkspaceEvent.MessageUpdated(own[0].info))
        far.tell(this, WorkspaceEvent.MessageUpdated(own[1].info))
        val part = Part.Text("prt_x", S, own[1].info.id, "All is ", false, null)
        far.tell(this, WorkspaceEvent.PartUpdated(part))
        far.tell(this, WorkspaceEvent.PartDelta(S, part.messageId, part.id, "well."))
        assertEquals("", view.announced)
        far.tell(this, WorkspaceEvent.PartUpdated(part.copy(text = "All is well.", ended = 5)))
        assertEquals("Answer: All is well.", view.announced)
    }

    @Test
    fun `a row far higher than the window can be scrolled through, and another width keeps it in sight`() =
        test(page(0..1, length = 60_000)) {
            repeat(20) {
                view.by(-700)
                settle()
            }
            val key = rows().first().row.key
            onEdt { view.setBounds(0, 0, 400, HEIGHT) }
            settle()
            assertEquals(key, rows().first().row.key)
            onEdt { view.restyle() }
            settle()
            assertTrue(view.liveRows < 20)
        }
}
