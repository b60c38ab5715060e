package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.Part
import dev.kilo.shared.workspace.WorkspaceEvent
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class CondensedTest {
    @Test
    fun `where a session was condensed stands a mark with the summary, and no answer`() {
        val transcript = Transcript()
        fun apply(vararg events: WorkspaceEvent) {
            events.forEach(transcript::apply)
            transcript.flush()
        }
        fun row() = transcript.rows.single().body as RowBody.Condensed
        apply(
            WorkspaceEvent.MessageUpdated(Message.User("msg_1", "s", 1, "code", "p", "m")),
            WorkspaceEvent.PartUpdated(Part.Other("prt_1", "s", "msg_1", "compaction")),
        )
        assertNull(row().buffer)
        apply(
            WorkspaceEvent.MessageUpdated(
                Message.Assistant("msg_2", "s", 2, "compaction", "msg_1", "p", "m", summary = true),
            ),
            WorkspaceEvent.PartUpdated(Part.Text("prt_2", "s", "msg_2", "What was")),
            WorkspaceEvent.PartDelta("s", "msg_2", "prt_2", " done"),
        )
        assertEquals("What was done" to false, row().buffer?.text to row().ended)
        val shown = transcript.rows.single()
        apply(WorkspaceEvent.PartUpdated(Part.Text("prt_2", "s", "msg_2", "What was done.", ended = 3)))
        assertEquals("What was done." to true, row().buffer?.text to row().ended)
        assertEquals(shown, transcript.rows.single())
    }
}
