package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import java.util.concurrent.atomic.AtomicLong

/** Version of the frames and operations below; both sides must speak the same. */
public const val PROTOCOL_VERSION: Int = 1

/** No frame on a channel has more UTF-8 bytes than this. */
public const val MAX_FRAME_BYTES: Int = 1 shl 20

/**
 * Longest frame in UTF-16 units; longer ones travel as chunks. A chunk's text is escaped once more, at worst six bytes
 * for a unit, so this stays far below [MAX_FRAME_BYTES] and lets an event pass between two chunks on a slow line.
 */
internal const val CHUNK_UNITS: Int = 1 shl 14

/** Most that may be held of chunked frames that have not arrived completely, in UTF-16 units. */
internal const val MAX_ASSEMBLY_UNITS: Long = 64L shl 20

/** How DTOs travel. The discriminator is a name that no DTO uses for a property. */
public val RpcJson: Json =
    Json {
        classDiscriminator = "_"
        encodeDefaults = false
        explicitNulls = false
        ignoreUnknownKeys = true
    }

/** Place in a stream: [seq] ascends within [epoch]. */
@Serializable
public data class Position(val epoch: String, val seq: Long)

@Serializable
internal sealed interface Frame {
    /** First frame of a window. [client] names it across reconnects; [instance] is the backend that it spoke to last. */
    @Serializable
    @SerialName("hello")
    data class Hello(
        val version: Int,
        val client: String,
        val product: String,
        val token: String? = null,
        val instance: String? = null,
    ) : Frame

    /** Answer to a good [Hello]. [instance] names this run of the backend. */
    @Serializable
    @SerialName("welcome")
    data class Welcome(val version: Int, val instance: String, val product: String) : Frame

    /** The connection ends because of an error that concerns all of it. */
    @Serializable
    @SerialName("bye")
    data class Bye(val code: BackendException.Code, val message: String) : Frame

    /** A sign of life; needs no answer. */
    @Serializable
    @SerialName("ping")
    data object Ping : Frame

    /** [command] numbers commands of one client; [again] marks one that was sent before. */
    @Serializable
    @SerialName("call")
    data class Call(
        val id: Long,
        val op: String,
        val args: JsonElement,
        val command: Long? = null,
        val again: Boolean = false,
    ) : Frame

    @Serializable
    @SerialName("reply")
    data class Reply(val id: Long, val value: JsonElement) : Frame

    /** A call or stream failed. */
    @Serializable
    @SerialName("failure")
    data class Failure(val id: Long, val code: BackendException.Code, val message: String) : Frame

    /** The caller or collector of [id] is gone. */
    @Serializable
    @SerialName("cancel")
    data class Cancel(val id: Long) : Frame

    /** Starts a stream after [after] or afresh; [credits] items may be sent before more [Credit] arrives. */
    @Serializable
    @SerialName("subscribe")
    data class Subscribe(
        val id: Long,
        val op: String,
        val args: JsonElement,
        val credits: Int,
        val after: Position? = null,
    ) : Frame

    @Serializable
    @SerialName("credit")
    data class Credit(val id: Long, val count: Int) : Frame

    @Serializable
    @SerialName("item")
    data class Item(val id: Long, val value: JsonElement) : Frame

    /** The stream ended by itself. */
    @Serializable
    @SerialName("end")
    data class End(val id: Long) : Frame

    /** A piece of a long frame; chunks of one [id] arrive in order, other frames may lie between them. */
    @Serializable
    @SerialName("chunk")
    data class Chunk(val id: Long, val text: String, val last: Boolean = false, val drop: Boolean = false) : Frame
}

/** The peer sent something that this protocol does not have. */
internal class ProtocolException(message: String, cause: Throwable? = null) : Exception(message, cause)

internal fun Frame.encode(): String = RpcJson.encodeToString(Frame.serializer(), this)

internal fun decodeFrame(text: String): Frame {
    if (text.length > MAX_FRAME_BYTES) {
        throw ProtocolException("A frame of ${text.length} characters arrived; $MAX_FRAME_BYTES is the limit.")
    }
    try {
        return RpcJson.decodeFromString(Frame.serializer(), text)
    } catch (e: SerializationException) {
        throw ProtocolException("A frame arrived that is not understood: ${text.take(80)}", e)
    }
}

/** Writes frames, long ones in chunks between which other frames may pass. */
internal class FrameWriter(private val channel: FrameChannel) {
    private val turn = Mutex()
    private val chunks = AtomicLong()

    /** Returns when the frame was handed to the channel as a whole, so a caller's frames keep their order. */
    suspend fun write(frame: Frame) {
        val text = frame.encode()
        if (text.length <= CHUNK_UNITS) return turn.withLock { channel.send(text) }
        val id = chunks.incrementAndGet()
        try {
            var start = 0
            while (start < text.length) {
                val end = chunkEnd(text, start)
                val piece = Frame.Chunk(id, text.substring(start, end), last = end == text.length)
                turn.withLock { channel.send(piece.encode()) }
                start = end
            }
        } catch (e: CancellationException) {
            withContext(NonCancellable) {
                try {
                    turn.withLock { channel.send(Frame.Chunk(id, "", drop = true).encode()) }
                } catch (closed: ChannelClosedException) {
                    e.addSuppressed(closed)
                }
            }
            throw e
        }
    }

    /** A surrogate pair must stay together: alone its halves have no UTF-8 form. */
    private fun chunkEnd(text: String, start: Int): Int {
        val end = minOf(start + CHUNK_UNITS, text.length)
        return if (end < text.length && text[end - 1].isHighSurrogate()) end - 1 else end
    }
}

/** Reads frames and puts chunks together again. Used by one coroutine at a time. */
internal class FrameReader(private val channel: FrameChannel) {
    private val parts = HashMap<Long, StringBuilder>()
    private var held = 0L

    /** The first frame of a stranger, or null at the end of the channel. It is never long, so nothing is collected. */
    suspend fun first(): Frame? {
        val frame = decodeFrame(channel.receive() ?: return null)
        if (frame is Frame.Chunk) throw ProtocolException("The first frame can't come in chunks.")
        return frame
    }

    /** The next whole frame, or null at the end of the channel. [onSign] is called for everything that arrives. */
    suspend fun read(onSign: () -> Unit = {}): Frame? {
        while (true) {
            val text = channel.receive() ?: return null
            onSign()
            val frame = decodeFrame(text)
            if (frame !is Frame.Chunk) return frame
            val whole = accept(frame) ?: continue
            try {
                return RpcJson.decodeFromString(Frame.serializer(), whole)
            } catch (e: SerializationException) {
                throw ProtocolException("A chunked frame arrived that is not understood: ${whole.take(80)}", e)
            }
        }
    }

    private fun accept(chunk: Frame.Chunk): String? {
        if (chunk.drop) {
            parts.remove(chunk.id)?.let { held -= it.length }
            return null
        }
        held += chunk.text.length
        if (held >
            MAX_ASSEMBLY_UNITS
        ) {
            throw ProtocolException("More than $MAX_ASSEMBLY_UNITS characters of unfinished frames.")
        }
        val builder = parts.getOrPut(chunk.id) { StringBuilder() }.append(chunk.text)
        if (!chunk.last) return null
        parts.remove(chunk.id)
        held -= builder.length
        return builder.toString()
    }
}
