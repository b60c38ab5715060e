package dev.kilo.shared.rpc.ws

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.rpc.ChannelClosedException
import dev.kilo.shared.rpc.Connector
import dev.kilo.shared.rpc.FrameChannel
import dev.kilo.shared.rpc.MAX_FRAME_BYTES
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withContext
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.WebSocket
import java.nio.ByteBuffer
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.TimeUnit

/**
 * Opens WebSockets to a backend that listens at [uri], with the JDK's own client. With `wss` the backend must show the
 * certificate of [pin]. [place] is what people call the backend.
 */
public class WebSocketConnector(
    private val uri: URI,
    private val pin: CertificatePin? = null,
    private val place: String = uri.toString(),
) : Connector {
    private val http: HttpClient =
        HttpClient
            .newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .apply { if (pin != null) sslContext(pin.context()) }
            .build()

    override suspend fun connect(): FrameChannel {
        val listener = Incoming()
        val socket =
            try {
                awaitOrAbort(
                    http.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10)).buildAsync(uri, listener),
                )
            } catch (e: IOException) {
                val stranger = generateSequence<Throwable>(e) {
                    it.cause
                }.firstNotNullOfOrNull { it as? OtherCertificate }
                if (pin != null && stranger != null) {
                    throw BackendException(BackendException.Code.UNAUTHORIZED, pin.changed(stranger.fingerprint), e)
                }
                val why = e.message ?: if (e is ConnectException) "no connection" else e::class.simpleName
                throw IOException("No Kilo backend answers at $place ($why).", e)
            }
        return SocketChannel(socket, listener)
    }

    /** Whoever gives up leaves no socket behind that opens later. */
    private suspend fun awaitOrAbort(opening: CompletableFuture<WebSocket>): WebSocket = try {
        // Awaiting the future itself would cancel it, and with that hide the socket.
        opening.thenApply { it }.await()
    } catch (e: CancellationException) {
        opening.thenAccept(WebSocket::abort)
        throw e
    }
}

/** Takes frames from the socket one by one: the next is asked for when the one before was taken. */
private class Incoming : WebSocket.Listener {
    val frames = Channel<String>(CAPACITY)
    private val text = StringBuilder()
    private val pieces = ByteArrayOutputStream()
    val unpacker = FrameUnpacker()

    override fun onOpen(socket: WebSocket) {
        socket.request(CAPACITY.toLong())
    }

    override fun onText(socket: WebSocket, data: CharSequence, last: Boolean): CompletionStage<*>? {
        text.append(data)
        if (text.length > MAX_FRAME_BYTES) {
            frames.close(IOException("A frame of more than $MAX_FRAME_BYTES characters arrived."))
            socket.abort()
            return null
        }
        // Pieces of a message and other kinds of message are not queued, so they make room for the next.
        if (!last) {
            socket.request(1)
            return null
        }
        val frame = text.toString()
        text.setLength(0)
        frames.trySend(frame)
        return null
    }

    override fun onPing(socket: WebSocket, message: ByteBuffer): CompletionStage<*>? {
        socket.request(1)
        return null
    }

    override fun onPong(socket: WebSocket, message: ByteBuffer): CompletionStage<*>? {
        socket.request(1)
        return null
    }

    override fun onBinary(socket: WebSocket, data: ByteBuffer, last: Boolean): CompletionStage<*>? {
        try {
            if (pieces.size() + data.remaining() > MAX_FRAME_BYTES) {
                throw IOException("A frame of more than $MAX_FRAME_BYTES bytes arrived.")
            }
            val bytes = ByteArray(data.remaining())
            data.get(bytes)
            if (!last || pieces.size() > 0) pieces.write(bytes)
            if (!last) {
                socket.request(1)
                return null
            }
            val message = if (pieces.size() > 0) pieces.toByteArray() else bytes
            pieces.reset()
            frames.trySend(unpacker.unpack(ByteBuffer.wrap(message)))
        } catch (e: IOException) {
            frames.close(e)
            socket.abort()
        }
        return null
    }

    override fun onClose(socket: WebSocket, status: Int, reason: String): CompletionStage<*>? {
        frames.close()
        return CompletableFuture.completedFuture(null)
    }

    override fun onError(socket: WebSocket, error: Throwable) {
        frames.close()
    }

    private companion object {
        const val CAPACITY = 16
    }
}

private class SocketChannel(private val socket: WebSocket, private val incoming: Incoming) : FrameChannel {
    private val packer = if (socket.subprotocol == PACKED_PROTOCOL) FramePacker() else null
    private var first = true

    override suspend fun send(frame: String) {
        // A message must not be abandoned half-way: the socket allows only one at a time.
        withContext(NonCancellable) {
            try {
                // The first frame has the token, whose length must not tell anything of what it is packed with.
                if (packer == null || first) {
                    first = false
                    socket.sendText(frame, true).await()
                } else {
                    socket.sendBinary(packer.pack(frame), true).await()
                }
            } catch (e: IOException) {
                throw ChannelClosedException("The connection is broken: ${e.message}", e)
            } catch (e: IllegalStateException) {
                throw ChannelClosedException("The connection is closed.", e)
            }
        }
    }

    override suspend fun receive(): String? {
        val frame = incoming.frames.receiveCatching().getOrNull() ?: return null
        socket.request(1)
        return frame
    }

    override fun close(reason: String?) {
        incoming.frames.close()
        incoming.unpacker.close()
        packer?.close()
        if (!socket.isOutputClosed) {
            // On a dead line the goodbye never gets out; a sender that waits is freed by the abort.
            socket
                .sendClose(WebSocket.NORMAL_CLOSURE, reason.orEmpty().take(MAX_REASON))
                .orTimeout(1, TimeUnit.SECONDS)
                .whenComplete { _, _ -> socket.abort() }
        } else {
            socket.abort()
        }
    }

    private companion object {
        const val MAX_REASON = 100
    }
}
