package dev.kilo.shared.rpc

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.coroutineContext
import kotlin.time.Duration.Companion.minutes

/**
 * Serves a [Backend] to any number of windows, each over its own channel. Commands belong to the server, not to a
 * connection: they run on when a connection breaks, and their outcome is there when the client asks again.
 */
public class RpcServer internal constructor(
    private val handlers: Handlers,
    private val product: String,
    private val authorize: (String?) -> Boolean,
    private val timing: RpcTiming,
) : AutoCloseable {
    /** [product] is the version to name in messages; [authorize] says whether a window's token is good. */
    public constructor(
        backend: Backend,
        product: String,
        authorize: (String?) -> Boolean = { true },
        timing: RpcTiming = RpcTiming(),
    ) : this(serviceHandlers(backend), product, authorize, timing)

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val instance = UUID.randomUUID().toString()
    private val commands = CommandTable<JsonElement>(scope, keep = 10.minutes)

    /** Serves one window until its channel ends. Throws nothing but cancellation. */
    public suspend fun serve(channel: FrameChannel) {
        val writer = FrameWriter(channel)
        try {
            serve(channel, writer)
        } catch (_: ChannelClosedException) {
            // The window is gone; it comes back by itself.
        } catch (e: ProtocolException) {
            bye(writer, BackendException.Code.BAD_REQUEST, e.message ?: "The protocol was violated.")
        } finally {
            channel.close()
        }
    }

    /** Serves [channel] in the background until it ends or the server is closed. */
    public fun accept(channel: FrameChannel): Job = scope.launch { serve(channel) }

    /** Stops running commands and ends all channels. */
    override fun close() {
        scope.cancel()
    }

    private suspend fun serve(channel: FrameChannel, writer: FrameWriter) {
        val reader = FrameReader(channel)
        val hello = withTimeoutOrNull(timing.handshake) { reader.first() } ?: return
        if (hello !is Frame.Hello) throw ProtocolException("The first frame must be a hello.")
        if (hello.version != PROTOCOL_VERSION) {
            val message =
                "The window (Kilo ${hello.product}) speaks protocol ${hello.version}, the backend (Kilo $product) " +
                    "speaks protocol $PROTOCOL_VERSION. Install the same version of Kilo on both sides."
            return bye(writer, BackendException.Code.PROTOCOL_MISMATCH, message)
        }
        if (!authorize(hello.token)) {
            val message = "The backend refused the token. Give the window the token that the backend was started with."
            return bye(writer, BackendException.Code.UNAUTHORIZED, message)
        }
        commands.attach(hello.client, returning = hello.instance == instance)
        try {
            writer.write(Frame.Welcome(PROTOCOL_VERSION, instance, product))
            supervisorScope {
                val liveness = Liveness(channel, writer, timing)
                launch { liveness.watch() }
                try {
                    Connection(hello.client, this, writer).read(reader, liveness)
                } finally {
                    coroutineContext.cancelChildren()
                }
            }
        } finally {
            commands.detach(hello.client)
        }
    }

    private suspend fun bye(writer: FrameWriter, code: BackendException.Code, message: String) {
        try {
            withTimeoutOrNull(timing.handshake) { writer.write(Frame.Bye(code, message)) }
        } catch (_: ChannelClosedException) {
            // It left before it could be told.
        }
    }

    /** What one window has going on. */
    private inner class Connection(
        private val client: String,
        private val scope: CoroutineScope,
        private val writer: FrameWriter,
    ) {
        private val jobs = ConcurrentHashMap<Long, Job>()
        private val credits = ConcurrentHashMap<Long, Credits>()

        suspend fun read(reader: FrameReader, liveness: Liveness) {
            while (true) {
                when (val frame = reader.read(liveness::onSign) ?: return) {
                    is Frame.Call -> start(frame.id) { call(frame) }

                    is Frame.Subscribe -> {
                        val own = Credits(frame.credits)
                        credits[frame.id] = own
                        start(frame.id) { stream(frame, own) }
                    }

                    is Frame.Credit -> credits[frame.id]?.grant(frame.count)

                    is Frame.Cancel -> jobs[frame.id]?.cancel()

                    Frame.Ping -> Unit

                    is Frame.Hello, is Frame.Welcome, is Frame.Bye, is Frame.Reply, is Frame.Failure, is Frame.Item,
                    is Frame.End, is Frame.Chunk,
                    -> throw ProtocolException("A window doesn't send ${frame::class.simpleName}.")
                }
            }
        }

        private fun start(id: Long, block: suspend () -> Unit) {
            if (jobs.size >= MAX_OPEN) {
                credits.remove(id)
                throw ProtocolException("More than $MAX_OPEN calls and streams at a time.")
            }
            val job =
                scope.launch {
                    try {
                        block()
                    } catch (_: ChannelClosedException) {
                        // The reader sees the end too.
                    }
                }
            jobs[id] = job
            job.invokeOnCompletion {
                jobs.remove(id, job)
                credits.remove(id)
            }
        }

        private suspend fun call(frame: Frame.Call) {
            answer(frame.id) {
                val handler = handlers.calls[frame.op] ?: throw unknown(frame.op)
                val operation = handler.operation
                val number = frame.command
                val value =
                    if (operation is Command) {
                        if (number == null) throw ProtocolException("The command ${frame.op} has no number.")
                        commands
                            .run(client, number, frame.again, operation.repeatable) { handler.run(frame.args) }
                            .await()
                    } else {
                        handler.run(frame.args)
                    }
                writer.write(Frame.Reply(frame.id, value))
            }
        }

        private suspend fun stream(frame: Frame.Subscribe, credits: Credits) {
            answer(frame.id) {
                val handler = handlers.streams[frame.op] ?: throw unknown(frame.op)
                // Nothing is fetched for a reader without credit, so a slow one finds its deltas merged.
                credits.take()
                handler.start(frame.args, frame.after).collect {
                    writer.write(Frame.Item(frame.id, it))
                    // A packet for each word would be mostly headers. Nothing waits before the first one.
                    if (timing.pace.isPositive() && isDelta(it)) delay(timing.pace)
                    credits.take()
                }
                writer.write(Frame.End(frame.id))
            }
        }

        private fun isDelta(item: JsonElement): Boolean {
            val event = (item as? JsonObject)?.get("event") as? JsonObject ?: return false
            return (event["_"] as? JsonPrimitive)?.content == "part.delta"
        }

        private suspend fun answer(id: Long, block: suspend () -> Unit) {
            try {
                block()
            } catch (e: ChannelClosedException) {
                throw e
            } catch (e: BackendException) {
                writer.write(Frame.Failure(id, e.code, e.message ?: e.code.name))
            } catch (e: CancellationException) {
                coroutineContext.ensureActive()
                // Not ours: the command or the server behind it was stopped.
                val message = "The backend is stopping."
                writer.write(Frame.Failure(id, BackendException.Code.UNAVAILABLE, message))
            } catch (e: SerializationException) {
                val message = "The request has the wrong form: ${e.message?.lineSequence()?.first()}"
                writer.write(Frame.Failure(id, BackendException.Code.BAD_REQUEST, message))
            } catch (e: Exception) {
                val message = "The backend failed: ${e.message ?: e::class.simpleName}"
                writer.write(Frame.Failure(id, BackendException.Code.INTERNAL, message))
            }
        }

        private fun unknown(op: String) =
            BackendException(BackendException.Code.BAD_REQUEST, "The backend (Kilo $product) has no operation \"$op\".")
    }

    private companion object {
        /** Calls and streams that one window may have open. */
        const val MAX_OPEN = 512
    }
}
