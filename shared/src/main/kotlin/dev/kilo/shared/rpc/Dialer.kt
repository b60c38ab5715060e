package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import kotlin.coroutines.coroutineContext
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.TimeSource

/** A channel on which the backend has answered the hello. */
internal class Line(
    val channel: FrameChannel,
    val reader: FrameReader,
    val writer: FrameWriter,
    val welcome: Frame.Welcome,
)

/**
 * Finds a way to the backend. While one attempt hangs, as it does on a line that swallows everything, others are begun
 * beside it, so that the first packet that gets through after a cut belongs to a young attempt and not to one that sits
 * out its own retransmission pause.
 */
internal class Dialer(
    private val connector: Connector,
    private val timing: RpcTiming,
    private val time: TimeSource = TimeSource.Monotonic,
) {
    private sealed interface Event {
        class Answered(val line: Line) : Event

        class Failed(val message: String?) : Event

        class Refused(val error: BackendException) : Event

        data object Late : Event
    }

    /**
     * Tries until the backend welcomes [hello]. [again]: there was a connection before, so an attempt that hangs gets
     * company soon. [onFailure] hears of the attempts so far and why the last one failed. Throws [BackendException] when
     * the backend refuses, which trying again would not change.
     */
    suspend fun dial(hello: Frame.Hello, again: Boolean, onFailure: (Int, String?) -> Unit): Line {
        val events = Channel<Event>(Channel.UNLIMITED)
        var won: Line? = null
        try {
            return coroutineScope {
                try {
                    race(this, events, hello, again, onFailure).also { won = it }
                } finally {
                    coroutineContext.cancelChildren()
                }
            }
        } catch (e: Throwable) {
            won?.channel?.close()
            throw e
        } finally {
            // Attempts that came in second.
            while (true) {
                val event = events.tryReceive().getOrNull() ?: break
                if (event is Event.Answered) event.line.channel.close()
            }
        }
    }

    private suspend fun race(
        scope: CoroutineScope,
        events: Channel<Event>,
        hello: Frame.Hello,
        again: Boolean,
        onFailure: (Int, String?) -> Unit,
    ): Line {
        val since = time.markNow()
        var attempts = 0
        var open = 0
        var timer: Job? = null
        while (true) {
            if (open < MAX_OPEN) {
                open++
                attempts++
                scope.launch { events.trySend(attempt(hello)) }
            }
            var wait = if (again) timing.overlap else timing.firstOverlap
            var ready = false
            while (!ready) {
                timer?.cancel()
                timer = scope.launch {
                    delay(wait)
                    events.trySend(Event.Late)
                }
                when (val event = events.receive()) {
                    is Event.Answered -> return event.line

                    is Event.Refused -> throw event.error

                    is Event.Failed -> {
                        open--
                        onFailure(attempts, event.message)
                        // What fails at once is cheap to try again, but not without a breath.
                        if (open == 0) wait = backoff(attempts, since.elapsedNow())
                    }

                    Event.Late -> ready = true
                }
            }
        }
    }

    private suspend fun attempt(hello: Frame.Hello): Event = try {
        withTimeoutOrNull(timing.handshake) { Event.Answered(connect(hello)) }
            ?: Event.Failed("The backend did not answer within ${timing.handshake}.")
    } catch (e: CancellationException) {
        throw e
    } catch (e: BackendException) {
        if (e.code == BackendException.Code.UNAVAILABLE) Event.Failed(e.message) else Event.Refused(e)
    } catch (e: IOException) {
        Event.Failed(e.message)
    } catch (e: ProtocolException) {
        val message = "What answers there is not a Kilo backend of this version. ${e.message}"
        Event.Refused(BackendException(BackendException.Code.PROTOCOL_MISMATCH, message, e))
    }

    private suspend fun connect(hello: Frame.Hello): Line {
        val channel = connector.connect()
        try {
            val writer = FrameWriter(channel)
            val reader = FrameReader(channel)
            writer.write(hello)
            val welcome = reader.read() ?: throw ChannelClosedException("The backend ended the connection.")
            if (welcome is Frame.Bye) throw BackendException(welcome.code, welcome.message)
            if (welcome !is Frame.Welcome) throw ProtocolException("Its first frame was not a welcome.")
            if (welcome.version != PROTOCOL_VERSION) {
                throw ProtocolException("It speaks protocol ${welcome.version}, this window $PROTOCOL_VERSION.")
            }
            return Line(channel, reader, writer, welcome)
        } catch (e: Throwable) {
            channel.close()
            throw e
        }
    }

    /** Short while the break is young: a cable that is plugged in again should be noticed at once. */
    private fun backoff(attempts: Int, since: Duration): Duration {
        val most = if (since < timing.eager) timing.maxBackoff else timing.calmBackoff
        val full = minOf(most, timing.firstBackoff * (1 shl minOf(attempts - 1, 10)))
        return full * Random.nextDouble(0.5, 1.0)
    }

    private companion object {
        /** Attempts that may hang beside each other. */
        const val MAX_OPEN = 6
    }
}
