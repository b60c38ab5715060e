package dev.kilo.shared.rpc

import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.builtins.serializer
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A channel that breaks after [left] more frames in either direction, losing the one at which it breaks. */
internal class Fragile(private val inner: FrameChannel, left: Int) : FrameChannel {
    private val left = AtomicInteger(left)

    override suspend fun send(frame: String) {
        if (left.decrementAndGet() < 0) {
            close()
            throw ChannelClosedException("cut")
        }
        inner.send(frame)
    }

    override suspend fun receive(): String? {
        val frame = inner.receive() ?: return null
        if (left.decrementAndGet() < 0) {
            close()
            return null
        }
        return frame
    }

    override fun close(reason: String?) = inner.close(reason)
}

internal val quick =
    RpcTiming(
        handshake = 5.seconds,
        reply = 20.seconds,
        firstBackoff = 1.milliseconds,
        maxBackoff = 5.milliseconds,
        pace = 0.seconds,
    )

internal fun server(handlers: Handlers, timing: RpcTiming = quick, authorize: (String?) -> Boolean = { true }) =
    RpcServer(handlers, "test", authorize, timing)

/** A client whose channels to [server] break after a random number of frames below [maxFrames]. */
internal fun client(
    server: () -> RpcServer,
    random: Random? = null,
    maxFrames: Int = 40,
    timing: RpcTiming = quick,
    token: String? = null,
): RpcClient = RpcClient(
    connector = {
        val (near, far) = channelPair(8)
        server().accept(far)
        if (random == null) near else Fragile(near, random.nextInt(maxFrames))
    },
    product = "test",
    token = token,
    timing = timing,
)

/** A few operations to test the layer with. */
internal object Toy {
    val echo = Query("echo", String.serializer(), String.serializer())
    val add = Command("add", String.serializer(), Int.serializer())
    val put = Command("put", String.serializer(), Int.serializer(), repeatable = true)
    val count = Stream("count", Int.serializer(), Int.serializer())
}

internal class ToyServer {
    val added = CopyOnWriteArrayList<String>()
    val handlers =
        Handlers().apply {
            on(Toy.echo) { it }
            on(Toy.add) {
                added.add(it)
                added.size
            }
            on(Toy.put) {
                added.addIfAbsent(it)
                added.size
            }
        }

    fun streaming(block: (Int) -> Flow<Int>): ToyServer {
        handlers.on(Toy.count) { args, _ -> block(args) }
        return this
    }
}
