package dev.kilo.backend.rpc

import dev.kilo.backend.cli.running
import dev.kilo.backend.testkit.BackendTest
import dev.kilo.backend.testkit.Window
import dev.kilo.backend.testkit.messageId
import dev.kilo.backend.testkit.said
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.CliState
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionOption
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files

/** The backend over the bundled CLI and a model server: real processes, real HTTP, real files. */
internal class RealCliTest : BackendTest() {
    private val editTwo =
        """[[tool:edit {"filePath":"${place.project}/a.txt","oldString":"two","newString":"TWO"}]]""" +
            "[[then]][[text:Changed it.]]"

    @Test
    fun `a turn asks before it edits, changes the file after a yes and tells the whole story`() = test { window ->
        val session = backend.sessions.create(directory)
        window.prompt(session, editTwo)
        val request = window.asked()
        assertEquals("edit", request.permission)
        assertEquals(listOf(request.id), backend.permissions.pending(directory).map { it.id })
        assertEquals("one\ntwo\nthree\n", Files.readString(place.project.resolve("a.txt")))
        backend.permissions.reply(directory, request.id, PermissionReply.ONCE)
        assertEquals("completed", window.turn(session))
        assertEquals("one\nTWO\nthree\n", Files.readString(place.project.resolve("a.txt")))
        val messages = window.transcript(session)
        assertEquals("Changed it.", messages.said())
        val tool = messages.flatMap { it.parts }.filterIsInstance<Part.Tool>().single()
        assertTrue(tool.state is ToolState.Completed)
        assertEquals(0, backend.permissions.pending(directory).size)
        assertEquals(0L, backend.hub.skipped)
    }

    @Test
    fun `a question is listed, answered once, and its answer reaches the model`() = test { window ->
        val session = backend.sessions.create(directory)
        val questions =
            """{"questions":[{"header":"Color","question":"Which?","multiple":true,"options":[{"label":"Red","description":"warm"}]}]}"""
        window.prompt(session, "[[tool:question $questions]][[then]][[text:Red then.]]")
        val request = window.await { (it as? WorkspaceEvent.QuestionAsked)?.request }
        val question = request.questions.single()
        assertEquals(Question("Which?", "Color", listOf(QuestionOption("Red", "warm")), multiple = true), question)
        assertEquals(listOf(request), backend.questions.pending(directory))
        backend.questions.reply(directory, request.id, listOf(listOf("Red", "and more")))
        window.await { event -> (event as? WorkspaceEvent.QuestionClosed)?.takeIf { it.requestId == request.id } }
        assertEquals("completed", window.turn(session))
        val tool = window.transcript(session).flatMap { it.parts }.filterIsInstance<Part.Tool>().single()
        assertTrue("\"Red\", \"and more\"" in (tool.state as ToolState.Completed).output)
        val again = assertThrows(BackendException::class.java) {
            runBlocking { backend.questions.reject(directory, request.id) }
        }
        assertEquals(BackendException.Code.NOT_FOUND, again.code)
        assertEquals(0, backend.questions.pending(directory).size)
    }

    @Test
    fun `a dismissed question ends its turn`() = test { window ->
        val session = backend.sessions.create(directory)
        window.prompt(
            session,
            """[[tool:question {"questions":[{"question":"Which?"}]}]][[then]][[text:Never said.]]""",
        )
        val request = window.await { (it as? WorkspaceEvent.QuestionAsked)?.request }
        assertTrue(request.questions.single().custom)
        backend.questions.reject(directory, request.id)
        assertEquals("completed", window.turn(session))
        assertFalse("Never said" in window.transcript(session).said())
    }

    @Test
    fun `what a sub-agent asks leads to its parent`() = test { window ->
        val session = backend.sessions.create(directory)
        val edit =
            "[[tool:edit {\\\"filePath\\\":\\\"a.txt\\\"," +
                "\\\"oldString\\\":\\\"two\\\",\\\"newString\\\":\\\"TWO\\\"}]]"
        window.prompt(
            session,
            """[[tool:task {"description":"Edit","prompt":"$edit","subagent_type":"general"}]][[then]][[text:Done.]]""",
        )
        val request = window.asked()
        assertNotEquals(session.id, request.sessionId)
        assertEquals(session.id, backend.sessions.get(directory, request.sessionId).parentId)
        assertEquals(listOf(request.id), backend.permissions.pending(directory).map { it.id })
        backend.permissions.reply(directory, request.id, PermissionReply.ONCE)
        assertEquals("completed", window.turn(session))
        assertEquals("one\nTWO\nthree\n", Files.readString(place.project.resolve("a.txt")))
    }

    @Test
    fun `a page says which events it includes, also in the middle of an answer`() = test { window ->
        val session = backend.sessions.create(directory)
        window.prompt(session, "[[text:One two three four]][[hold:page]][[text: five six]]")
        window.await { event -> (event as? WorkspaceEvent.PartDelta)?.takeIf { "four" in it.delta } }
        val page = backend.sessions.messages(directory, session.id)
        val atPage = page.messages.said()
        model.release("page")
        assertEquals("completed", window.turn(session))
        val answer = page.messages.first {
            it.info is Message.Assistant
        }.parts.filterIsInstance<Part.Text>().single()
        val later =
            window.events
                .filter { it.seq > page.asOf && it.epoch == page.epoch }
                .mapNotNull { it.event as? WorkspaceEvent.PartDelta }
                .filter { it.partId == answer.id }
                .joinToString("") { it.delta }
        val whole = window.transcript(session).said()
        assertEquals("One two three four five six", whole)
        assertTrue(whole.startsWith(atPage + later), "page \"$atPage\" and later \"$later\"")
    }

