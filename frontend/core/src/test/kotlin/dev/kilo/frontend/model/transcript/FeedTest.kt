package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import kotlin.random.Random

private const val SESSION = "ses_1"

/** What a server would have at each point of its event stream. */
private class Server(random: Random) {
    val events = ArrayList<SequencedEvent>()
    private val states = ArrayList<List<MessageWithParts>>()
    private val messages = LinkedHashMap<String, MessageWithParts>()

    init {
        states += emptyList<MessageWithParts>()
        repeat(random.nextInt(2, 7)) { turn(random, it) }
    }

    private fun id(prefix: String) = prefix + (events.size + 1000).toString().padStart(12, '0')

    private fun emit(event: WorkspaceEvent) {
        when (event) {
            is WorkspaceEvent.MessageUpdated -> messages[event.message.id] =
                MessageWithParts(event.message, messages[event.message.id]?.parts.orEmpty())

            is WorkspaceEvent.MessageRemoved -> messages.remove(event.messageId)

            is WorkspaceEvent.PartUpdated -> change(event.part.messageId) { parts ->
                parts.filter {
                    it.id !=
                        event.part.id
                } +
                    event.part
            }

            is WorkspaceEvent.PartRemoved -> change(event.messageId) { parts -> parts.filter { it.id != event.partId } }

            is WorkspaceEvent.PartDelta -> change(event.messageId) { parts ->
                parts.map {
                    if (it is Part.Text &&
                        it.id == event.partId
                    ) {
                        it.copy(text = it.text + event.delta)
                    } else {
                        it
                    }
                }
            }

            else -> Unit
        }
        states += messages.values.toList()
        events += SequencedEvent("e", events.size + 1L, event)
    }

    private fun change(id: String, action: (List<Part>) -> List<Part>) {
        val old = messages.getValue(id)
        messages[id] = old.copy(parts = action(old.parts).sortedBy { it.id })
    }

    private fun turn(random: Random, number: Int) {
        val user = id("msg_")
        emit(WorkspaceEvent.MessageUpdated(Message.User(user, SESSION, number.toLong(), "code", "p", "m")))
        emit(WorkspaceEvent.PartUpdated(Part.Text(id("prt_"), SESSION, user, "prompt $number")))
        repeat(random.nextInt(1, 4)) { step ->
            val assistant = Message.Assistant(id("msg_"), SESSION, number.toLong(), "code", user, "p", "m")
            emit(WorkspaceEvent.MessageUpdated(assistant))
            repeat(random.nextInt(1, 4)) {
                val part = id("prt_")
                if (random.nextInt(3) == 0) {
                    emit(
                        WorkspaceEvent.PartUpdated(
                            Part.Tool(part, SESSION, assistant.id, part, "read", ToolState.Pending()),
                        ),
                    )
                    emit(
                        WorkspaceEvent.PartUpdated(
                            Part.Tool(
                                part,
                                SESSION,
                                assistant.id,
                                part,
                                "read",
                                ToolState.Completed(JsonObject(emptyMap()), "a", "b", started = 1, ended = 2),
                            ),
                        ),
                    )
                } else {
                    emit(WorkspaceEvent.PartUpdated(Part.Text(part, SESSION, assistant.id, "")))
                    var text = ""
                    repeat(random.nextInt(8)) { delta ->
                        text += "w$delta "
                        emit(WorkspaceEvent.PartDelta(SESSION, assistant.id, part, "w$delta "))
                    }
                    if (random.nextBoolean()) {
                        emit(
                            WorkspaceEvent.PartUpdated(Part.Text(part, SESSION, assistant.id, text, ended = 3)),
                        )
                    }
                    if (random.nextInt(12) == 0) emit(WorkspaceEvent.PartRemoved(SESSION, assistant.id, part))
                }
            }
            emit(WorkspaceEvent.MessageUpdated(assistant.copy(completed = 5, finish = "stop")))
            if (step > 0 && random.nextInt(8) == 0) emit(WorkspaceEvent.MessageRemoved(SESSION, assistant.id))
        }
    }

    /** The page as the server has it after [at] events. */
    fun page(at: Int, limit: Int, older: String?): MessagePage {
        val all = states[at].sortedBy { it.info.id }.let { list ->
            if (older ==
                null
            ) {
                list
            } else {
                list.filter { it.info.id < older }
            }
        }
        val page = all.takeLast(limit)
        return MessagePage(page, "e", at.toLong(), if (all.size > page.size) page.first().info.id else null)
    }
}

