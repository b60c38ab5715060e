package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicReference
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

/** Channels that break at random frames: nothing is lost, nothing comes or happens twice. */
internal class BreaksTest {
    private val events = Stream("events", Toy.echo.args, SequencedEvent.serializer()) { Position(it.epoch, it.seq) }

    @Test
    fun `a stream that is cut again and again tells the same story as one that is not`() {
        repeat(20) { seed ->
            val random = Random(seed)
            val log = EventLog("e")
            val toy = ToyServer()
            toy.handlers.on(events) { _, after -> log.events(after) }
            server(toy.handlers).use { server ->
                client({ server }, random).use { client ->
                    runBlocking {
                        withTimeout(20.seconds) {
                            val begun = CompletableDeferred<Unit>()
                            val reading =
                                async {
                                    client
                                        .stream(events, "")
                                        .onEach { begun.complete(Unit) }
                                        .takeWhile { it.event !is WorkspaceEvent.SessionDeleted }
                                        .toList()
                                }
                            begun.await()
                            val texts = HashMap<String, String>()
                            repeat(500) { number ->
                                val part = "p${random.nextInt(3)}"
                                texts.merge(part, "$number ", String::plus)
                                log.append(WorkspaceEvent.PartDelta("s", "m", part, "$number "))
                                if (random.nextInt(20) == 0) yield()
                            }
                            log.append(WorkspaceEvent.SessionDeleted("s"))
                            val got = reading.await()
                            assertComplete(got, texts)
                        }
                    }
                }
            }
        }
    }

    /** After the last Reset every number must be covered exactly once; before it nothing is promised. */
    private fun assertComplete(got: List<SequencedEvent>, texts: Map<String, String>) {
        assertEquals(WorkspaceEvent.Reset, got.first().event)
        assertEquals(1, got.count { it.event == WorkspaceEvent.Reset }, "a short cut needs no fresh start")
        var next = got.first().seq + 1
        val skipped = got.first().seq.toInt()
        val seen = HashMap<String, String>()
        for (item in got.drop(1)) {
            assertEquals(next, item.from)
            next = item.seq + 1
            val delta = item.event as WorkspaceEvent.PartDelta
            seen.merge(delta.partId, delta.delta, String::plus)
        }
        assertEquals(501, next)
        if (skipped ==
            0
        ) {
            assertEquals(texts, seen)
        } else {
            seen.forEach { (part, text) -> assertTrue(texts.getValue(part).endsWith(text)) }
        }
    }

    @Test
    fun `a command runs once however often its channel breaks`() {
        repeat(20) { seed ->
            val random = Random(seed)
            val toy = ToyServer()
            server(toy.handlers).use { server ->
                client({ server }, random, maxFrames = 24).use { client ->
                    runBlocking {
                        withTimeout(20.seconds) {
                            val names = (1..40).map { "c$it" }
                            names.map { launch { client.call(Toy.add, it) } }.forEach { it.join() }
                            assertEquals(names.sorted(), toy.added.sorted())
                        }
                    }
                }
            }
        }
    }

    @Test
    fun `after the backend was replaced a command's outcome is unknown, but a repeatable one is sent again`() {
        val started = CompletableDeferred<Unit>()
        val first = ToyServer()
        first.handlers.on(Toy.add) {
            started.complete(Unit)
            CompletableDeferred<Int>().await()
        }
        first.handlers.on(Toy.put) { CompletableDeferred<Int>().await() }
        val second = ToyServer()
        val old = server(first.handlers)
        val new = server(second.handlers)
        val current = AtomicReference(old)
        client({ current.get() }).use { client ->
            runBlocking {
                withTimeout(20.seconds) {
                    val put = async { client.call(Toy.put, "prompt") }
                    val add = async { runCatching { client.call(Toy.add, "edit") } }
                    started.await()
                    current.set(new)
                    old.close()
                    val error = add.await().exceptionOrNull() as BackendException
                    assertEquals(Code.OUTCOME_UNKNOWN, error.code)
                    assertEquals(1, put.await())
                    assertEquals(listOf("prompt"), second.added.toList())
                }
            }
        }
        new.close()
    }

    @Test
    fun `queries are answered across breaks, long ones in chunks too`() {
        val random = Random(7)
        server(ToyServer().handlers).use { server ->
            client({ server }, random, maxFrames = 240).use { client ->
                runBlocking {
                    withTimeout(30.seconds) {
                        val texts = (1..20).map { "ä😀\u0000\"".repeat(random.nextInt(60_000)) }
                        assertEquals(texts, texts.map { async { client.call(Toy.echo, it) } }.awaitAll())
                    }
                }
            }
        }
    }

    @Test
    fun `another protocol version and a wrong token are told in words and not tried again`() {
        server(ToyServer().handlers, authorize = { it == "right" }).use { server ->
            client({ server }, token = "wrong").use { client ->
                val error = assertThrows(BackendException::class.java) { runBlocking { client.call(Toy.echo, "x") } }
                assertEquals(Code.UNAUTHORIZED, error.code)
            }
            runBlocking {
                val (near, far) = channelPair()
                server.accept(far)
                near.send(Frame.Hello(PROTOCOL_VERSION + 1, "c", "9.9").encode())
                val bye = decodeFrame(checkNotNull(near.receive())) as Frame.Bye
                assertEquals(Code.PROTOCOL_MISMATCH, bye.code)
                assertTrue("same version" in bye.message, bye.message)
                assertEquals(null, near.receive())
            }
        }
    }
}