    @Test
    fun `a user who allows edits is not asked, and in a project that denies them neither`() = test { window ->
        place.configure("""{"permission":{"edit":"allow"}}""")
        val allowed = backend.sessions.create(directory)
        window.prompt(allowed, editTwo)
        assertEquals("completed", window.turn(allowed))
        assertEquals("one\nTWO\nthree\n", Files.readString(place.project.resolve("a.txt")))

        val denying = place.repo("denying")
        Files.writeString(denying.resolve("kilo.json"), """{"permission":{"edit":"deny"}}""")
        coroutineScope {
            val other = Window(backend, denying.toString(), this)
            other.await { it as? WorkspaceEvent.Reset }
            val denied = backend.sessions.create(denying.toString())
            other.prompt(denied, editTwo.replace(place.project.toString(), denying.toString()))
            other.turn(denied)
            other.stop()
            assertTrue(other.events.none { it.event is WorkspaceEvent.PermissionAsked })
        }
        assertEquals("one\ntwo\nthree\n", Files.readString(denying.resolve("a.txt")))
        assertTrue(window.events.none { it.event is WorkspaceEvent.PermissionAsked })
    }

    @Test
    fun `a CLI that is killed in mid-turn comes back with the session and a fresh start for the window`() =
        test { window ->
            val before = backend.registry.use(directory)
            val session = backend.sessions.create(directory, "Survivor")
            window.prompt(session, "[[text:Half of it]][[hold:never]]")
            window.await { it as? WorkspaceEvent.PartDelta }
            val first = ready()
            val from = window.events.size
            assertTrue(ProcessHandle.of(first.pid).get().destroyForcibly())
            window.awaitAfter(from) { it as? WorkspaceEvent.Reset }
            val second = ready()
            assertNotEquals(first.pid, second.pid)
            assertNotEquals(before, backend.registry.use(directory))
            assertEquals(listOf("Survivor"), backend.sessions.list(directory).map { it.title })
            val next = window.events.size
            window.prompt(session, "[[text:Back again]]")
            assertEquals("completed", window.turn(session, next))
            assertTrue("Back again" in window.transcript(session).said())
        }

    private suspend fun ready(): CliState.Ready = backend.app.state().filterIsInstance<CliState.Ready>().first()

    @Test
    fun `a restart on demand makes every workspace fresh`() = test { window ->
        val first = ready()
        val client = backend.registry.use(directory)
        val from = window.events.size
        backend.app.restart()
        window.awaitAfter(from) { it as? WorkspaceEvent.Reset }
        assertNotEquals(first.pid, ready().pid)
        assertNotEquals(client, backend.registry.use(directory))
        assertFalse(ProcessHandle.of(first.pid).isPresent)
    }

    @Test
    fun `a prompt that is sent again with its id runs once`() = test { window ->
        val session = backend.sessions.create(directory)
        val id = messageId()
        coroutineScope { (1..5).map { async { window.prompt(session, "[[text:Only once]]", id) } }.awaitAll() }
        window.turn(session)
        window.prompt(session, "[[text:Only once]]", id)
        assertEquals("Only once", window.transcript(session).said())
    }

    @Test
    fun `unknown sessions and directories are told in words`() = test {
        val missing = fails { backend.sessions.messages(directory, "ses_unknown00000000000000000") }
        assertEquals(BackendException.Code.NOT_FOUND, missing.code)
        assertTrue("not found" in missing.message.orEmpty(), missing.message)
        val nowhere = fails { backend.workspaces.open("/nowhere/at/all") }
        assertEquals("The directory /nowhere/at/all does not exist.", nowhere.message)
    }

    private fun fails(block: suspend () -> Unit): BackendException =
        assertThrows(BackendException::class.java) { runBlocking { block() } }

    @Test
    fun `models, agents and the branch are those of the CLI`() = test {
        val models = backend.models.list(directory)
        assertEquals("fake/m1", models.default.toString())
        assertTrue(models.models.any { it.ref.toString() == "fake/m1" })
        assertEquals("code", backend.agents.list(directory).first().name)
        assertEquals("main", backend.workspaces.open(directory).branch)
    }

    @Test
    fun `a commit message tells what changed, and where there is nothing to commit the reason`() = test {
        val nothing = fails { backend.vcs.commitMessage(directory) }
        assertEquals(
            BackendException.Code.BAD_REQUEST to "There is nothing to commit.",
            nothing.code to nothing.message,
        )
        Files.writeString(place.project.resolve("a.txt"), "[[text:Rename two]]\n")
        assertEquals("Rename two", backend.vcs.commitMessage(directory))
    }

    @Test
    fun `closing leaves no process behind, not even a command that runs`() = test { window ->
        place.configure("""{"permission":{"bash":"allow"}}""")
        val session = backend.sessions.create(directory)
        window.prompt(session, """[[tool:bash {"command":"echo started; sleep 300","description":"wait"}]]""")
        window.await { event ->
            ((event as? WorkspaceEvent.PartUpdated)?.part as? Part.Tool)?.state?.let {
                it as? ToolState.Running
            }?.takeIf {
                "started" in it.metadata.toString()
            }
        }
        val cli = ProcessHandle.of(ready().pid).get()
        val all = listOf(cli) + cli.descendants().toList()
        assertTrue(all.size > 1)
        withContext(Dispatchers.IO) { backend.close() }
        // `isAlive` also says yes to what has ended and is about to be collected by this JVM.
        assertTrue(all.none { it.running() }, "still there: ${all.filter { it.running() }.map { it.info() }}")
    }
}
