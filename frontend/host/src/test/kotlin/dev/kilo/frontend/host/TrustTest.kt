package dev.kilo.frontend.host

import dev.kilo.shared.app.Connection
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import okhttp3.tls.HandshakeCertificates
import okhttp3.tls.HeldCertificate
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.PrintStream
import java.net.ServerSocket
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLServerSocket
import kotlin.concurrent.thread

/** Whom the window trusts: real backend processes over TLS, and others in their place. */
internal class TrustTest {
    @TempDir
    lateinit var home: Path
    private val pins by lazy { Pins(home.resolve("config/known-backends")) }
    private val token by lazy { home.resolve("token") }
    private val asked = mutableListOf<Stranger>()

    @Test
    fun `a stranger is trusted after a yes, remembered for its owner alone, and not asked about again`() {
        listen("one").use { far ->
            start(far.url) { true }.use { assertEquals(Connection.Connected, settled(it)) }
            start("127.0.0.1:${far.port}") { false }.use { assertEquals(Connection.Connected, settled(it)) }
            assertEquals(listOf(Stranger("127.0.0.1:${far.port}", far.fingerprint)), asked)
            assertEquals("127.0.0.1:${far.port} sha256:${far.fingerprint}\n", Files.readString(pins.file))
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(pins.file)))
        }
    }

    @Test
    fun `without a yes there is no connection, and the message has the fingerprint and says what to do`() {
        listen("one").use { far ->
            val error = assertThrows(IOException::class.java) { start(far.url) { false } }
            assertTrue("--fingerprint ${far.fingerprint}" in error.message.orEmpty(), error.message)
            assertTrue(!Files.exists(pins.file))
            // Once the user has the fingerprint from the backend itself, nobody needs to be asked.
            val readable = far.fingerprint.uppercase().chunked(2).joinToString(":")
            start(far.url, "SHA256:$readable").use { assertEquals(Connection.Connected, settled(it)) }
            assertEquals(far.fingerprint, pins.find("127.0.0.1:${far.port}"))
        }
    }

    @Test
    fun `a fingerprint that the backend does not have is refused and not remembered`() {
        listen("one").use { far ->
            start(far.url, "0".repeat(64)).use {
                val lost = settled(it) as Connection.Lost
                assertTrue("--fingerprint" in lost.message && far.fingerprint in lost.message, lost.message)
            }
            assertTrue(!Files.exists(pins.file))
            assertThrows(UsageException::class.java) { start(far.url, "nonsense") }
        }
    }

    @Test
    fun `another certificate in the place of a known one is refused, until the user says that it is right`() {
        val port = listen("one").use { far ->
            start(far.url) { true }.use { settled(it) }
            far.port
        }
        listen("two", port).use { other ->
            start(other.url) { true }.use {
                val lost = settled(it) as Connection.Lost
                assertTrue("another certificate" in lost.message, lost.message)
                assertTrue(pins.file.toString() in lost.message && "--fingerprint ${other.fingerprint}" in lost.message)
            }
            start(other.url, other.fingerprint).use { assertEquals(Connection.Connected, settled(it)) }
            start(other.url).use { assertEquals(Connection.Connected, settled(it)) }
        }
        assertEquals(1, asked.size)
    }

    @Test
    fun `somebody between the two sees neither token nor frame`() {
        val port = listen("one").use { far ->
            start(far.url) { true }.use { settled(it) }
            far.port
        }
        Stealer(port).use { stealer ->
            start("127.0.0.1:$port").use {
                val lost = settled(it) as Connection.Lost
                assertTrue("somebody else may answer" in lost.message, lost.message)
            }
            assertEquals("", stealer.heard())
        }
    }

    @Test
    fun `a backend that gets another certificate while the window runs is left at once`() {
        val first = listen("one")
        first.use { far ->
            start(far.url) { true }.use { running ->
                assertEquals(Connection.Connected, settled(running))
                far.close()
                listen("two", far.port).use {
                    val lost = await(running) { it is Connection.Lost } as Connection.Lost
                    assertTrue("another certificate" in lost.message, lost.message)
                }
            }
        }
    }

    @Test
    fun `a file of pins that was removed is asked for anew, a damaged or foreign one is never passed over`() {
        listen("one").use { far ->
            val place = "127.0.0.1:${far.port}"
            start(far.url) { true }.use { settled(it) }
            Files.delete(pins.file)
            start(far.url) { true }.use { settled(it) }
            assertEquals(2, asked.size)
            Files.writeString(pins.file, "# mine\n\n$place sha256:12\n")
            val damaged = assertThrows(IOException::class.java) { start(far.url) { true } }
            assertTrue("Line 3 of ${pins.file} is damaged" in damaged.message.orEmpty(), damaged.message)
            Files.setPosixFilePermissions(pins.file, PosixFilePermissions.fromString("rw-rw-rw-"))
            val open = assertThrows(IOException::class.java) { start(far.url) { true } }
            assertTrue("chmod 600 ${pins.file}" in open.message.orEmpty(), open.message)
            assertEquals(2, asked.size)
        }
    }

    @Test
    fun `a wrong token is told in one sentence, in the terminal too`() {
        listen("one").use { far ->
            Files.writeString(token, "guess\n")
            val out = ByteArrayOutputStream()
            val print = PrintStream(out, true, Charsets.UTF_8)
            val options = options(far.url, far.fingerprint).copy(headless = true, prompt = "hi")
            val code = startBackend(options, pins).use { Terminal(options, print, print).run(it) }
            assertEquals(1, code)
            val said = out.toString(Charsets.UTF_8).trim()
            assertEquals(
                "The backend refused the token. Give the window the token that the backend was started with.",
                said,
            )
        }
    }

    @Test
    fun `a backend that is told to ends itself when its windows have been gone for long, and not before`() {
        val args = arrayOf("--listen", "127.0.0.1:0", "--tls", "--linger", "2s", "--token-file", token.toString())
        FarBackend.start(home, null, *args, "--state", home.resolve("one").toString()).use { far ->
            start(far.url, far.fingerprint).use {
                settled(it)
                assertTrue(!far.ends(4))
                assertEquals(Connection.Connected, settled(it))
            }
            assertTrue(far.ends(20))
        }
    }

    @Test
    fun `what does not speak TLS, or does not answer at all, is named`() {
        listen("plain", tls = false).use { far ->
            val error = assertThrows(IOException::class.java) { start("127.0.0.1:${far.port}") { true } }
            assertTrue("not speak TLS" in error.message.orEmpty(), error.message)
        }
        val free = ServerSocket(0).use { it.localPort }
        val error = assertThrows(IOException::class.java) { start("127.0.0.1:$free") { true } }
        assertTrue("No Kilo backend answers at 127.0.0.1:$free" in error.message.orEmpty(), error.message)
        assertTrue(asked.isEmpty())
    }

    @Test
    fun `addresses and tokens that make no sense are refused in words`() {
        Files.writeString(token, "secret")
        for (text in listOf("nonsense", "http://localhost:1", "host:0", "ws://:1", "wss://a b:1", "")) {
            assertThrows(UsageException::class.java, { backendAddress(text) }, text)
        }
        val clear = assertThrows(UsageException::class.java) { backendAddress("ws://example.org:4711") }
        assertTrue("wss://example.org:4711" in clear.message.orEmpty(), clear.message)
        assertEquals("wss", backendAddress("example.org:4711").scheme)
        assertEquals("ws", backendAddress("ws://[::1]:4711").scheme)
        Files.delete(token)
        val missing = assertThrows(UsageException::class.java) { start("ws://127.0.0.1:1") }
        assertTrue(token.toString() in missing.message.orEmpty(), missing.message)
    }

    private fun options(url: String, fingerprint: String?) =
        Options(directory = home.toString(), connect = url, tokenFile = token.toString(), fingerprint = fingerprint)

    private fun start(
        url: String,
        fingerprint: String? = null,
        ask: (Stranger) -> Boolean = {
            error("asked about $it")
        },
    ) = startBackend(options(url, fingerprint), pins) { stranger ->
        ask(stranger).also { asked += stranger }
    }

    /** What the connection is when it is no longer being made. */
    private fun settled(running: Running) = await(running) { it !is Connection.Connecting }

    private fun await(running: Running, wanted: (Connection) -> Boolean) = runBlocking {
        withTimeout(30_000) { running.backend.connection.first(wanted) }
    }

    /** [name] is the folder of its certificate. */
    private fun listen(name: String, port: Int = 0, tls: Boolean = true): FarBackend {
        val args = listOf("--listen", "127.0.0.1:$port", "--state", home.resolve(name).toString(), "--token-file")
        val all = args + token.toString() + if (tls) listOf("--tls") else emptyList()
        return FarBackend.start(home, null, *all.toTypedArray())
    }

    /** Listens where the backend was, with a certificate of its own, and notes what it is told. */
    private class Stealer(port: Int) : AutoCloseable {
        private val certificates =
            HandshakeCertificates.Builder().heldCertificate(HeldCertificate.Builder().build()).build()
        private val listening =
            certificates.sslContext().serverSocketFactory.createServerSocket(port) as SSLServerSocket
        private val heard = CompletableFuture<String>()

        init {
            thread(isDaemon = true, name = "stealer") {
                try {
                    listening.accept().use { heard.complete(it.getInputStream().readAllBytes().decodeToString()) }
                } catch (_: IOException) {
                    heard.complete("")
                }
            }
        }

        fun heard(): String = heard.get(20, TimeUnit.SECONDS)

        override fun close() = listening.close()
    }
}
