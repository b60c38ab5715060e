package dev.kilo.frontend.model

import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** How often a window waits for its backend: what is asked for before any answer has come costs one round trip together. */
@OptIn(ExperimentalCoroutinesApi::class)
class RoundTripsTest {
    @Test
    fun `opening a directory takes three round trips, a session one, and a prompt one`() = runTest {
        val far = FarBackend()
        val app = AppModel(far.backend, backgroundScope, StandardTestDispatcher(testScheduler))
        val workspace = app.open("/d")
        runCurrent()
        assertEquals(setOf("workspaces.open"), far.open.keys)

        far.answer("workspaces.open", Workspace("/d", "d"))
        far.tell(this, WorkspaceEvent.Reset)
        val all =
            setOf(
                "sessions.list",
                "sessions.statuses",
                "permissions.pending",
                "questions.pending",
                "agents.list",
                "models.list",
            )
        assertTrue(far.open.keys.containsAll(all), "asked at once: ${far.open.keys}")

        val session = Session("ses_1", "/d", "One", created = 1, updated = 1)
        far.answer("sessions.list", listOf(session))
        far.answer("sessions.statuses", emptyMap<String, Any>())
        far.answer("permissions.pending", emptyList<Any>())
        far.answer("questions.pending", emptyList<Any>())
        far.answer("agents.list", emptyList<Any>())
        far.answer("models.list", ModelList(emptyList()))
        runCurrent()
        far.open.clear()
        workspace.select("ses_1")
        runCurrent()
        assertEquals(
            setOf("sessions.messages", "sessions.todos", "changes.list", "composer.waiting"),
            far.open.keys,
        )

        far.answer("sessions.messages", MessagePage(emptyList(), "e0", 0))
        runCurrent()
        assertTrue(workspace.current.value.ready.value, "shown with the first answer")
        far.open.clear()
        workspace.current.value.send("Hello")
        runCurrent()
        assertEquals(setOf("sessions.prompt"), far.open.keys)
        app.close()
    }
}
