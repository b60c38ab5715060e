package dev.kilo.backend.testkit

import dev.kilo.backend.cli.CliEndpoint
import dev.kilo.backend.cli.CliHost
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.URI
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread

/**
 * A CLI that is killed in the worst moment: after it has carried out a request and before anybody hears of it. All
 * requests go through a relay, which waits for the first byte of the answer, kills the CLI and forwards nothing.
 */
internal class LostReply(private val inner: CliHost) : CliHost by inner {
    private val server = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val scope = CoroutineScope(Dispatchers.Default)
    private val relayed = MutableStateFlow<CliEndpoint?>(null)
    private val marked = AtomicReference<String>()
    private val sockets = ConcurrentHashMap.newKeySet<Socket>()

    override val endpoint: StateFlow<CliEndpoint?> = relayed

    init {
        scope.launch {
            inner.endpoint.collect { relayed.value = it?.copy(url = "http://127.0.0.1:${server.localPort}") }
        }
        thread(isDaemon = true) {
            try {
                while (true) server.accept().let { socket -> thread(isDaemon = true) { relay(socket) } }
            } catch (_: IOException) {
                // Closed.
            }
        }
    }

    /** The next request whose head contains [text] is the CLI's last. */
    fun killAfter(text: String) {
        marked.set(text)
    }

    private fun relay(near: Socket) {
        val target = inner.endpoint.value ?: return near.close()
        sockets += near
        try {
            Socket("127.0.0.1", URI(target.url).port).use { far ->
                sockets += far
                var last = false
                thread(isDaemon = true) {
                    pump(near, far) { text ->
                        val mark = marked.get()
                        if (mark != null && mark in text && marked.compareAndSet(mark, null)) last = true
                    }
                }
                pump(far, near) {
                    if (last) {
                        ProcessHandle.of(target.pid).ifPresent { it.destroyForcibly() }
                        throw IOException("the answer is lost")
                    }
                }
            }
        } catch (_: IOException) {
            // Either side has hung up.
        } finally {
            near.close()
        }
    }

    private fun pump(from: Socket, to: Socket, look: (String) -> Unit) {
        val buffer = ByteArray(16_384)
        try {
            while (true) {
                val count = from.getInputStream().read(buffer)
                if (count < 0) break
                look(String(buffer, 0, count, Charsets.ISO_8859_1))
                to.getOutputStream().write(buffer, 0, count)
                to.getOutputStream().flush()
            }
        } finally {
            from.close()
            to.close()
        }
    }

    override fun close() {
        scope.cancel()
        inner.close()
        server.close()
        sockets.forEach { it.close() }
    }
}
