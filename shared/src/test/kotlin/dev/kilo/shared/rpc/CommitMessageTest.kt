package dev.kilo.shared.rpc

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.vcs.VcsService
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.lang.reflect.Proxy
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class CommitMessageTest {
    /** A limit for calls that no model could keep. */
    private val timing = quick.copy(reply = 100.milliseconds)

    @Test
    fun `a message may take longer than any call, and is told of the proposal that was rejected`() = runBlocking {
        asking({ directory, rejected ->
            delay(timing.reply * 5)
            "$directory without $rejected"
        }) { assertEquals("/d without Fix it", it.commitMessage("/d", "Fix it")) }
    }

    @Test
    fun `who stops waiting stops the model`() = runBlocking {
        val asked = CompletableDeferred<Unit>()
        val stopped = CompletableDeferred<Unit>()
        asking({ _, _ ->
            asked.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                stopped.complete(Unit)
            }
        }) { vcs ->
            val waiting = async { vcs.commitMessage("/d") }
            asked.await()
            waiting.cancelAndJoin()
            stopped.await()
        }
    }

    @Test
    fun `a refusal arrives with its code and words`() = runBlocking {
        val refusal = BackendException(BackendException.Code.BAD_REQUEST, "There is nothing to commit.")
        asking({ _, _ -> throw refusal }) { vcs ->
            val failure = runCatching { vcs.commitMessage("/d") }.exceptionOrNull() as BackendException
            assertEquals(refusal.code to refusal.message, failure.code to failure.message)
        }
    }

    private suspend fun asking(answer: suspend (String, String?) -> String, block: suspend (VcsService) -> Unit) =
        withTimeout(20.seconds) {
            RpcServer(backend(answer), "test", timing = timing).use { server ->
                val connector = Connector {
                    val (near, far) = channelPair(8)
                    server.accept(far)
                    near
                }
                RpcBackend(connector, "here", "test", timing = timing).use { block(it.vcs) }
            }
        }

    /** A backend that can do nothing else. */
    private fun backend(answer: suspend (String, String?) -> String): Backend {
        val vcs = object : VcsService {
            override suspend fun commitMessage(directory: String, rejected: String?) = answer(directory, rejected)
        }
        return proxy(Backend::class.java) { type -> if (type == VcsService::class.java) vcs else proxy(type) { null } }
    }

    private fun <T> proxy(type: Class<T>, answer: (Class<*>) -> Any?): T =
        type.cast(Proxy.newProxyInstance(type.classLoader, arrayOf(type)) { _, method, _ -> answer(method.returnType) })
}
