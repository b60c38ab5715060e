package dev.kilo.shared.rpc.ws

import dev.kilo.shared.rpc.MAX_FRAME_BYTES
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.util.zip.DataFormatException
import java.util.zip.Deflater
import java.util.zip.Inflater

/**
 * Name of the WebSocket subprotocol under which frames may travel packed. The JDK's client has no extension for that.
 * Packed frames are binary messages, others (the first one, which carries the token, always is) remain text.
 */
public const val PACKED_PROTOCOL: String = "kilo.packed"

/**
 * Packs the frames of one direction of one socket. They share one window of what was sent before, so that an event which
 * names the same ids as the last one costs some twenty bytes. Call in the order of sending.
 */
public class FramePacker : AutoCloseable {
    private val deflater = Deflater(Deflater.BEST_SPEED, true)
    private val buffer = ByteArray(8192)
    private var closed = false

    /** The message for [frame]. Throws [IOException] when it was closed. */
    @Synchronized
    public fun pack(frame: String): ByteBuffer {
        if (closed) throw IOException("The connection is closed.")
        deflater.setInput(frame.toByteArray())
        val out = ByteArrayOutputStream(64 + frame.length / 4)
        while (true) {
            val count = deflater.deflate(buffer, 0, buffer.size, Deflater.SYNC_FLUSH)
            out.write(buffer, 0, count)
            if (count < buffer.size) break
        }
        return ByteBuffer.wrap(out.toByteArray())
    }

    @Synchronized
    override fun close() {
        if (!closed) deflater.end()
        closed = true
    }
}

/** The other end of [FramePacker]. A frame that grows beyond the limit is an error, not a bomb. */
public class FrameUnpacker : AutoCloseable {
    private val inflater = Inflater(true)
    private val buffer = ByteArray(8192)
    private var closed = false

    /** The frame in [message]. Throws [IOException] when it has none or one that is too long. */
    @Synchronized
    public fun unpack(message: ByteBuffer): String {
        if (closed) throw IOException("The connection is closed.")
        inflater.setInput(message)
        val out = ByteArrayOutputStream(message.remaining() * 4)
        try {
            while (true) {
                val count = inflater.inflate(buffer)
                if (count == 0) break
                out.write(buffer, 0, count)
                if (out.size() > MAX_FRAME_BYTES) {
                    throw IOException("A packed frame has more than $MAX_FRAME_BYTES bytes.")
                }
            }
        } catch (e: DataFormatException) {
            throw IOException("A packed frame is damaged.", e)
        }
        if (inflater.finished() || inflater.needsDictionary()) throw IOException("A packed frame is damaged.")
        return out.toString(Charsets.UTF_8)
    }

    @Synchronized
    override fun close() {
        if (!closed) inflater.end()
        closed = true
    }
}
