package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private fun id(turn: Int, step: Int) = "msg_%04d%02d".format(turn, step)

/** A turn of one prompt and two steps. */
private fun turn(number: Int): List<MessageWithParts> {
    val user = id(number, 0)
    fun text(message: String, text: String) = Part.Text("prt_$message", "s", message, text, ended = 1)
    return listOf(
        MessageWithParts(Message.User(user, "s", 1, "code", "p", "m"), listOf(text(user, "prompt $number"))),
    ) +
        (1..2).map { step ->
            val own = id(number, step)
            val info = Message.Assistant(own, "s", 1, "code", user, "p", "m", completed = 2)
            MessageWithParts(info, listOf(text(own, "answer $number.$step")))
        }
}

private fun Transcript.shown(): List<Int> =
    rows.mapNotNull { (it.body as? RowBody.Prompt)?.text?.substringAfter(' ')?.toInt() }

class PagesTest {
    private val transcript = Transcript()
    private val feed = Feed(transcript).also { it.reset("e") }
    private var seq = 100L

    private fun page(turns: IntRange, older: Boolean, newer: Boolean): MessagePage {
        val messages = turns.flatMap(::turn)
        return MessagePage(
            messages,
            "e",
            seq,
            messages.first().info.id.takeIf { older },
            messages.last().info.id.takeIf { newer },
        )
    }

    private fun emit(event: WorkspaceEvent) = feed.event(SequencedEvent("e", ++seq, event))

    @Test
    fun `what is far from the place that is read goes, and can be loaded again from either side`() {
        feed.replace(feed.load(), page(0..99, older = false, newer = false))
        transcript.flush()
        feed.keep(id(50, 0), id(52, 0), margin = 30)
        transcript.flush()
        assertEquals((40..62).toList(), transcript.shown(), "whole turns, at most 30 messages on each side")
        assertEquals(id(40, 0), feed.older)
        assertEquals(id(62, 2), feed.newer)
        transcript.rows.forEachIndexed { i, row -> assertEquals(i, row.index) }

        feed.older(feed.load(), page(35..39, older = true, newer = true))
        feed.newer(feed.load(), page(63..99, older = true, newer = false))
        transcript.flush()
        assertEquals((35..99).toList(), transcript.shown())
        assertNotNull(feed.older)
        assertNull(feed.newer)
    }

    @Test
    fun `rows that stay are the same objects, so that their views stay`() {
        feed.replace(feed.load(), page(0..99, older = false, newer = false))
        transcript.flush()
        val before = transcript.rows.filter { it.turn in id(45, 0)..id(55, 0) }
        feed.keep(id(50, 0), id(50, 0), margin = 30)
        transcript.flush()
        assertTrue(transcript.rows.containsAll(before))
    }

    @Test
    fun `what arrives at the end while another part is read is not shown there, and is there with the last page`() {
        feed.replace(feed.load(), page(0..9, older = false, newer = true))
        transcript.flush()
        turn(20).forEach { message ->
            emit(WorkspaceEvent.MessageUpdated(message.info))
            message.parts.forEach { emit(WorkspaceEvent.PartUpdated(it)) }
        }
        transcript.flush()
        assertEquals((0..9).toList(), transcript.shown())

        val load = feed.load()
        val last = page(10..20, older = true, newer = false)
        // A turn that begins while the page is on its way is in the log only.
        turn(21).forEach { message ->
            emit(WorkspaceEvent.MessageUpdated(message.info))
            message.parts.forEach { emit(WorkspaceEvent.PartUpdated(it)) }
        }
        feed.newer(load, last)
        transcript.flush()
        assertEquals((0..21).toList(), transcript.shown())
    }

    @Test
    fun `a page that was asked for before something was dropped leaves no gap`() {
        feed.replace(feed.load(), page(0..99, older = true, newer = false))
        val load = feed.load()
        feed.keep(id(90, 0), id(99, 0), margin = 9)
        assertEquals(Feed.Outcome.VOID, feed.older(load, page(0..0, older = false, newer = true)))
    }

    @Test
    fun `a prompt that is on its way stays whatever is dropped`() {
        feed.replace(feed.load(), page(0..99, older = false, newer = false))
        transcript.pending("msg_9999", "not yet there", 1)
        feed.keep(id(10, 0), id(11, 0), margin = 9)
        transcript.flush()
        assertTrue(transcript.rows.any { (it.body as? RowBody.Prompt)?.text == "not yet there" })
    }
}
