package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.backend.testkit.Place
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.RpcTiming
import dev.kilo.shared.rpc.ws.CertificatePin
import dev.kilo.shared.rpc.ws.WebSocketConnector
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.net.InetSocketAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.WebSocket
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.seconds

/** Peers that are broken or mean harm, over real sockets: each is told why or dropped, and good windows notice nothing. */
internal class BadPeersTest {
    private val place = Place()
    private val timing = RpcTiming(handshake = 1.seconds, dead = 2.seconds, ping = 1.seconds)
    private val identity = Identity.from(place.root.resolve("certificate.pem"))

    // No CLI is needed to be refused.
    private val kilo = KiloBackend.start(LocalBackendProvider.Options(cli = "/nonexistent"))
    private val server = RpcServer(kilo, "test", authorize = { sameToken("secret", it) }, timing)
    private val plain = WebSocketHost(InetSocketAddress("127.0.0.1", 0), server, null, 1.seconds)
    private val secure = WebSocketHost(InetSocketAddress("127.0.0.1", 0), server, identity.context(), 1.seconds)
    private val peers = mutableListOf<AutoCloseable>()
    private var port = 0
    private var securePort = 0

    @BeforeEach
    fun start() {
        port = plain.start()
        securePort = secure.start()
    }

    @AfterEach
    fun stop() {
        peers.forEach { it.close() }
        plain.close()
        secure.close()
        server.close()
        kilo.close()
        place.close()
    }

    @Test
    fun `a wrong token is refused in words, and nothing else is answered`() {
        val peer = peer()
        peer.say(hello(token = "guess"))
        val bye = peer.next()
        assertTrue("UNAUTHORIZED" in bye && "token" in bye, bye)
        assertEquals(null, peer.end())
    }

    @Test
    fun `another protocol version is refused, naming both versions of Kilo`() {
        val peer = peer()
        peer.say(hello(version = 99))
        val bye = peer.next()
        assertTrue("PROTOCOL_MISMATCH" in bye && "99" in bye && "same version of Kilo on both sides" in bye, bye)
        assertEquals(null, peer.end())
    }

    @Test
    fun `what is not JSON, or no frame, or nested without end, is refused`() {
        val deep = """{"_":"hello","version":1,"client":"c","product":"p","x":""" + "[".repeat(400_000)
        for (text in listOf(
            "hello there",
            "{}",
            """{"_":"nonsense"}""",
            "[]",
            "\u0000",
            "",
            deep,
            """{"_":"ping"}""",
        )) {
            val peer = peer()
            peer.say(text)
            val bye = peer.next()
            assertTrue("BAD_REQUEST" in bye, "${text.take(40)}: $bye")
            assertEquals(null, peer.end())
        }
        working()
    }

    @Test
    fun `a frame that is too large ends its connection, before and after the hello`() {
        val huge = "\"" + "x".repeat(3 shl 20) + "\""
        val stranger = peer()
        stranger.say(huge)
        stranger.end()
        val window = peer()
        window.say(hello())
        assertTrue("welcome" in window.next())
        window.say(huge)
        window.end()
        working()
    }

    @Test
    fun `a stranger can't make the backend collect chunks before it has shown its token`() {
        val peer = peer()
        peer.say("""{"_":"chunk","id":1,"text":"${"x".repeat(60_000)}"}""")
        assertTrue("BAD_REQUEST" in peer.next())
        assertEquals(null, peer.end())
    }

