package dev.kilo.backend.host

import org.java_websocket.WebSocket
import org.java_websocket.WebSocketAdapter
import org.java_websocket.WebSocketImpl
import org.java_websocket.WebSocketServerFactory
import org.java_websocket.drafts.Draft
import org.java_websocket.enums.ReadyState
import org.java_websocket.framing.CloseFrame
import org.java_websocket.server.DefaultSSLWebSocketServerFactory
import org.java_websocket.server.DefaultWebSocketServerFactory
import java.nio.channels.ByteChannel
import java.nio.channels.SelectionKey
import java.nio.channels.SocketChannel
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import kotlin.time.Duration

/**
 * Makes the sockets of windows, with [tls] if there is one, and ends those that the library would keep for ever: peers
 * that connect and never become a WebSocket within [handshake], and peers that don't answer a goodbye.
 */
internal class Doorkeeper(tls: SSLContext?, private val handshake: Duration) :
    WebSocketServerFactory,
    AutoCloseable {
    private val inner = if (tls == null) DefaultWebSocketServerFactory() else DefaultSSLWebSocketServerFactory(tls)
    private val strangers = ConcurrentHashMap.newKeySet<WebSocketImpl>()
    private val timer =
        Executors.newSingleThreadScheduledExecutor { Thread(it, "kilo-doorkeeper").apply { isDaemon = true } }

    /** Peers that are not a WebSocket yet. */
    val waiting: Int
        get() {
            strangers.removeIf { it.readyState != ReadyState.NOT_YET_CONNECTED }
            return strangers.size
        }

    override fun createWebSocket(adapter: WebSocketAdapter?, draft: Draft?): WebSocketImpl =
        watched(inner.createWebSocket(adapter, draft) as WebSocketImpl)

    override fun createWebSocket(adapter: WebSocketAdapter?, drafts: MutableList<Draft>?): WebSocketImpl =
        watched(inner.createWebSocket(adapter, drafts) as WebSocketImpl)

    override fun wrapChannel(channel: SocketChannel?, key: SelectionKey?): ByteChannel = inner.wrapChannel(channel, key)

    private fun watched(socket: WebSocketImpl): WebSocketImpl {
        val full = waiting >= MAX_WAITING
        strangers += socket
        later(if (full) 0 else handshake.inWholeMilliseconds) {
            strangers -= socket
            if (socket.readyState == ReadyState.NOT_YET_CONNECTED) {
                socket.closeConnection(CloseFrame.NEVER_CONNECTED, "no handshake in time")
            }
        }
        return socket
    }

    /** A goodbye was sent on [socket]; it ends soon, whether the peer answers or not. */
    fun end(socket: WebSocket) {
        later(GOODBYE_MILLIS) {
            if (!socket.isClosed) socket.closeConnection(CloseFrame.ABNORMAL_CLOSE, "no answer to the goodbye")
        }
    }

    private fun later(millis: Long, block: () -> Unit) {
        try {
            timer.schedule(block, millis, TimeUnit.MILLISECONDS)
        } catch (_: RejectedExecutionException) {
            // The host is being closed, and with it every socket.
        }
    }

    override fun close() {
        timer.shutdownNow()
        inner.close()
    }

    private companion object {
        /** Peers that may be in their handshake at a time. */
        const val MAX_WAITING = 64
        const val GOODBYE_MILLIS = 2000L
    }
}
