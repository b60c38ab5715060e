package dev.kilo.frontend.model

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import java.lang.reflect.Method
import java.lang.reflect.Proxy
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

/** A backend far away: it keeps every question until the test answers it. */
@OptIn(ExperimentalCoroutinesApi::class)
internal class FarBackend {
    val open = LinkedHashMap<String, Continuation<Any?>>()
    private val given = HashMap<String, List<Any?>>()
    private val events = Channel<SequencedEvent>(Channel.UNLIMITED)
    private var seq = 0L
    private var epoch = 0

    val connection = MutableStateFlow<Connection>(Connection.Connected)

    val backend: Backend = stub { name ->
        when (name) {
            "place" -> "far"
            "connection" -> connection
            else -> null
        }
    }

    private inline fun <reified T> stub(crossinline known: (String) -> Any?): T =
        Proxy.newProxyInstance(T::class.java.classLoader, arrayOf(T::class.java)) { _, method, args ->
            known(name(method.name)) ?: ask("", method, args)
        } as T

    private fun name(method: String) = method.removePrefix("get").replaceFirstChar(Char::lowercase)

    @Suppress("UNCHECKED_CAST")
    private fun ask(prefix: String, method: Method, args: Array<Any?>?): Any? {
        if (method.returnType.isInterface && method.returnType.simpleName.endsWith("Service")) {
            val service = name(method.name)
            return Proxy.newProxyInstance(method.returnType.classLoader, arrayOf(method.returnType)) { _, inner, all ->
                when (inner.name) {
                    "state" -> flowOf(CliState.Ready("1", 1))
                    "events", "eventsAfter" -> events.receiveAsFlow()
                    else -> ask("$service.", inner, all)
                }
            }
        }
        val caller = args?.lastOrNull() as? Continuation<Any?> ?: error("unexpected call of ${method.name}")
        check(open.put(prefix + method.name, caller) == null) { "$prefix${method.name} is asked twice" }
        given[prefix + method.name] = args.dropLast(1)
        return COROUTINE_SUSPENDED
    }

    /** What the call [name] that is open now, or was last, had as arguments. */
    fun arguments(name: String): List<Any?>? = given[name]

    fun answer(name: String, value: Any?) = checkNotNull(open.remove(name)) { "$name is not asked" }.resume(value)

    fun fail(name: String, error: Exception) =
        checkNotNull(open.remove(name)) { "$name is not asked" }.resumeWithException(error)

    /** Lets everything happen that can without another answer. */
    fun settle(scope: TestScope) {
        scope.advanceTimeBy(1000)
        scope.runCurrent()
    }

    fun tell(scope: TestScope, event: WorkspaceEvent) {
        events.trySend(SequencedEvent("e$epoch", ++seq, event))
        settle(scope)
    }

    fun reset(
        scope: TestScope,
        sessions: List<Session>,
        permissions: List<PermissionRequest> = emptyList(),
        questions: List<QuestionRequest> = emptyList(),
    ) {
        epoch++
        seq = 0
        tell(scope, WorkspaceEvent.Reset)
        answer("sessions.list", sessions)
        answer("sessions.statuses", emptyMap<String, Any>())
        answer("permissions.pending", permissions)
        answer("questions.pending", questions)
        answer("agents.list", emptyList<Any>())
        answer("models.list", ModelList(emptyList()))
        settle(scope)
    }

    /** A window's models on this backend, with [sessions] in the directory `/d`. */
    fun open(scope: TestScope, sessions: List<Session>): Pair<AppModel, WorkspaceModel> {
        val app = AppModel(backend, scope.backgroundScope, StandardTestDispatcher(scope.testScheduler))
        val workspace = app.open("/d")
        scope.runCurrent()
        answer("workspaces.open", Workspace("/d", "d"))
        reset(scope, sessions)
        return app to workspace
    }
}
