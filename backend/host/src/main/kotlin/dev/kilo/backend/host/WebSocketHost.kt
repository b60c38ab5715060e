package dev.kilo.backend.host

import dev.kilo.shared.rpc.ChannelClosedException
import dev.kilo.shared.rpc.FrameChannel
import dev.kilo.shared.rpc.MAX_FRAME_BYTES
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.ws.FramePacker
import dev.kilo.shared.rpc.ws.FrameUnpacker
import dev.kilo.shared.rpc.ws.PACKED_PROTOCOL
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import org.java_websocket.WebSocket
import org.java_websocket.drafts.Draft
import org.java_websocket.drafts.Draft_6455
import org.java_websocket.exceptions.InvalidDataException
import org.java_websocket.exceptions.WebsocketNotConnectedException
import org.java_websocket.framing.CloseFrame
import org.java_websocket.handshake.ClientHandshake
import org.java_websocket.handshake.ServerHandshakeBuilder
import org.java_websocket.protocols.Protocol
import org.java_websocket.server.WebSocketServer
import java.io.IOException
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Listens for windows on a WebSocket and lets [rpc] serve each; encrypted when there is a [tls]. A peer has [handshake]
 * to become a WebSocket.
 */
internal class WebSocketHost(
    address: InetSocketAddress,
    private val rpc: RpcServer,
    tls: SSLContext? = null,
    handshake: Duration = 10.seconds,
) : AutoCloseable {
    // The empty protocol stands for clients that name none.
    private val draft = Draft_6455(emptyList(), listOf(Protocol(PACKED_PROTOCOL), Protocol("")), MAX_FRAME_BYTES * 2)
    private val started = CompletableFuture<Int>()
    private val doorkeeper = Doorkeeper(tls, handshake)

    @Volatile
    private var left: TimeMark = TimeSource.Monotonic.markNow()
    private val server =
        object : WebSocketServer(address, 1, listOf<Draft>(draft)) {
            override fun onWebsocketHandshakeReceivedAsServer(
                socket: WebSocket?,
                draft: Draft?,
                request: ClientHandshake,
            ): ServerHandshakeBuilder {
                // Only browsers send an origin, and no page has business here.
                if (request.hasFieldValue("Origin")) {
                    throw InvalidDataException(CloseFrame.POLICY_VALIDATION, "Not for browsers.")
                }
                return super.onWebsocketHandshakeReceivedAsServer(socket, draft, request)
            }

            override fun onOpen(socket: WebSocket, handshake: ClientHandshake) {
                val channel = HostChannel(socket, doorkeeper)
                socket.setAttachment(channel)
                rpc.accept(channel)
            }

            override fun onMessage(socket: WebSocket, message: String) {
                socket.getAttachment<HostChannel?>()?.offer(message)
            }

            override fun onMessage(socket: WebSocket, message: ByteBuffer) {
                socket.getAttachment<HostChannel?>()?.offer(message)
            }

            override fun onClose(socket: WebSocket, code: Int, reason: String?, remote: Boolean) {
                left = TimeSource.Monotonic.markNow()
                socket.getAttachment<HostChannel?>()?.ended()
            }

            override fun onError(socket: WebSocket?, error: Exception) {
                socket?.getAttachment<HostChannel?>()?.ended()
                started.completeExceptionally(error)
            }

            override fun onStart() {
                started.complete(port)
            }
        }

    /** WebSockets that are open. */
    val open: Int get() = server.connections.size

    /** TCP connections that have not become WebSockets. */
    val waiting: Int get() = doorkeeper.waiting

    /** For how long nobody has been connected. */
    fun idle(): Duration = if (open > 0) Duration.ZERO else left.elapsedNow()

    /** Opens the port and returns its number. Throws when that is not possible. */
    fun start(): Int {
        server.isReuseAddr = true
        server.isTcpNoDelay = true
        server.isDaemon = true
        // Signs of life are the RPC layer's business.
        server.connectionLostTimeout = 0
        server.setWebSocketFactory(doorkeeper)
        server.start()
        return started.get(10, TimeUnit.SECONDS)
    }

    override fun close() {
        server.stop(1000)
        doorkeeper.close()
    }
}

/** One window's socket. */
private class HostChannel(private val socket: WebSocket, private val doorkeeper: Doorkeeper) : FrameChannel {
    private val frames = Channel<String>(CAPACITY)
    private val packer = if (socket.protocol?.providedProtocol == PACKED_PROTOCOL) FramePacker() else null
    private val unpacker = FrameUnpacker()

    /** Called by the socket's thread. A window that floods is cut off: it has at most a few hundred calls open. */
    fun offer(frame: String) {
        if (frames.trySend(frame).isFailure) close("too many frames at a time")
    }

    fun offer(message: ByteBuffer) {
        try {
            offer(unpacker.unpack(message))
        } catch (e: IOException) {
            close(e.message)
        }
    }

    fun ended() {
        frames.close()
        packer?.close()
        unpacker.close()
    }

    override suspend fun send(frame: String) {
        // The library queues without bound and doesn't say when it has written; so a frame waits for the one before.
        var pause = 1L
        while (socket.hasBufferedData() && socket.isOpen) {
            delay(pause)
            pause = minOf(pause * 2, MAX_PAUSE)
        }
        try {
            if (packer == null) socket.send(frame) else socket.send(packer.pack(frame))
        } catch (e: IOException) {
            throw ChannelClosedException("The window is gone.", e)
        } catch (e: WebsocketNotConnectedException) {
            throw ChannelClosedException("The window is gone.", e)
        }
    }

    override suspend fun receive(): String? = frames.receiveCatching().getOrNull()

    override fun close(reason: String?) {
        frames.close()
        socket.close(CloseFrame.NORMAL, reason.orEmpty().take(MAX_REASON))
        doorkeeper.end(socket)
    }

    private companion object {
        const val CAPACITY = 1024
        const val MAX_PAUSE = 16L
        const val MAX_REASON = 100
    }
}
