package dev.kilo.frontend.model

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.reflect.Proxy
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.resume

/** How often a window waits for its backend: what is asked for before any answer has come costs one round trip together. */
@OptIn(ExperimentalCoroutinesApi::class)
class RoundTripsTest {
    /** A backend far away: it keeps every question until the test answers it. */
    private class Far {
        val open = LinkedHashMap<String, Continuation<Any?>>()
        val events = Channel<SequencedEvent>(Channel.UNLIMITED)

        val backend: Backend = stub("") { name ->
            when (name) {
                "place" -> "far"
                "connection" -> flowOf(Connection.Connected)
                else -> null
            }
        }

        private inline fun <reified T> stub(prefix: String, crossinline known: (String) -> Any?): T =
            Proxy.newProxyInstance(
                T::class.java.classLoader,
                arrayOf(T::class.java),
            ) { _, method, args -> known(name(method.name)) ?: ask(prefix, method, args) } as T

        private fun name(method: String) = method.removePrefix("get").replaceFirstChar(Char::lowercase)

        @Suppress("UNCHECKED_CAST")
        private fun ask(prefix: String, method: java.lang.reflect.Method, args: Array<Any?>?): Any? {
            if (method.returnType.isInterface && method.returnType.simpleName.endsWith("Service")) {
                val service = name(method.name)
                return Proxy.newProxyInstance(method.returnType.classLoader, arrayOf(method.returnType)) {
                        _,
                        inner,
                        given,
                    ->
                    when (inner.name) {
                        "state" -> flowOf(CliState.Ready("1", 1))
                        "events", "eventsAfter" -> events.receiveAsFlow()
                        else -> ask("$service.", inner, given)
                    }
                }
            }
            val caller = args?.lastOrNull() as? Continuation<Any?> ?: error("unexpected call of ${method.name}")
            open[prefix + method.name] = caller
            return COROUTINE_SUSPENDED
        }

        fun answer(name: String, value: Any?) = checkNotNull(open.remove(name)) { "$name is not asked" }.resume(value)
    }

    @Test
    fun `opening a directory takes three round trips, a session one, and a prompt one`() = runTest {
        val far = Far()
        val app = AppModel(far.backend, backgroundScope, StandardTestDispatcher(testScheduler))
        val workspace = app.open("/d")
        runCurrent()
        assertEquals(setOf("workspaces.open"), far.open.keys)

        far.answer("workspaces.open", Workspace("/d", "d"))
        far.events.trySend(SequencedEvent("e", 0, WorkspaceEvent.Reset))
        runCurrent()
        val all = setOf("sessions.list", "sessions.statuses", "permissions.pending", "agents.list", "models.list")
        assertTrue(far.open.keys.containsAll(all), "asked at once: ${far.open.keys}")

        val session = Session("ses_1", "/d", "One", created = 1, updated = 1)
        far.answer("sessions.list", listOf(session))
        far.answer("sessions.statuses", emptyMap<String, Any>())
        far.answer("permissions.pending", emptyList<Any>())
        far.answer("agents.list", emptyList<Any>())
        far.answer("models.list", ModelList(emptyList()))
        runCurrent()
        far.open.clear()
        workspace.select("ses_1")
        runCurrent()
        assertEquals(setOf("sessions.messages", "sessions.todos", "sessions.diff"), far.open.keys)

        far.answer("sessions.messages", MessagePage(emptyList(), "e", 0))
        runCurrent()
        assertTrue(workspace.current.value.ready.value, "shown with the first answer")
        far.open.clear()
        workspace.current.value.send("Hello")
        runCurrent()
        assertEquals(setOf("sessions.prompt"), far.open.keys)
        app.close()
    }
}
