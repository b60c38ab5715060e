package dev.kilo.backend.rpc

import dev.kilo.backend.testkit.BackendTest
import dev.kilo.shared.permission.PermissionReply
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What a list of sessions asks for, and rules that are saved with an answer, over the bundled CLI. */
internal class SessionListTest : BackendTest() {
    @Test
    fun `a session goes into the archive and comes out of it`() = test {
        val session = backend.sessions.create(directory, "Old")
        val other = backend.sessions.create(directory, "New")
        assertNotNull(backend.sessions.archive(directory, session.id, archived = true).archived)
        assertEquals(listOf(other.id), backend.sessions.list(directory).map { it.id })
        assertEquals(listOf(session.id), backend.sessions.list(directory, archived = true).map { it.id })
        assertNull(backend.sessions.archive(directory, session.id, archived = false).archived)
        assertEquals(setOf(other.id, session.id), backend.sessions.list(directory).map { it.id }.toSet())
        assertEquals(0, backend.sessions.list(directory, archived = true).size)
    }

    @Test
    fun `words are found in what was said, and a copy has what the session had`() = test { window ->
        val session = backend.sessions.create(directory, "Birds")
        window.prompt(session, "[[text:The heron stands in the reed.]]")
        assertEquals("completed", window.turn(session))
        val found = backend.sessions.find(directory, "HERON stands")
        val match = found.matches.first { it.role == "assistant" }
        assertTrue(found.complete)
        assertEquals(session.id, match.sessionId)
        assertEquals("heron stands", match.excerpt.substring(match.start, match.end))
        assertEquals(0, backend.sessions.find(directory, "cormorant").matches.size)
        val copy = backend.sessions.fork(directory, session.id)
        assertNotEquals(session.id, copy.id)
        assertEquals(
            window.transcript(session).size,
            backend.sessions.messages(directory, copy.id).messages.size,
        )
        assertEquals(emptyList<Any>(), backend.sessions.children(directory, session.id))
    }

    @Test
    fun `patterns that are saved beside an answer count from then on`() = test { window ->
        val session = backend.sessions.create(directory)
        window.prompt(
            session,
            """[[tool:bash {"command":"echo one"}]][[then]][[tool:bash {"command":"echo two"}]][[then]]""" +
                """[[tool:bash {"command":"ls -a"}]][[then]][[text:Ready.]]""",
        )
        val request = window.asked()
        backend.permissions.remember(directory, request.id, allow = listOf("echo *"), deny = listOf("ls *"))
        assertEquals(listOf(request.id), backend.permissions.pending(directory).map { it.id }, "it stays open")
        backend.permissions.reply(directory, request.id, PermissionReply.ONCE)
        assertEquals("completed", window.turn(session))
        assertEquals(0, backend.permissions.pending(directory).size)
        val tools = window.transcript(session).flatMap { it.parts }
            .filterIsInstance<dev.kilo.shared.message.Part.Tool>().map { it.state::class.simpleName }
        assertEquals(listOf("Completed", "Completed", "Failed"), tools)
    }
}
