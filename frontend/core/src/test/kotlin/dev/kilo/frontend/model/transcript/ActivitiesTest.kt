package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.Tokens
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class ActivitiesTest {
    private val input = JsonObject(mapOf("pattern" to JsonPrimitive("sleep")))

    private fun part(id: String, state: ToolState) =
        WorkspaceEvent.PartUpdated(Part.Tool(id, "ses_c", "m1", id, "grep", state))

    @Test
    fun `a sub-agent's calls and tokens are counted, and its running tool is named until it ends`() {
        val activities = Activities()
        var told = 0
        val listener: () -> Unit = { told++ }
        activities.listen(listener)
        assertNull(activities["ses_c"])
        activities.apply(part("p1", ToolState.Running(input, started = 1)))
        activities.apply(part("p1", ToolState.Running(input, started = 1)))
        assertEquals(Activities.Activity("Search \"sleep\"", 1, 0), activities["ses_c"])
        activities.apply(part("p1", ToolState.Completed(input, "", "", started = 1, ended = 2)))
        assertEquals(Activities.Activity(null, 1, 0), activities["ses_c"])
        fun spent(id: String, n: Long) = WorkspaceEvent.MessageUpdated(
            Message.Assistant(id, "ses_c", 1, "general", "m0", "p", "m", tokens = Tokens(input = n)),
        )
        activities.apply(spent("m1", 100))
        activities.apply(spent("m1", 120))
        activities.apply(spent("m2", 5))
        assertEquals(Activities.Activity(null, 1, 125), activities["ses_c"])
        assertEquals(5, told)
        activities.forget(listener)
        activities.apply(WorkspaceEvent.Reset)
        assertNull(activities["ses_c"])
        assertEquals(5, told)
    }
}
