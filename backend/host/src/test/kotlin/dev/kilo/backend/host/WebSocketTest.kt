package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.backend.testkit.FakeModel
import dev.kilo.backend.testkit.Place
import dev.kilo.backend.testkit.Window
import dev.kilo.backend.testkit.bundledCli
import dev.kilo.backend.testkit.said
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.Connection
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.ws.CertificatePin
import dev.kilo.shared.rpc.ws.WebSocketConnector
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import okhttp3.tls.HeldCertificate
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException
import java.net.InetSocketAddress
import java.net.URI
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions
import java.util.ServiceLoader
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The same turn on every channel: in this process, over a WebSocket, and to a backend process of its own. */
internal class WebSocketTest {
    private val model = FakeModel()
    private val place = Place()
    private val options = LocalBackendProvider.Options(bundledCli(), place.environment(model))
    private val directory = place.project.toString()

    @AfterEach
    fun stop() {
        model.close()
        place.close()
    }

    private fun wholeTurn(backend: Backend) = runBlocking {
        withTimeout(90.seconds) {
            val window = Window(backend, directory, this)
            window.await { it as? WorkspaceEvent.Reset }
            val session = backend.sessions.create(directory)
            val edit = """{"filePath":"$directory/a.txt","oldString":"two","newString":"TWO"}"""
            window.prompt(session, "[[reasoning:Hm]][[tool:edit $edit]][[then]][[text:All is done now.]]")
            backend.permissions.reply(directory, window.asked().id, PermissionReply.ONCE)
            assertEquals("completed", window.turn(session))
            assertEquals("All is done now.", window.transcript(session).said())
            assertEquals("one\nTWO\nthree\n", Files.readString(place.project.resolve("a.txt")))
            window.stop()
        }
    }

    @Test
    fun `in one process`() {
        val provider = ServiceLoader.load(LocalBackendProvider::class.java).single()
        provider.start(options).use { wholeTurn(it.backend) }
    }

    @Test
    fun `over a WebSocket, but only with the token`() {
        KiloBackend.start(options).use { kilo ->
            RpcServer(kilo, "test", authorize = { sameToken("secret", it) }).use { server ->
                WebSocketHost(InetSocketAddress("127.0.0.1", 0), server).use { host ->
                    val connector = WebSocketConnector(URI("ws://127.0.0.1:${host.start()}"))
                    RpcBackend(connector, "remote", "test", "secret").use(::wholeTurn)
                    RpcBackend(connector, "remote", "test", "guess").use { stranger ->
                        val error =
                            assertThrows(BackendException::class.java) {
                                runBlocking { stranger.sessions.list(directory) }
                            }
                        assertEquals(BackendException.Code.UNAUTHORIZED, error.code)
                        assertTrue(runBlocking { stranger.connection.first() } is Connection.Lost)
                    }
                }
            }
        }
    }

    @Test
    fun `to a backend process of its own, which takes its CLI along when it ends`() {
        val java = ProcessHandle.current().info().command().get()
        val main = "dev.kilo.backend.host.MainKt"
        val classPath = System.getProperty("java.class.path")
        val builder = ProcessBuilder(java, "-cp", classPath, main, "--listen", "127.0.0.1:0")
        builder.environment().putAll(place.environment(model))
        builder.environment().putAll(mapOf("KILO_TOKEN" to "secret", "KILO_CLI" to bundledCli()))
        val process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val below: List<ProcessHandle>
        try {
            val line = process.inputReader().readLine()
            assertTrue(line.startsWith("kilo backend listening on ws://127.0.0.1:"), line)
            val connector = WebSocketConnector(URI(line.substringAfterLast(' ')))
            RpcBackend(connector, "remote", "test", "secret").use(::wholeTurn)
        } finally {
            below = process.descendants().toList()
            process.destroy()
            assertTrue(process.waitFor(20, TimeUnit.SECONDS))
        }
        assertTrue(below.isNotEmpty() && below.none { it.isAlive })
    }

    @Test
    fun `encrypted, from the certificate that the backend's file holds, and never from another`() {
        val identity = Identity.from(place.root.resolve("state/certificate.pem"))
        KiloBackend.start(options).use { kilo ->
            RpcServer(kilo, "test", authorize = { sameToken("secret", it) }).use { server ->
                WebSocketHost(InetSocketAddress("127.0.0.1", 0), server, identity.context()).use { host ->
                    val uri = URI("wss://127.0.0.1:${host.start()}")
                    val pin = CertificatePin(identity.fingerprint) { "other: $it" }
                    RpcBackend(WebSocketConnector(uri, pin), "remote", "test", "secret").use(::wholeTurn)
                    val wrong = CertificatePin("0".repeat(64)) { "It showed $it." }
                    RpcBackend(WebSocketConnector(uri, wrong), "remote", "test", "secret").use { window ->
                        val error =
                            assertThrows(BackendException::class.java) {
                                runBlocking { window.sessions.list(directory) }
                            }
                        assertEquals("It showed ${identity.fingerprint}.", error.message)
                    }
                }
            }
        }
    }

    @Test
    fun `options that make no sense are refused in words`() {
        for (args in listOf(
            listOf("--listen", "nonsense"),
            listOf("--listen", "127.0.0.1:99999"),
            listOf("--listen"),
            listOf(),
            listOf("--listen", "127.0.0.1:0", "--linger", "soon"),
            listOf("--token", "secret"),
        )) {
            assertThrows(UsageException::class.java, { parseOptions(args) }, args.toString())
        }
        assertEquals(30.minutes, parseOptions(listOf("--listen", "[::1]:0", "--linger", "30m")).linger)
    }

    @Test
    fun `the certificate is made once for its owner alone, and a damaged or expired one is refused`() {
        val file = place.root.resolve("state/certificate.pem")
        val first = Identity.from(file)
        assertEquals(first.fingerprint, Identity.from(file).fingerprint)
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        val text = Files.readString(file)
        Files.writeString(file, text.take(200))
        assertTrue("is damaged" in assertThrows(IOException::class.java) { Identity.from(file) }.message.orEmpty())
        val old = HeldCertificate.Builder().validityInterval(1000, 2000).build()
        Files.writeString(file, old.certificatePem() + old.privateKeyPkcs8Pem())
        assertTrue("has expired" in assertThrows(IOException::class.java) { Identity.from(file) }.message.orEmpty())
        file.toFile().setReadable(true, false)
        assertTrue("chmod 600" in assertThrows(IOException::class.java) { Identity.from(file) }.message.orEmpty())
    }

    @Test
    fun `the token file is made for its owner alone, and one that others can read is refused`() {
        val file = place.root.resolve("secret/token")
        val token = tokenFrom(file)
        assertEquals(64, token.length)
        assertEquals(token, tokenFrom(file))
        file.toFile().setReadable(true, false)
        assertThrows(IOException::class.java) { tokenFrom(file) }
    }
}
