package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.JsonElement
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration

/** One connection of a client: what is open on it ends with it. */
internal class Link(private val writer: FrameWriter, val instance: String) {
    sealed interface Answer {
        data class Value(val value: JsonElement) : Answer

        data class Failed(val code: BackendException.Code, val message: String) : Answer

        /** No answer within the limit. */
        data object Late : Answer

        /** The connection ended first. */
        data object Broken : Answer
    }

    private val calls = ConcurrentHashMap<Long, CompletableDeferred<Answer>>()
    private val subscriptions = ConcurrentHashMap<Long, Subscription<*>>()

    @Volatile
    var open: Boolean = true
        private set

    fun close() {
        open = false
        calls.values.forEach { it.complete(Answer.Broken) }
        subscriptions.values.forEach { it.close() }
    }

    /** Sends [call] and waits for its answer. Tells the server when the caller gives up. */
    suspend fun exchange(call: Frame.Call, limit: Duration): Answer {
        val answer = CompletableDeferred<Answer>()
        calls[call.id] = answer
        try {
            if (!open) return Answer.Broken
            val result =
                withTimeoutOrNull(limit) {
                    writer.write(call)
                    answer.await()
                }
            if (result == null) cancel(call.id)
            return result ?: Answer.Late
        } catch (_: ChannelClosedException) {
            return Answer.Broken
        } catch (e: CancellationException) {
            cancel(call.id)
            throw e
        } finally {
            calls.remove(call.id)
        }
    }

    /** Starts a stream; [decode] runs where frames are read, not where they are collected. */
    suspend fun <E> subscribe(frame: Frame.Subscribe, decode: (JsonElement) -> E): Subscription<E> {
        val subscription = Subscription(frame.id, frame.credits, decode)
        subscriptions[frame.id] = subscription
        if (!open) subscription.close()
        try {
            writer.write(frame)
        } catch (_: ChannelClosedException) {
            subscription.close()
        } catch (e: CancellationException) {
            subscriptions.remove(frame.id)
            cancel(frame.id)
            throw e
        }
        return subscription
    }

    fun accept(frame: Frame) {
        when (frame) {
            is Frame.Reply -> calls[frame.id]?.complete(Answer.Value(frame.value))

            is Frame.Failure -> {
                calls[frame.id]?.complete(Answer.Failed(frame.code, frame.message))
                subscriptions[frame.id]?.fail(frame)
            }

            is Frame.Item -> subscriptions[frame.id]?.offer(frame.value)

            is Frame.End -> subscriptions[frame.id]?.finish()

            is Frame.Bye -> throw BackendException(frame.code, frame.message)

            Frame.Ping -> Unit

            is Frame.Hello, is Frame.Welcome, is Frame.Call, is Frame.Cancel, is Frame.Subscribe, is Frame.Credit,
            is Frame.Chunk,
            -> throw ProtocolException("A backend doesn't send ${frame::class.simpleName}.")
        }
    }

    private suspend fun cancel(id: Long) {
        if (!open) return
        withContext(NonCancellable) {
            try {
                writer.write(Frame.Cancel(id))
            } catch (_: ChannelClosedException) {
                // With the connection everything on it has ended.
            }
        }
    }

    /** The receiving end of a stream: holds at most [window] items and grants credit as they are taken. */
    inner class Subscription<E>(private val id: Long, private val window: Int, private val decode: (JsonElement) -> E) {
        private val items = Channel<E>(window)
        private var taken = 0

        @Volatile
        var complete: Boolean = false
            private set

        @Volatile
        var failure: Frame.Failure? = null
            private set

        /** The next item, or null when the stream, or the connection, has ended. What had arrived is still given. */
        suspend fun next(): E? {
            if (taken * 2 >= window) {
                grant(taken)
                taken = 0
            }
            val item = items.receiveCatching().getOrNull() ?: return null
            taken++
            return item
        }

        fun offer(value: JsonElement) {
            val item =
                try {
                    decode(value)
                } catch (e: SerializationException) {
                    throw ProtocolException("An event arrived that is not understood.", e)
                }
            val result = items.trySend(item)
            if (!result.isSuccess &&
                !result.isClosed
            ) {
                throw ProtocolException("More events arrived than were asked for.")
            }
        }

        fun finish() {
            complete = true
            items.close()
        }

        fun fail(frame: Frame.Failure) {
            failure = frame
            items.close()
        }

        fun close() {
            items.close()
        }

        /** The collector is gone or the stream is over. */
        suspend fun end() {
            subscriptions.remove(id)
            if (!complete && failure == null) cancel(id)
        }

        private suspend fun grant(count: Int) {
            try {
                if (open) writer.write(Frame.Credit(id, count))
            } catch (_: ChannelClosedException) {
                // What has arrived is still to be taken; after that the break shows.
            }
        }
    }
}