private fun Transcript.lines(): List<String> = rows.map { row ->
    row.key + " " + when (val body = row.body) {
        is RowBody.Answer -> "${body.buffer.text} ${body.ended}"
        is RowBody.Thought -> body.buffer.text
        is RowBody.Prompt -> body.text
        is RowBody.Explore -> body.parts.toString()
        else -> body.toString()
    }
}

class FeedTest {
    @TestFactory
    fun `any interleaving of pages and events ends with the same transcript`(): List<DynamicTest> =
        (1..300).map { seed ->
            DynamicTest.dynamicTest("seed $seed") {
                val random = Random(seed)
                val server = Server(random)
                val expected = Transcript().also { transcript ->
                    for (message in server.page(
                        server.events.size,
                        Int.MAX_VALUE,
                        null,
                    ).messages) {
                        transcript.put(message)
                    }
                    transcript.flush()
                }
                val transcript = Transcript()
                val mirror = Mirror(transcript)
                val feed = Feed(transcript)
                feed.reset("e")
                var delivered = random.nextInt(server.events.size + 1)
                val limit = random.nextInt(1, 5)
                var newest: Feed.Load? = null
                var older: Pair<Feed.Load, MessagePage>? = null
                var first: MessagePage? = null
                fun deliver() {
                    val left = server.events.size - delivered
                    if (left > 0) {
                        merged(server, delivered, random).let { (event, count) ->
                            feed.event(event)
                            delivered += count
                        }
                    }
                }
                // A page is made after it was asked for, so never from before what had already been heard or seen.
                var seen = 0
                fun now(): Int = random.nextInt(maxOf(delivered, seen), server.events.size + 1)
                while (true) {
                    when (random.nextInt(4)) {
                        0, 1 -> deliver()

                        2 -> if (newest == null && (!feed.ready || feed.torn)) {
                            newest = feed.load()
                            first = server.page(now(), maxOf(limit, transcript.rows.size * 3), null)
                        } else if (newest != null && first != null) {
                            feed.replace(newest, first)
                            seen = maxOf(seen, first.asOf.toInt())
                            newest = null
                        } else if (older == null && feed.ready && feed.older != null) {
                            older = feed.load() to server.page(now(), limit, feed.older)
                        } else if (older != null) {
                            feed.older(older.first, older.second)
                            seen = maxOf(seen, older.second.asOf.toInt())
                            older = null
                        }

                        else -> transcript.flush()
                    }
                    val quiet = delivered == server.events.size && newest == null && older == null
                    if (quiet && feed.ready && !feed.torn && feed.older == null) {
                        break
                    }
                }
                transcript.flush()
                assertEquals(
                    expected.lines() - transcript.lines().toSet(),
                    transcript.lines() - expected.lines().toSet(),
                )
                assertEquals(expected.lines(), transcript.lines())
                assertEquals(transcript.rows.map { it.key }, mirror.keys)
                transcript.rows.forEachIndexed { i, row -> assertEquals(i, row.index) }
            }
        }

    /** Sometimes several deltas of a part arrive as one. */
    private fun merged(server: Server, at: Int, random: Random): Pair<SequencedEvent, Int> {
        val first = server.events[at]
        val delta = first.event as? WorkspaceEvent.PartDelta
        if (delta == null || random.nextInt(3) > 0) return first to 1
        var text = delta.delta
        var last = at
        while (last + 1 < server.events.size) {
            val next = server.events[last + 1].event as? WorkspaceEvent.PartDelta ?: break
            if (next.partId != delta.partId) break
            text += next.delta
            last++
        }
        return SequencedEvent("e", server.events[last].seq, delta.copy(delta = text), first.seq) to last - at + 1
    }

    /** A view that only follows the changes that it is told. */
    private class Mirror(transcript: Transcript) : TranscriptListener {
        val keys = ArrayList<String>()

        init {
            transcript.addListener(this)
        }

        override fun spliced(index: Int, removed: List<Row>, added: List<Row>) {
            assertEquals(removed.map { it.key }, keys.subList(index, index + removed.size).toList())
            keys.subList(index, index + removed.size).clear()
            keys.addAll(index, added.map { it.key })
        }

        override fun changed(rows: Collection<Row>) = Unit
    }

    @Test
    fun `a page of another epoch is refused`() {
        val feed = Feed(Transcript())
        feed.reset("new")
        assertEquals(Feed.Outcome.STALE, feed.replace(feed.load(), MessagePage(emptyList(), "old", 7)))
    }

    @Test
    fun `a page that was asked for before a reset is void`() {
        val feed = Feed(Transcript())
        feed.reset("a")
        val load = feed.load()
        feed.reset("b")
        assertEquals(Feed.Outcome.VOID, feed.replace(load, MessagePage(emptyList(), "a", 7)))
    }
}
