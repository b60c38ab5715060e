package dev.kilo.frontend.model.sessions

import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** What became of a session while the user looked at another one. */
public enum class Mark {
    /** A turn ended. */
    UNREAD,

    /** A turn ended with an error. */
    FAILED,
}

/** Marks of sessions, by id. They are this window's: another window has seen other things. */
internal class Marks {
    private val state = MutableStateFlow<Map<String, Mark>>(emptyMap())
    val all: StateFlow<Map<String, Mark>> = state.asStateFlow()

    /** [shown] is the session that the user looks at. */
    fun apply(event: WorkspaceEvent, shown: String?) {
        when (event) {
            is WorkspaceEvent.TurnClosed -> when {
                event.sessionId == shown -> if (event.reason == "error") set(shown, Mark.FAILED)
                event.reason == "error" -> set(event.sessionId, Mark.FAILED)
                event.reason == "completed" -> set(event.sessionId, Mark.UNREAD)
            }

            is WorkspaceEvent.SessionFailed -> {
                val id = event.sessionId
                if (id != null && event.error.name != "MessageAbortedError") set(id, Mark.FAILED)
            }

            is WorkspaceEvent.StatusChanged -> if (event.status != SessionStatus.Idle) clear(event.sessionId)

            is WorkspaceEvent.SessionDeleted -> clear(event.sessionId)

            else -> Unit
        }
    }

    /** The user looks at the session. That its last turn failed remains so; it is no news any more. */
    fun seen(id: String) {
        if (state.value[id] == Mark.UNREAD) clear(id)
    }

    private fun set(id: String, mark: Mark) {
        if (state.value[id] == Mark.FAILED && mark == Mark.UNREAD) return
        state.value = state.value + (id to mark)
    }

    private fun clear(id: String) {
        if (id in state.value) state.value = state.value - id
    }
}
