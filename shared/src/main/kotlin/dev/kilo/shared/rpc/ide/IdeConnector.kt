package dev.kilo.shared.rpc.ide

import dev.kilo.shared.rpc.ChannelClosedException
import dev.kilo.shared.rpc.Connector
import dev.kilo.shared.rpc.FrameChannel
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Semaphore
import java.io.IOException
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference

/** Opens channels over an IDE's own RPC. [resolve] finds the backend's side; it is asked anew for every channel. */
public class IdeConnector(private val resolve: suspend () -> IdeCalls) : Connector {
    override suspend fun connect(): FrameChannel {
        val channel = ClientChannel(UUID.randomUUID().toString(), guarded { resolve() })
        try {
            channel.open()
            return channel
        } catch (e: Throwable) {
            channel.close()
            throw e
        }
    }
}

/** The IDE's RPC throws its own exceptions; above it there are only broken connections. */
private suspend fun <T> guarded(block: suspend () -> T): T = try {
    block()
} catch (e: CancellationException) {
    throw e
} catch (e: IOException) {
    throw e
} catch (e: Exception) {
    throw IOException("Kilo does not answer on the project's host (${e.message ?: e::class.simpleName}).", e)
}

/**
 * Frames of the window go as overlapping requests, because waiting for each answer would cost a round trip a frame; at
 * most [IN_FLIGHT] are under way. Frames of the backend arrive as the items of one stream.
 */
private class ClientChannel(private val name: String, private val calls: IdeCalls) : FrameChannel {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val incoming = Channel<String>(CAPACITY)
    private val slots = Semaphore(IN_FLIGHT)
    private val seq = AtomicLong()
    private val broken = AtomicReference<ChannelClosedException>()

    suspend fun open() {
        val items = guarded { calls.events(name) }
        scope.launch {
            try {
                items.collect { incoming.send(it) }
                end("The backend ended the connection.")
            } catch (e: CancellationException) {
                end("The connection is closed.")
                throw e
            } catch (e: Exception) {
                end("The connection is broken: ${e.message ?: e::class.simpleName}", e)
            }
        }
        val first = incoming.receiveCatching().getOrNull()
        if (first !=
            CHANNEL_OPEN
        ) {
            throw broken.get() ?: ChannelClosedException("The backend did not open the connection.")
        }
    }

    override suspend fun send(frame: String) {
        slots.acquire()
        broken.get()?.let {
            slots.release()
            throw ChannelClosedException(it.message ?: "The connection is closed.", it)
        }
        val request = IdeRequest.Frame(name, seq.getAndIncrement(), frame)
        scope
            .launch {
                try {
                    calls.ask(request)
                } catch (e: CancellationException) {
                    end("The connection is closed.")
                    throw e
                } catch (e: Exception) {
                    end("The connection is broken: ${e.message ?: e::class.simpleName}", e)
                }
            }.invokeOnCompletion { slots.release() }
    }

    override suspend fun receive(): String? = incoming.receiveCatching().getOrNull()

    override fun close(reason: String?) {
        end(reason ?: "The connection is closed.")
        scope.cancel()
    }

    private fun end(message: String, cause: Throwable? = null) {
        broken.compareAndSet(null, ChannelClosedException(message, cause))
        incoming.close()
    }

    private companion object {
        const val CAPACITY = 16
    }
}

/** Requests of one channel that may wait for their answer. */
internal const val IN_FLIGHT: Int = 32
