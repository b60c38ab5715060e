package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.app.CliState
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class RpcTest {
    private fun test(block: suspend () -> Unit) = runBlocking { withTimeout(20.seconds) { block() } }

    @Test
    fun `a reader that does not read is sent no more than its credit`() = test {
        val produced = AtomicInteger()
        val toy =
            ToyServer().streaming {
                flow {
                    while (true) emit(produced.incrementAndGet())
                }
            }
        server(toy.handlers).use { server ->
            client({ server }).use { client ->
                val got = CompletableDeferred<Int>()
                runBlocking {
                    val reader =
                        launch {
                            client.stream(Toy.count, 0).collect {
                                got.complete(it)
                                awaitCancellation()
                            }
                        }
                    got.await()
                    // Another call passes, so the stream had every chance to run on.
                    repeat(50) { client.call(Toy.echo, "x") }
                    assertTrue(produced.get() <= 130, "${produced.get()} events were produced for nobody")
                    reader.cancelAndJoin()
                }
            }
        }
    }

    @Test
    fun `a collector that leaves ends the stream in the backend`() = test {
        val ended = CompletableDeferred<Unit>()
        val toy =
            ToyServer().streaming {
                flow {
                    try {
                        emit(1)
                        awaitCancellation()
                    } finally {
                        ended.complete(Unit)
                    }
                }
            }
        server(toy.handlers).use { server ->
            client({ server }).use { client ->
                assertEquals(listOf(1), client.stream(Toy.count, 0).take(1).toList())
                ended.await()
            }
        }
    }

    @Test
    fun `a caller that gives up stops its query in the backend`() = test {
        val ended = CompletableDeferred<Unit>()
        val started = CompletableDeferred<Unit>()
        val toy = ToyServer()
        toy.handlers.on(Toy.echo) {
            try {
                started.complete(Unit)
                awaitCancellation()
            } finally {
                ended.complete(Unit)
            }
        }
        server(toy.handlers).use { server ->
            client({ server }).use { client ->
                runBlocking {
                    val call = launch { client.call(Toy.echo, "x") }
                    started.await()
                    call.cancelAndJoin()
                    ended.await()
                }
            }
        }
    }

    @Test
    fun `failures keep their code and message, surprises are told too`() {
        val toy = ToyServer()
        toy.handlers.on(Toy.echo) { throw BackendException(Code.NOT_FOUND, "No such thing.") }
        toy.handlers.on(Toy.add) { error("oops") }
        server(toy.handlers).use { server ->
            client({ server }).use { client ->
                val known = assertThrows(BackendException::class.java) { runBlocking { client.call(Toy.echo, "x") } }
                assertEquals(Code.NOT_FOUND to "No such thing.", known.code to known.message)
                val surprise = assertThrows(BackendException::class.java) { runBlocking { client.call(Toy.add, "x") } }
                assertEquals(Code.INTERNAL to "The backend failed: oops", surprise.code to surprise.message)
                val missing = Query("none", Toy.echo.args, Toy.echo.result)
                val unknown = assertThrows(BackendException::class.java) { runBlocking { client.call(missing, "x") } }
                assertEquals(Code.BAD_REQUEST, unknown.code)
            }
        }
    }

    @Test
    fun `a backend that falls silent is given up and a new connection is made`() = test {
        val timing = quick.copy(ping = 20.milliseconds, dead = 100.milliseconds)
        val connections = AtomicInteger()
        server(ToyServer().handlers, timing).use { server ->
            val client =
                RpcClient(
                    connector = {
                        val (near, far) = channelPair()
                        server.accept(far)
                        if (connections.incrementAndGet() == 1) Deaf(near) else near
                    },
                    product = "test",
                    token = null,
                    timing = timing,
                )
            client.use { assertEquals("x", it.call(Toy.echo, "x")) }
            assertTrue(connections.get() > 1)
        }
    }

    /** Lets the welcome through and then nothing more, as a half-open connection does. */
    private class Deaf(private val inner: FrameChannel) : FrameChannel by inner {
        private val closed = MutableStateFlow(false)
        private var first = true

        override suspend fun receive(): String? {
            if (first) return inner.receive().also { first = false }
            closed.first { it }
            return null
        }

        override fun close(reason: String?) {
            closed.value = true
            inner.close(reason)
        }
    }

    @Test
    fun `garbage ends the connection with a reason and harms nobody else`() = test {
        server(ToyServer().handlers).use { server ->
            val random = Random(3)
            val junk =
                listOf(
                    "",
                    "{",
                    "[]",
                    "null",
                    "{\"_\":\"nonsense\"}",
                    "x".repeat(MAX_FRAME_BYTES + 1),
                    Frame.Ping.encode(),
                )
            for (text in junk + (1..50).map { String(random.nextBytes(40), Charsets.ISO_8859_1) }) {
                val (near, far) = channelPair()
                server.accept(far)
                near.send(text)
                val answer = decodeFrame(checkNotNull(near.receive()))
                assertEquals(Code.BAD_REQUEST, (answer as Frame.Bye).code)
                assertNull(near.receive())
            }
            client({ server }).use { assertEquals("fine", it.call(Toy.echo, "fine")) }
        }
    }

    @Test
    fun `no frame on the wire is longer than the limit, and events pass between the chunks`() = test {
        val (near, far) = channelPair(1)
        val writer = FrameWriter(near)
        val long = Frame.Reply(1, JsonPrimitive("\u0001😀".repeat(300_000)))
        val raw =
            runBlocking {
                val writes =
                    listOf(launch { writer.write(long) }, launch { repeat(20) { writer.write(Frame.Ping) } })
                launch { writes.joinAll().also { near.close() } }
                buildList { while (true) add(far.receive() ?: break) }
            }
        assertTrue(raw.all { it.toByteArray().size <= MAX_FRAME_BYTES })
        assertTrue(raw.indexOf(Frame.Ping.encode()) < raw.indexOfLast { "chunk" in it })
        val (again, end) = channelPair(4096)
        raw.forEach { again.send(it) }
        val reader = FrameReader(end)
        val frames = generateSequence {
            runBlocking { withTimeoutOrNull(200.milliseconds) { reader.read() } }
        }.toList()
        assertEquals(long, frames.single { it is Frame.Reply })
    }

    @Test
    fun `a slow reader gets deltas merged and a very slow one starts afresh`() = test {
        val log = EventLog("e", maxEvents = 100)
        var at: Position? = null

        // One event at a time from where it stopped, as a reader with little credit does.
        suspend fun reader(): SequencedEvent = log.events(at).first().also { at = Position(it.epoch, it.seq) }
        assertEquals(WorkspaceEvent.Reset, reader().event)
        repeat(50) { log.append(WorkspaceEvent.PartDelta("s", "m", "p", "$it ")) }
        val merged = reader()
        assertEquals(1L to 50L, merged.from to merged.seq)
        assertEquals((0 until 50).joinToString("") { "$it " }, (merged.event as WorkspaceEvent.PartDelta).delta)
        repeat(101) { log.append(WorkspaceEvent.SessionDeleted("s$it")) }
        val fresh = reader()
        assertEquals(WorkspaceEvent.Reset to 151L, fresh.event to fresh.seq)
        log.restart("f")
        assertEquals(SequencedEvent("f", 0, WorkspaceEvent.Reset), reader())
    }

    @Test
    fun `every kind of value survives the wire`() {
        val input = JsonObject(mapOf("type" to JsonPrimitive("x"), "_" to JsonPrimitive("y")))
        val parts =
            listOf(
                Part.Text("1", "s", "m", "text", synthetic = true, ended = 3),
                Part.Reasoning("2", "s", "m", "hm", 1, null),
                Part.Tool("3", "s", "m", "c", "read", ToolState.Pending(input)),
                Part.Tool("4", "s", "m", "c", "read", ToolState.Running(input, "t", input, 1)),
                Part.Tool("5", "s", "m", "c", "read", ToolState.Completed(input, "t", "out", input, 1, 2)),
                Part.Tool("6", "s", "m", "c", "read", ToolState.Failed(input, "bad", input, 1, 2)),
                Part.Other("7", "s", "m", "patch"),
            )
        val info =
            Message.Assistant("m", "s", 1, "code", "u", "p", "x", error = MessageError("APIError", "no", 500, true))
        val page = MessagePage(listOf(MessageWithParts(info, parts)), "e", 5, "older")
        assertEquals(
            page,
            RpcJson.decodeFromString(MessagePage.serializer(), RpcJson.encodeToString(MessagePage.serializer(), page)),
        )
        for (state in listOf(
            CliState.Starting(),
            CliState.Ready("1", 2),
            CliState.Restarting(1, "m", 3),
            CliState.Failed("x"),
            CliState.Stopped,
        )) {
            assertEquals(
                state,
                RpcJson.decodeFromString(CliState.serializer(), RpcJson.encodeToString(CliState.serializer(), state)),
            )
        }
        val event = SequencedEvent("e", 4, WorkspaceEvent.PartUpdated(parts[4]), 4)
        val text = RpcJson.encodeToString(SequencedEvent.serializer(), event)
        assertEquals(event, RpcJson.decodeFromString(SequencedEvent.serializer(), text))
    }
}
