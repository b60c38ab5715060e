package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.model.FarBackend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Session
import dev.kilo.shared.transcript.TextHit
import dev.kilo.shared.transcript.TextHits
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class FinderTest {
    @Test
    fun `the newest place comes first, and one goes round through all of them`() = runTest {
        val finder =
            Finder({
                backgroundScope
            }) { TextHits(listOf(TextHit("m1", "p1", "", 2), TextHit("m2", "p2", "", 1)), true) }
        finder.search("  words ")
        assertTrue(finder.state.value.searching)
        advanceTimeBy(200)
        runCurrent()
        assertEquals(3, finder.state.value.places.size)
        assertEquals(Finder.Place("m2", "p2", 0), finder.state.value.place)
        finder.next()
        assertEquals(Finder.Place("m1", "p1", 0), finder.state.value.place)
        finder.next()
        assertEquals(Finder.Place("m1", "p1", 1), finder.state.value.place)
        finder.previous()
        finder.previous()
        assertEquals(Finder.Place("m2", "p2", 0), finder.state.value.place)
        finder.clear()
        assertNull(finder.state.value.place)
    }

    @Test
    fun `an answer to words that are not looked for any more does not count`() = runTest {
        val first = CompletableDeferred<TextHits>()
        val finder = Finder({ backgroundScope }) { words ->
            if (words == "a") first.await() else TextHits(emptyList(), true)
        }
        finder.search("a")
        advanceTimeBy(200)
        finder.search("ab")
        advanceTimeBy(200)
        runCurrent()
        first.complete(TextHits(listOf(TextHit("m", "p", "", 1)), true))
        runCurrent()
        assertEquals(Finder.State("ab"), finder.state.value)
        assertFalse(finder.state.value.searching)
        finder.next()
        assertNull(finder.state.value.place)
    }

    @Test
    fun `a place on a page that is not loaded is loaded page by page, and one that is gone is none`() = runTest {
        val far = FarBackend()
        val session = Session("ses_1", "/d", "t", created = 1, updated = 1)
        val (_, workspace) = far.open(this, listOf(session))
        workspace.select("ses_1")
        far.settle(this)
        fun page(id: Int, older: String?) = MessagePage(
            listOf(
                MessageWithParts(
                    Message.User("msg_$id", "ses_1", 1, "code", "p", "m"),
                    listOf(Part.Text("prt_$id", "ses_1", "msg_$id", "words $id")),
                ),
            ),
            "e1",
            0,
            older,
        )
        far.answer("sessions.todos", emptyList<Any>())
        far.answer("changes.list", emptyList<Any>())
        far.answer("sessions.messages", page(9, "c8"))
        far.settle(this)
        val model = workspace.current.value
        var shown: Row? = null
        var over = false
        val search = model.run { shown = model.reveal(Finder.Place("msg_7", "prt_7", 0)).also { over = true } }
        far.settle(this)
        assertEquals(Place.Around("msg_7"), far.arguments("sessions.messages")?.get(3))
        far.answer("sessions.messages", page(7, null))
        far.settle(this)
        assertTrue(over && search.isCompleted)
        assertEquals("u:msg_7", shown?.key)
        over = false
        model.run { shown = model.reveal(Finder.Place("msg_0", "prt_0", 0)).also { over = true } }
        far.settle(this)
        far.fail("sessions.messages", BackendException(BackendException.Code.NOT_FOUND, "No message msg_0"))
        far.settle(this)
        assertTrue(over)
        assertNull(shown)
    }
}
