package dev.kilo.backend.workspace

import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.rpc.EventLog
import dev.kilo.shared.rpc.Position
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.Flow
import java.util.UUID

/**
 * What the backend keeps of one directory: its newest events, and which of its turns run. It is valid for one run of
 * the CLI; after that the registry makes another.
 */
internal class WorkspaceClient(val directory: String, private val time: () -> Long) {
    private val log = EventLog(epoch = UUID.randomUUID().toString(), weigh = ::weightOf)
    private val running = HashSet<String>()
    private var holders = 0
    private var lastUse = time()
    private val ended = CompletableDeferred<Unit>()

    /** Newest event that had happened at [cursor] of the CLI's stream. */
    fun positionAt(cursor: Long): Position = log.positionAt(cursor)

    fun append(event: WorkspaceEvent, cursor: Long) {
        note(event)
        log.append(event, cursor)
    }

    /** Events after [after]; ends when this client is no longer valid. */
    fun events(after: Position?): Flow<SequencedEvent> = log.events(after, until = ended)

    @Synchronized
    fun hold() {
        holders++
        lastUse = time()
    }

    @Synchronized
    fun release() {
        holders--
        lastUse = time()
    }

    @Synchronized
    fun touch() {
        lastUse = time()
    }

    /** Nobody listens, no turn runs, and nothing was asked for the last [idleMillis]. */
    @Synchronized
    fun unused(idleMillis: Long): Boolean = holders == 0 && running.isEmpty() && time() - lastUse >= idleMillis

    fun end() {
        ended.complete(Unit)
    }

    @Synchronized
    private fun note(event: WorkspaceEvent) {
        when (event) {
            is WorkspaceEvent.StatusChanged ->
                if (event.status == SessionStatus.Idle) {
                    running.remove(event.sessionId)
                } else {
                    running.add(event.sessionId)
                }

            is WorkspaceEvent.TurnClosed -> running.remove(event.sessionId)

            is WorkspaceEvent.SessionDeleted -> running.remove(event.sessionId)

            is WorkspaceEvent.SessionFailed -> event.sessionId?.let(running::remove)

            else -> Unit
        }
        lastUse = time()
    }
}

private const val BASE_WEIGHT = 256

/** Roughly the characters that an event holds on to. */
private fun weightOf(event: WorkspaceEvent): Int = BASE_WEIGHT +
    when (event) {
        is WorkspaceEvent.PartDelta -> event.delta.length

        is WorkspaceEvent.PartUpdated -> partWeight(event.part)

        is WorkspaceEvent.DiffChanged -> event.files.sumOf { it.file.length + 64 }

        is WorkspaceEvent.PermissionAsked -> event.request.metadata.toString().length

        is WorkspaceEvent.QuestionAsked -> event.request.questions.sumOf { question ->
            question.text.length + question.options.sumOf { it.label.length + it.description.length }
        }

        else -> 0
    }

private fun partWeight(part: Part): Int = when (part) {
    is Part.Text -> part.text.length
    is Part.Reasoning -> part.text.length
    is Part.File -> part.url.length
    is Part.Tool -> toolWeight(part.state)
    is Part.StepFinish, is Part.Other -> 0
}

private fun toolWeight(state: ToolState): Int {
    val own =
        when (state) {
            is ToolState.Pending -> 0
            is ToolState.Running -> state.metadata.toString().length
            is ToolState.Completed -> state.output.length + state.metadata.toString().length
            is ToolState.Failed -> state.error.length + state.metadata.toString().length
        }
    return own + state.input.toString().length
}
