package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.backend.testkit.FakeModel
import dev.kilo.backend.testkit.Place
import dev.kilo.backend.testkit.Window
import dev.kilo.backend.testkit.bundledCli
import dev.kilo.backend.testkit.said
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.ws.CertificatePin
import dev.kilo.shared.rpc.ws.WebSocketConnector
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.net.InetSocketAddress
import java.net.URI
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

/** Several windows on one backend, over real, encrypted sockets, and a directory that goes away under them. */
internal class TwoWindowsTest {
    private val model = FakeModel()
    private val place = Place()
    private val directory = place.project.toString()
    private val identity = Identity.from(place.root.resolve("certificate.pem"))
    private val kilo = KiloBackend.start(LocalBackendProvider.Options(bundledCli(), place.environment(model)))
    private val server = RpcServer(kilo, "test", authorize = { sameToken("secret", it) })
    private val host = WebSocketHost(InetSocketAddress("127.0.0.1", 0), server, identity.context())
    private val port = host.start()

    @AfterEach
    fun stop() {
        host.close()
        server.close()
        kilo.close()
        model.close()
        place.close()
    }

    @Test
    fun `two windows on one session see the same, decide once, and each prompts in turn`() = windows { one, two ->
        val first = Window(one, directory, this)
        val second = Window(two, directory, this)
        first.await { it as? WorkspaceEvent.Reset }
        second.await { it as? WorkspaceEvent.Reset }
        val session = one.sessions.create(directory)
        assertTrue(two.sessions.list(directory).any { it.id == session.id })
        val edit = """{"filePath":"$directory/a.txt","oldString":"two","newString":"TWO"}"""
        first.prompt(session, "[[tool:edit $edit]][[then]][[text:One is done.]]")
        val asked = first.asked()
        assertEquals(asked, second.asked())
        two.permissions.reply(directory, asked.id, PermissionReply.ONCE)
        // The other window did not answer, but knows that the question is gone.
        first.await { event -> (event as? WorkspaceEvent.PermissionReplied)?.takeIf { it.requestId == asked.id } }
        assertThrows(BackendException::class.java) {
            runBlocking { one.permissions.reply(directory, asked.id, PermissionReply.REJECT) }
        }
        assertEquals("completed", first.turn(session))
        assertEquals("completed", second.turn(session))
        assertEquals("one\nTWO\nthree\n", Files.readString(place.project.resolve("a.txt")))
        val from = first.events.size
        second.prompt(session, "[[text:And two.]]")
        assertEquals("completed", first.turn(session, from))
        assertEquals("One is done.And two.", first.transcript(session).said())
        assertEquals(first.transcript(session), second.transcript(session))
        // What both were told, number by number, is the same. Words are joined as each connection has time for them.
        fun whole(window: Window) = window.events.filter { it.event !is WorkspaceEvent.PartDelta }
        val shared = whole(first).map { it.seq }.toSet() intersect whole(second).map { it.seq }.toSet()
        assertEquals(whole(first).filter { it.seq in shared }, whole(second).filter { it.seq in shared })
        first.stop()
        second.stop()
    }

    @Test
    fun `a directory that vanishes is named, and another one and the window go on`() = windows { one, _ ->
        val gone = place.repo("gone")
        val window = Window(one, gone.toString(), this)
        window.await { it as? WorkspaceEvent.Reset }
        val session = one.sessions.create(gone.toString())
        check(gone.toFile().deleteRecursively())
        val failures = listOf<suspend () -> Unit>(
            { window.prompt(session, "[[text:Where am I?]]") },
            { one.sessions.list(gone.toString()) },
            { one.sessions.create(gone.toString()) },
            { one.workspaces.open(gone.toString()) },
        )
        for (failing in failures) {
            val error = assertThrows(BackendException::class.java) { runBlocking { failing() } }
            assertEquals(BackendException.Code.NOT_FOUND, error.code, error.message)
            assertEquals("The directory $gone does not exist.", error.message)
        }
        window.stop()
        val other = Window(one, directory, this)
        other.await { it as? WorkspaceEvent.Reset }
        val here = one.sessions.create(directory)
        other.prompt(here, "[[text:Still here.]]")
        assertEquals("completed", other.turn(here))
        // It is as good as new when it comes back.
        val back = place.repo("gone").toString()
        assertEquals(back, one.workspaces.open(back).directory)
        assertTrue(one.sessions.list(back).any { it.id == session.id })
        other.stop()
    }

    @Test
    fun `a directory that vanishes in mid-turn keeps no decision from being answered and no turn from ending`() =
        windows { one, _ ->
            val gone = place.repo("gone")
            val window = Window(one, gone.toString(), this)
            window.await { it as? WorkspaceEvent.Reset }
            val session = one.sessions.create(gone.toString())
            val write = """{"filePath":"$gone/b.txt","content":"x"}"""
            window.prompt(session, "[[tool:write $write]][[then]][[text:Now it is over.]]")
            val asked = window.asked()
            check(gone.toFile().deleteRecursively())
            // The way of an answer must not depend on the directory: the turn would wait for ever.
            assertEquals(listOf(asked), one.permissions.pending(gone.toString()))
            one.permissions.reply(gone.toString(), asked.id, PermissionReply.REJECT)
            window.turn(session)
            window.stop()
        }

    private fun windows(block: suspend CoroutineScope.(Backend, Backend) -> Unit) = runBlocking {
        val windows = List(2) {
            val pin = CertificatePin(identity.fingerprint) { it }
            RpcBackend(WebSocketConnector(URI("wss://127.0.0.1:$port"), pin), "far", "test", "secret")
        }
        try {
            withTimeout(90.seconds) { block(windows[0], windows[1]) }
        } finally {
            windows.forEach { it.close() }
        }
    }
}
