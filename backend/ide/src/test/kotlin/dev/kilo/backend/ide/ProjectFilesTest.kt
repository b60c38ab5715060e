package dev.kilo.backend.ide

import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import java.io.File

class ProjectFilesTest {
    @Test
    fun `an edited file is refreshed, given relative or absolute`() {
        assertEquals(File("/project/src/a.kt"), changedBy(tool("edit", "src/a.kt"), "/project"))
        assertEquals(File("/elsewhere/b.kt"), changedBy(tool("write", "/elsewhere/b.kt"), "/project"))
    }

    @Test
    fun `a tool that changes several files refreshes the project`() {
        assertEquals(File("/project/a.kt"), changedBy(tool("multiedit", "a.kt"), "/project"))
        assertEquals(File("/project"), changedBy(tool("apply_patch", null), "/project"))
    }

    @Test
    fun `the end of a turn refreshes the project`() {
        assertEquals(File("/project"), changedBy(WorkspaceEvent.TurnClosed("ses_1", "completed"), "/project"))
    }

    @Test
    fun `undone changes refresh the project, a list that stays the same does not`() {
        val lists = ChangeLists()
        fun told(vararg files: String) =
            lists.changedBy(WorkspaceEvent.DiffChanged("ses_1", files.map { ChangedFile(it) }))
        assertEquals(listOf(false, true, false, true), listOf(told(), told("a", "b"), told("a", "b"), told("a")))
    }

    @Test
    fun `reading, running and running tools change nothing yet`() {
        assertNull(changedBy(tool("read", "a.kt"), "/project"))
        assertNull(changedBy(tool("edit", null), "/project"))
        val running = ToolState.Running(JsonObject(mapOf("filePath" to JsonPrimitive("a.kt"))), started = 1)
        assertNull(changedBy(WorkspaceEvent.PartUpdated(Part.Tool("p", "s", "m", "c", "edit", running)), "/project"))
        assertNull(changedBy(WorkspaceEvent.Reset, "/project"))
    }

    private fun tool(name: String, path: String?): WorkspaceEvent {
        val input = JsonObject(path?.let { mapOf("filePath" to JsonPrimitive(it)) }.orEmpty())
        val state = ToolState.Completed(input, title = "", output = "", started = 1, ended = 2)
        return WorkspaceEvent.PartUpdated(Part.Tool("p", "s", "m", "c", name, state))
    }
}
