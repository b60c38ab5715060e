package dev.kilo.shared.rpc.ide

import dev.kilo.shared.rpc.ChannelClosedException
import dev.kilo.shared.rpc.FrameChannel
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.io.IOException
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

class IdeChannelTest {
    private val opened = Channel<FrameChannel>(Channel.UNLIMITED)
    private val endpoint = IdeEndpoint({ opened.send(it) }, { request -> "answer to ${request::class.simpleName}" })

    /** An IDE whose requests overtake each other. */
    private val shuffling =
        object : IdeCalls {
            override suspend fun request(body: String): String {
                repeat(Random.nextInt(20)) { yield() }
                return endpoint.request(body)
            }

            override suspend fun events(channel: String): Flow<String> = endpoint.events(channel)
        }

    @Test
    fun `frames keep their order in both directions although requests overtake each other`() = limited {
        val near = IdeConnector { shuffling }.connect()
        val far = opened.receive()
        val expected = (0 until 500).map { "frame $it" }
        val up = async { expected.map { far.receive() } }
        val down = async { expected.map { near.receive() } }
        for (frame in expected) near.send(frame)
        for (frame in expected) far.send(frame)
        assertEquals(listOf(expected, expected), awaitAll(up, down))
        near.close()
    }

    @Test
    fun `closing the window's end ends the backend's end, and the other way round`() = limited {
        val near = IdeConnector { endpoint }.connect()
        val far = opened.receive()
        near.close()
        assertNull(far.receive())

        val again = IdeConnector { endpoint }.connect()
        opened.receive().close()
        assertNull(again.receive())
    }

    @Test
    fun `a failing request breaks the channel`() = limited {
        val failed = CompletableDeferred<Unit>()
        val broken =
            object : IdeCalls {
                override suspend fun request(body: String): String {
                    failed.complete(Unit)
                    throw IllegalStateException("the route is closed")
                }

                override suspend fun events(channel: String): Flow<String> = endpoint.events(channel)
            }
        val near = IdeConnector { broken }.connect()
        near.send("lost")
        failed.await()
        assertNull(near.receive())
        assertThrows(ChannelClosedException::class.java) { runBlocking { near.send("too late") } }
        near.close()
    }

    @Test
    fun `a backend that is not there is a broken connection with a sentence`() {
        val error =
            assertThrows(IOException::class.java) {
                runBlocking { IdeConnector { error("no such service") }.connect() }
            }
        assertEquals("Kilo does not answer on the project's host (no such service).", error.message)
    }

    @Test
    fun `other requests are answered, failures and nonsense with a sentence`() = limited {
        assertEquals("answer to Directory", endpoint.ask(IdeRequest.Directory("p")))
        val refusing = IdeEndpoint({}, { throw IdeCallException("The project is closed.") })
        val refused =
            assertThrows(IdeCallException::class.java) { runBlocking { refusing.ask(IdeRequest.Directory("p")) } }
        assertEquals("The project is closed.", refused.message)
        val unknown =
            assertThrows(IdeCallException::class.java) {
                runBlocking { endpoint.ask(IdeRequest.Frame("nobody", 0, "x")) }
            }
        assertEquals("The connection is closed.", unknown.message)
        assertEquals(
            """{"error":"The request is not understood. Install the same version of Kilo on both sides."}""",
            endpoint.request("{"),
        )
    }

    private fun limited(block: suspend kotlinx.coroutines.CoroutineScope.() -> Unit) = runBlocking {
        withTimeout(30.seconds) { block() }
    }
}
