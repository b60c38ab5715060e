package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.Connection
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random
import kotlin.time.Duration

/**
 * A window's side of the RPC: keeps a channel to the backend open, and carries calls and streams over it. A call that a
 * break interrupts is repeated where that is safe (see [Query] and [Command]); a stream goes on where it stopped.
 */
internal class RpcClient(
    private val connector: Connector,
    private val product: String,
    private val token: String?,
    private val timing: RpcTiming,
) : AutoCloseable {
    private sealed interface State {
        data class Up(val link: Link) : State

        data object Down : State

        data class Failed(val error: BackendException) : State
    }

    private val client = UUID.randomUUID().toString()
    private val ids = AtomicLong()
    private val commands = AtomicLong()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val state = MutableStateFlow<State>(State.Down)
    private val shown = MutableStateFlow<Connection>(Connection.Connecting(0, null))

    val connection: StateFlow<Connection> = shown.asStateFlow()

    init {
        scope.launch { keepConnected() }
    }

    override fun close() {
        fail(BackendException(BackendException.Code.UNAVAILABLE, "The connection to the backend was closed."))
        scope.cancel()
    }

    /** Asks once, or again after breaks. Throws [BackendException]. */
    suspend fun <A, R> call(operation: Operation<A, R>, args: A): R = withContext(Dispatchers.Default) {
        val command = if (operation is Command) commands.incrementAndGet() else null
        val encoded = RpcJson.encodeToJsonElement(operation.args, args)
        var sentTo: String? = null
        while (true) {
            val link = link(sent = sentTo != null && command != null)
            val again = sentTo != null
            if (operation is Command && !operation.repeatable && again && sentTo != link.instance) {
                throw outcomeUnknown()
            }
            sentTo = link.instance
            val frame = Frame.Call(ids.incrementAndGet(), operation.name, encoded, command, again)
            val reply = link.exchange(frame, timing.reply)
            when (reply) {
                is Link.Answer.Value -> return@withContext RpcJson.decodeFromJsonElement(
                    operation.result,
                    reply.value,
                )

                is Link.Answer.Failed -> throw BackendException(reply.code, reply.message)

                Link.Answer.Late -> throw late(command != null)

                Link.Answer.Broken -> continue
            }
        }
        error("unreachable")
    }

    /** Events of [operation], across breaks. Each collection is a subscription of its own. */
    fun <A, R> stream(operation: Stream<A, R>, args: A, after: Position? = null): Flow<R> = flow {
        val encoded = RpcJson.encodeToJsonElement(operation.args, args)
        var at = after
        while (true) {
            val link = streamLink()
            val id = ids.incrementAndGet()
            val subscribe = Frame.Subscribe(id, operation.name, encoded, WINDOW, at)
            val subscription = link.subscribe(subscribe) { RpcJson.decodeFromJsonElement(operation.result, it) }
            try {
                while (true) {
                    val item = subscription.next() ?: break
                    at = operation.position?.invoke(item)
                    emit(item)
                }
            } finally {
                withContext(NonCancellable) { subscription.end() }
            }
            if (subscription.complete) return@flow
            subscription.failure?.let { throw BackendException(it.code, it.message) }
        }
    }

    private suspend fun link(sent: Boolean): Link = withTimeoutOrNull(timing.offline) { streamLink() }
        ?: if (sent) throw outcomeUnknown() else throw noConnection()

    private suspend fun streamLink(): Link {
        val found = state.first { it is State.Failed || (it is State.Up && it.link.open) }
        return when (found) {
            is State.Up -> found.link
            is State.Failed -> throw BackendException(found.error.code, found.error.message ?: "No connection.")
            State.Down -> throw noConnection()
        }
    }

    private fun noConnection(): BackendException {
        val reason = (shown.value as? Connection.Connecting)?.message
        val message = "There is no connection to the backend" + (reason?.let { ": $it" } ?: ".")
        return BackendException(BackendException.Code.UNAVAILABLE, message)
    }

    private fun late(command: Boolean): BackendException = if (command) {
        outcomeUnknown()
    } else {
        val message = "The backend did not answer within ${timing.reply}. Try again."
        BackendException(BackendException.Code.UNAVAILABLE, message)
    }

    private suspend fun keepConnected() {
        var attempt = 0
        var instance: String? = null
        while (true) {
            if (attempt > 0) delay(backoff(attempt))
            val message =
                try {
                    connectOnce(instance) { link ->
                        attempt = 0
                        instance = link.instance
                    }
                } catch (e: CancellationException) {
                    throw e
                } catch (e: BackendException) {
                    if (e.code != BackendException.Code.UNAVAILABLE) return fail(e)
                    e.message
                } catch (e: IOException) {
                    e.message
                } catch (e: ProtocolException) {
                    return fail(BackendException(BackendException.Code.PROTOCOL_MISMATCH, foreign(e), e))
                }
            attempt++
            state.value = State.Down
            shown.value = Connection.Connecting(attempt, message)
        }
    }

    private fun foreign(e: ProtocolException) = "What answers there is not a Kilo backend of this version. ${e.message}"

    /** Connects and serves the connection until it ends; returns why. */
    private suspend fun connectOnce(instance: String?, onUp: (Link) -> Unit): String {
        val channel =
            withTimeoutOrNull(timing.handshake) { connector.connect() }
                ?: return "The backend did not answer within ${timing.handshake}."
        try {
            val writer = FrameWriter(channel)
            val reader = FrameReader(channel)
            val welcome =
                withTimeoutOrNull(timing.handshake) {
                    writer.write(Frame.Hello(PROTOCOL_VERSION, client, product, token, instance))
                    reader.read() ?: throw ChannelClosedException("The backend ended the connection.")
                } ?: return "The backend did not answer within ${timing.handshake}."
            if (welcome is Frame.Bye) throw BackendException(welcome.code, welcome.message)
            if (welcome !is Frame.Welcome) throw ProtocolException("Its first frame was not a welcome.")
            if (welcome.version != PROTOCOL_VERSION) {
                throw ProtocolException("It speaks protocol ${welcome.version}, this window $PROTOCOL_VERSION.")
            }
            val link = Link(writer, welcome.instance)
            onUp(link)
            return serve(channel, reader, writer, link)
        } finally {
            channel.close()
        }
    }

    private suspend fun serve(channel: FrameChannel, reader: FrameReader, writer: FrameWriter, link: Link): String {
        try {
            coroutineScope {
                val liveness = Liveness(channel, writer, timing)
                val watch = launch { liveness.watch() }
                state.value = State.Up(link)
                shown.value = Connection.Connected
                try {
                    while (true) link.accept(reader.read(liveness::onSign) ?: break)
                } finally {
                    watch.cancel()
                }
            }
            return "The connection was lost."
        } finally {
            // Down first, so that nobody who is woken by the break finds this link again.
            if (state.value is State.Up) state.value = State.Down
            link.close()
        }
    }

    private fun fail(error: BackendException) {
        val up = state.value as? State.Up
        // The reason first, so that whoever's call fails now can know that it is told already.
        shown.value = Connection.Lost(error.message ?: error.code.name)
        state.value = State.Failed(error)
        up?.link?.close()
    }

    /** The first attempt after a break comes at once. */
    private fun backoff(attempt: Int): Duration {
        if (attempt == 1) return Duration.ZERO
        val full = minOf(timing.maxBackoff, timing.firstBackoff * (1 shl minOf(attempt - 2, 10)))
        return full * Random.nextDouble(0.5, 1.0)
    }

    private companion object {
        /** Items of a stream that may be under way or unread. */
        const val WINDOW = 64
    }
}
