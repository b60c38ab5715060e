package dev.kilo.shared.workspace

import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.Part
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** A directory as the backend resolved it: [directory] is its real path and the key of every later call. */
@Serializable
public data class Workspace(val directory: String, val name: String, val branch: String? = null)

/** Something that happened in a workspace. */
@Serializable
public sealed interface WorkspaceEvent {
    /** What was known may be out of date (first event, backend or CLI restarted, gap too old): load afresh. */
    @Serializable
    @SerialName("reset")
    public data object Reset : WorkspaceEvent

    @Serializable
    @SerialName("session.updated")
    public data class SessionUpdated(val session: Session) : WorkspaceEvent

    @Serializable
    @SerialName("session.deleted")
    public data class SessionDeleted(val sessionId: String) : WorkspaceEvent

    @Serializable
    @SerialName("session.status")
    public data class StatusChanged(val sessionId: String, val status: SessionStatus) : WorkspaceEvent

    /** The turn is over; [reason] is `completed`, `error`, `interrupted` or `superseded`. */
    @Serializable
    @SerialName("session.turn.close")
    public data class TurnClosed(val sessionId: String, val reason: String) : WorkspaceEvent

    /** Which prompts wait for the session, or in which order, is no longer what it was. */
    @Serializable
    @SerialName("session.outbox")
    public data class OutboxChanged(val sessionId: String, val ids: List<String>) : WorkspaceEvent

    @Serializable
    @SerialName("session.error")
    public data class SessionFailed(val sessionId: String?, val error: MessageError) : WorkspaceEvent

    @Serializable
    @SerialName("session.diff")
    public data class DiffChanged(val sessionId: String, val files: List<ChangedFile>) : WorkspaceEvent

    @Serializable
    @SerialName("message.updated")
    public data class MessageUpdated(val message: Message) : WorkspaceEvent

    @Serializable
    @SerialName("message.removed")
    public data class MessageRemoved(val sessionId: String, val messageId: String) : WorkspaceEvent

    @Serializable
    @SerialName("part.updated")
    public data class PartUpdated(val part: Part) : WorkspaceEvent

    /** Text to append to a text or reasoning part. */
    @Serializable
    @SerialName("part.delta")
    public data class PartDelta(val sessionId: String, val messageId: String, val partId: String, val delta: String) :
        WorkspaceEvent

    @Serializable
    @SerialName("part.removed")
    public data class PartRemoved(val sessionId: String, val messageId: String, val partId: String) : WorkspaceEvent

    @Serializable
    @SerialName("todo.updated")
    public data class TodosChanged(val sessionId: String, val todos: List<Todo>) : WorkspaceEvent

    @Serializable
    @SerialName("permission.asked")
    public data class PermissionAsked(val request: PermissionRequest) : WorkspaceEvent

    @Serializable
    @SerialName("permission.replied")
    public data class PermissionReplied(val sessionId: String, val requestId: String, val reply: String) :
        WorkspaceEvent

    @Serializable
    @SerialName("question.asked")
    public data class QuestionAsked(val request: QuestionRequest) : WorkspaceEvent

    /** Answered or dismissed: nobody waits for it any more. */
    @Serializable
    @SerialName("question.closed")
    public data class QuestionClosed(val sessionId: String, val requestId: String) : WorkspaceEvent
}

/**
 * One event with its place in the workspace's stream. [seq] ascends within [epoch]; another epoch means another backend
 * or CLI run. A merged delta replaces the events [from]..[seq].
 */
@Serializable
public data class SequencedEvent(val epoch: String, val seq: Long, val event: WorkspaceEvent, val from: Long = seq)

public interface WorkspaceService {
    /** Resolves [directory] on the backend. Fails with a typed error when it is missing or not a directory. */
    public suspend fun open(directory: String): Workspace

    /**
     * Events of a workspace, beginning with [WorkspaceEvent.Reset]. Survives cuts: after one it goes on exactly where it
     * stopped, or with a new Reset. Ends only with its collector.
     */
    public fun events(directory: String): Flow<SequencedEvent>

    /** What comes after number [seq] of [epoch], or a fresh start when that is not kept any more. */
    public fun eventsAfter(directory: String, epoch: String, seq: Long): Flow<SequencedEvent> = events(directory)
}
