package dev.kilo.backend.testkit

import dev.kilo.shared.app.Backend
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What a window does with a backend, without the window: it follows the events of one directory. */
public class Window(public val backend: Backend, public val directory: String, scope: CoroutineScope) {
    private val seen = MutableStateFlow<List<SequencedEvent>>(emptyList())
    private val job: Job = scope.launch {
        backend.workspaces.events(directory).collect { event ->
            seen.update {
                it +
                    event
            }
        }
    }

    public val events: List<SequencedEvent> get() = seen.value

    /** Waits for an event, among those that have come or will come. */
    public suspend fun <T : Any> await(limit: Duration = 30.seconds, pick: (WorkspaceEvent) -> T?): T =
        awaitAfter(0, limit, pick)

    /** The same among the events from number [from] of [events]. */
    public suspend fun <T : Any> awaitAfter(from: Int, limit: Duration = 30.seconds, pick: (WorkspaceEvent) -> T?): T =
        withTimeout(limit) {
            val found = seen.first { all -> all.drop(from).any { pick(it.event) != null } }
            found.drop(from).firstNotNullOf { pick(it.event) }
        }

    public suspend fun prompt(session: Session, text: String, id: String = messageId()) {
        backend.sessions.prompt(directory, session.id, Prompt(id, text))
    }

    public suspend fun asked(): PermissionRequest = await { (it as? WorkspaceEvent.PermissionAsked)?.request }

    /** Waits for the end of a turn and tells its reason. */
    public suspend fun turn(session: Session, from: Int = 0): String = awaitAfter(from) { event ->
        (event as? WorkspaceEvent.TurnClosed)?.takeIf { it.sessionId == session.id }?.reason
    }

    public suspend fun transcript(session: Session): List<MessageWithParts> =
        backend.sessions.messages(directory, session.id).messages

    public fun stop() {
        job.cancel()
    }
}

/** All that the assistant said. */
public fun List<MessageWithParts>.said(): String = filter {
    it.info is Message.Assistant
}.flatMap { it.parts }.filterIsInstance<Part.Text>().joinToString("") { it.text }

private val ids = java.util.concurrent.atomic.AtomicLong()

/** A fresh id in the form that the contract wants (behaviour section 4). */
public fun messageId(): String {
    val stamp = (System.currentTimeMillis() * 4096 + ids.incrementAndGet()) and 0xFFFFFFFFFFFF
    val tail = (1..14).map { "abcdefghijklmnopqrstuvwxyz".random() }.joinToString("")
    return "msg_" + stamp.toString(16).padStart(12, '0') + tail
}
