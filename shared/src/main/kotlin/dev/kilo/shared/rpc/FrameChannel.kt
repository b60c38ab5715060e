package dev.kilo.shared.rpc

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ClosedReceiveChannelException
import kotlinx.coroutines.channels.ClosedSendChannelException
import java.io.IOException

/**
 * A two-way, ordered pipe of text frames between a window and its backend. It may break at any moment; everything above
 * it copes with that. Implementations bound what they hold: [send] suspends while the other side does not read.
 */
public interface FrameChannel {
    /** Hands over one frame. Throws [ChannelClosedException] when the pipe is broken or closed. */
    public suspend fun send(frame: String)

    /** The next frame, or null when the pipe has ended in either way. */
    public suspend fun receive(): String?

    /** Ends the pipe for both sides. Harmless when it is closed already. */
    public fun close(reason: String? = null)
}

/** The pipe is closed or broken. */
public class ChannelClosedException(message: String, cause: Throwable? = null) : IOException(message, cause)

/** Opens a new pipe to the backend; called again after every break. */
public fun interface Connector {
    public suspend fun connect(): FrameChannel
}

/** Two ends of a pipe within one process. Each direction holds at most [capacity] frames. */
public fun channelPair(capacity: Int = 64): Pair<FrameChannel, FrameChannel> {
    val up = Channel<String>(capacity)
    val down = Channel<String>(capacity)
    return MemoryChannel(up, down) to MemoryChannel(down, up)
}

/** A pipe within this process: what is sent goes to [out], what comes is read from [input]. */
internal open class MemoryChannel(protected val out: Channel<String>, protected val input: Channel<String>) :
    FrameChannel {
    final override suspend fun send(frame: String): Unit = out.put(frame)

    final override suspend fun receive(): String? = try {
        input.receive()
    } catch (_: ClosedReceiveChannelException) {
        null
    }

    override fun close(reason: String?) {
        out.close()
        input.close()
    }

    protected suspend fun Channel<String>.put(frame: String) {
        try {
            send(frame)
        } catch (e: ClosedSendChannelException) {
            throw ChannelClosedException("The connection is closed.", e)
        }
    }
}
