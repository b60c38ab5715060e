package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.Connection
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration

/**
 * A window's side of the RPC: keeps a channel to the backend open, and carries calls and streams over it. A call that a
 * break interrupts is repeated where that is safe (see [Query] and [Command]); a stream goes on where it stopped.
 */
internal class RpcClient(
    connector: Connector,
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
    private val dialer = Dialer(connector, timing)
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
        try {
            var line = dial(null)
            while (true) line = serve(line) ?: dial(line.welcome.instance)
        } catch (e: BackendException) {
            fail(e)
        } catch (e: ProtocolException) {
            val message = "What answers there is not a Kilo backend of this version. ${e.message}"
            fail(BackendException(BackendException.Code.PROTOCOL_MISMATCH, message, e))
        }
    }

    /** A new connection. [instance] is the backend that the last one led to. */
    private suspend fun dial(instance: String?): Line {
        val hello = Frame.Hello(PROTOCOL_VERSION, client, product, token, instance)
        return dialer.dial(hello, again = instance != null) { attempts, message ->
            shown.value = Connection.Connecting(attempts, message)
        }
    }

    /** Uses [line] until it ends, or until it has been quiet for long and another was found, which is returned. */
    private suspend fun serve(line: Line): Line? {
        val link = Link(line.writer, line.welcome.instance)
        val liveness = Liveness(line.channel, line.writer, timing)
        val other = AtomicReference<Line>()
        try {
            coroutineScope {
                val reading = launch(start = CoroutineStart.UNDISPATCHED) { read(line, link, liveness) }
                state.value = State.Up(link)
                shown.value = Connection.Connected
                val watch = launch { liveness.watch() }
                val looking =
                    launch {
                        look(liveness, line.welcome.instance, other)
                        reading.cancel()
                    }
                reading.join()
                looking.cancel()
                watch.cancel()
            }
            val found = other.get()
            shown.value = Connection.Connecting(1, "The connection was lost.")
            return found
        } catch (e: Throwable) {
            other.get()?.channel?.close()
            throw e
        } finally {
            // Down first, so that nobody who is woken by the break finds this link again.
            if (state.value is State.Up) state.value = State.Down
            link.close()
            line.channel.close()
        }
    }

    private suspend fun read(line: Line, link: Link, liveness: Liveness) {
        try {
            while (true) link.accept(line.reader.read(liveness::onSign) ?: return)
        } catch (_: ChannelClosedException) {
            // It ended.
        }
    }

    /** Looks for another connection whenever this one is quiet, until a sign of life comes or [other] is found. */
    private suspend fun look(liveness: Liveness, instance: String, other: AtomicReference<Line>) {
        while (true) {
            liveness.awaitQuiet()
            shown.value = Connection.Connecting(1, "The backend has not been heard for ${timing.quiet}.")
            coroutineScope {
                val dialing = launch { other.set(dial(instance)) }
                val listening =
                    launch {
                        liveness.awaitSign()
                        dialing.cancel()
                    }
                dialing.join()
                listening.cancel()
            }
            if (other.get() != null) return
            shown.value = Connection.Connected
        }
    }

    private fun fail(error: BackendException) {
        val up = state.value as? State.Up
        // The reason first, so that whoever's call fails now can know that it is told already.
        shown.value = Connection.Lost(error.message ?: error.code.name)
        state.value = State.Failed(error)
        up?.link?.close()
    }

    private companion object {
        /** Items of a stream that may be under way or unread. */
        const val WINDOW = 64
    }
}