    @Test
    fun `a peer that sends nothing, or half a handshake, or nothing after it, is dropped, encrypted or not`() {
        val silent = listOf(port, securePort).map(::raw)
        val half = raw(port).also { it.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n".toByteArray()) }
        val quiet = peer()
        for (socket in silent + half) socket.getInputStream().readAllBytes()
        assertEquals(null, quiet.end())
        await { plain.waiting == 0 && secure.waiting == 0 && plain.open == 0 }
        working()
    }

    @Test
    fun `a connection whose other end is gone without a word is not kept`() {
        // A raw one, so that nobody answers the goodbye.
        val socket = raw(port)
        socket.getOutputStream().write(
            (
                "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                ).toByteArray(),
        )
        await { plain.open == 1 }
        await { plain.open == 0 }
        working()
    }

    @Test
    fun `a crowd of peers that send nothing does not keep a window out`() {
        repeat(150) { raw(securePort) }
        working(securePort)
    }

    @Test
    fun `what is not TLS on the encrypted port is dropped`() {
        val socket = raw(securePort)
        socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".toByteArray())
        socket.getInputStream().readAllBytes()
        working(securePort)
    }

    @Test
    fun `a web page is refused although it could reach the port`() {
        val builder = HttpClient.newHttpClient().newWebSocketBuilder().header("Origin", "https://example.org")
        val refused = builder.buildAsync(URI("ws://127.0.0.1:$port"), object : WebSocket.Listener {})
        assertThrows(java.util.concurrent.ExecutionException::class.java) { refused.get(10, TimeUnit.SECONDS) }
    }

    @Test
    fun `the window is told by its name what is wrong with a directory`() {
        val gone = place.root.resolve("gone")
        val file = place.project.resolve("a.txt")
        RpcBackend(WebSocketConnector(URI("ws://127.0.0.1:$port")), "far", "test", "secret").use { window ->
            for (directory in listOf(gone.toString(), file.toString(), "relative/path", "bad\u0000path")) {
                val error = assertThrows(BackendException::class.java) {
                    runBlocking { window.workspaces.open(directory) }
                }
                assertTrue(directory in error.message.orEmpty(), error.message)
            }
        }
    }

    private fun working(at: Int = port) {
        val pin = CertificatePin(identity.fingerprint) { it }
        val uri = if (at == port) URI("ws://127.0.0.1:$at") else URI("wss://127.0.0.1:$at")
        RpcBackend(WebSocketConnector(uri, pin.takeIf { at != port }), "far", "test", "secret").use { window ->
            val error = assertThrows(BackendException::class.java) {
                runBlocking { window.workspaces.open("/nonexistent/place") }
            }
            assertEquals(BackendException.Code.NOT_FOUND, error.code)
        }
    }

    private fun await(done: () -> Boolean) {
        val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20)
        while (!done()) {
            check(System.nanoTime() < deadline) { "It did not happen in time." }
            Thread.sleep(10)
        }
    }

    private fun hello(version: Int = 1, token: String = "secret") =
        """{"_":"hello","version":$version,"client":"c","product":"p","token":"$token"}"""

    private fun raw(port: Int): Socket = Socket("127.0.0.1", port).also {
        it.soTimeout = 20_000
        peers += it
    }

    private fun peer(): Peer = Peer(port).also { peers += it }

    /** A WebSocket without the RPC layer. */
    private class Peer(port: Int) :
        WebSocket.Listener,
        AutoCloseable {
        private val frames = java.util.concurrent.LinkedBlockingQueue<String>()
        private val text = StringBuilder()
        private val ended = CompletableFuture<String?>()
        private val socket =
            HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI("ws://127.0.0.1:$port"), this)
                .get(10, TimeUnit.SECONDS)

        fun say(text: String) {
            socket.sendText(text, true).exceptionally { socket }.get(20, TimeUnit.SECONDS)
        }

        fun next(): String = checkNotNull(frames.poll(20, TimeUnit.SECONDS)) { "No frame arrived." }

        /** Waits for the end and returns what came before it, if anything. */
        fun end(): String? {
            ended.get(20, TimeUnit.SECONDS)
            return frames.poll()
        }

        override fun onText(socket: WebSocket, data: CharSequence, last: Boolean): CompletionStage<*>? {
            text.append(data)
            if (last) frames += text.toString().also { text.setLength(0) }
            socket.request(1)
            return null
        }

        override fun onClose(socket: WebSocket, status: Int, reason: String?): CompletionStage<*>? {
            ended.complete(reason)
            return null
        }

        override fun onError(socket: WebSocket, error: Throwable) {
            ended.complete(error.message)
        }

        override fun close() = socket.abort()
    }
}
