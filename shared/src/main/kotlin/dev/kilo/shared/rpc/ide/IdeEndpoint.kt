package dev.kilo.shared.rpc.ide

import dev.kilo.shared.rpc.ChannelClosedException
import dev.kilo.shared.rpc.FrameChannel
import dev.kilo.shared.rpc.MemoryChannel
import dev.kilo.shared.rpc.RpcJson
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.serialization.SerializationException
import java.util.concurrent.ConcurrentHashMap

/**
 * The backend's side of [IdeCalls]. [accept] serves a channel that was opened; [answer] answers every request that is not
 * a frame and may throw: the message reaches the window.
 */
public class IdeEndpoint(
    private val accept: suspend (FrameChannel) -> Unit,
    private val answer: suspend (IdeRequest) -> String,
) : IdeCalls {
    private val channels = ConcurrentHashMap<String, ServerChannel>()

    override suspend fun request(body: String): String = RpcJson.encodeToString(IdeReply.serializer(), reply(body))

    override suspend fun events(channel: String): Flow<String> = flow {
        val own = ServerChannel()
        check(channels.putIfAbsent(channel, own) == null) { "There is a channel with this name." }
        try {
            accept(own)
            emit(CHANNEL_OPEN)
            while (true) emit(own.outgoing() ?: break)
        } finally {
            channels.remove(channel, own)
            own.close()
        }
    }

    private suspend fun reply(body: String): IdeReply {
        val request =
            try {
                RpcJson.decodeFromString(IdeRequest.serializer(), body)
            } catch (_: SerializationException) {
                return IdeReply(
                    error = "The request is not understood. Install the same version of Kilo on both sides.",
                )
            }
        return try {
            if (request is IdeRequest.Frame) {
                val channel = channels[request.channel] ?: return IdeReply(error = "The connection is closed.")
                channel.push(request.seq, request.text)
                IdeReply()
            } else {
                IdeReply(answer(request))
            }
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            IdeReply(error = e.message ?: e::class.simpleName)
        }
    }
}

private class ServerChannel : MemoryChannel(Channel(CAPACITY), Channel(IN_FLIGHT)) {
    private val turn = Mutex()
    private val early = HashMap<Long, Early>()
    private val closed = CompletableDeferred<Unit>()
    private var next = 0L

    private class Early(val text: String) {
        val delivered = CompletableDeferred<Unit>()
    }

    /**
     * Takes a frame that may have overtaken others, and returns when it is delivered: so no more than the window has under
     * way can ever wait here. A frame that was there already is ignored.
     */
    suspend fun push(seq: Long, text: String) {
        val own =
            turn.withLock {
                if (seq < next) return
                if (seq >= next + IN_FLIGHT) throw ChannelClosedException("The window sends more than was agreed.")
                early.getOrPut(seq) { Early(text) }.also { deliver() }
            }
        select {
            own.delivered.onAwait { }
            closed.onAwait { if (!own.delivered.isCompleted) throw ChannelClosedException("The connection is closed.") }
        }
    }

    private suspend fun deliver() {
        while (true) {
            val due = early[next] ?: return
            input.put(due.text)
            early.remove(next++)
            due.delivered.complete(Unit)
        }
    }

    suspend fun outgoing(): String? = out.receiveCatching().getOrNull()

    override fun close(reason: String?) {
        super.close(reason)
        closed.complete(Unit)
    }

    private companion object {
        const val CAPACITY = 16
    }
}
