package dev.kilo.frontend.model

import dev.kilo.frontend.model.decision.Saving
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * Something that a session waits for the user to decide. What a sub-agent asks is shown where its work was ordered:
 * [shownIn] is the session at the top, [sessionId] the one that asks.
 */
public sealed interface Decision {
    public val id: String
    public val sessionId: String
    public val shownIn: String
    public val callId: String?

    public data class Permission(val request: PermissionRequest, override val shownIn: String) : Decision {
        override val id: String get() = request.id
        override val sessionId: String get() = request.sessionId
        override val callId: String? get() = request.callId
    }

    public data class Question(val request: QuestionRequest, override val shownIn: String) : Decision {
        override val id: String get() = request.id
        override val sessionId: String get() = request.sessionId
        override val callId: String? get() = request.callId
    }
}

/** Everything that the sessions of one directory wait for, in the order in which it was asked. */
internal class Decisions(private val workspace: WorkspaceModel, private val changed: (List<Decision>) -> Unit) {
    private val state = MutableStateFlow<List<Decision>>(emptyList())
    private val permissionState = MutableStateFlow<List<PermissionRequest>>(emptyList())

    /** What was answered here: a list or an event from before the answer must not bring it back. */
    private val answered = HashSet<String>()
    private val parents = HashMap<String, String>()
    private val sought = HashSet<String>()

    val all: StateFlow<List<Decision>> = state.asStateFlow()
    val permissions: StateFlow<List<PermissionRequest>> = permissionState.asStateFlow()

    /** What the server lists; null leaves what was known of that kind. With [restarted] what is not listed was lost. */
    fun replace(permissions: List<PermissionRequest>?, questions: List<QuestionRequest>?, restarted: Boolean) {
        val old = state.value
        sought.clear()
        set(
            (permissions?.map(::decision) ?: old.filterIsInstance<Decision.Permission>()) +
                (questions?.map(::decision) ?: old.filterIsInstance<Decision.Question>()),
        )
        if (restarted) old.filter { was -> state.value.none { it.id == was.id } }.forEach(::lost)
    }

    /** Nobody answered it, and nobody can any more. */
    private fun lost(decision: Decision) {
        workspace.app.notices.post(texts("decision.lost", ToolText.question(decision)), Notice.Severity.WARNING)
    }

    fun apply(event: WorkspaceEvent) {
        when (event) {
            is WorkspaceEvent.SessionUpdated -> learn(event.session)

            is WorkspaceEvent.PermissionAsked -> add(decision(event.request))

            is WorkspaceEvent.QuestionAsked -> add(decision(event.request))

            is WorkspaceEvent.PermissionReplied -> close(event.requestId)

            is WorkspaceEvent.QuestionClosed -> close(event.requestId)

            is WorkspaceEvent.DiffChanged, is WorkspaceEvent.OutboxChanged, is WorkspaceEvent.MessageRemoved,
            is WorkspaceEvent.MessageUpdated,
            is WorkspaceEvent.PartDelta, is WorkspaceEvent.PartRemoved, is WorkspaceEvent.PartUpdated,
            is WorkspaceEvent.SessionDeleted, is WorkspaceEvent.SessionFailed, is WorkspaceEvent.StatusChanged,
            is WorkspaceEvent.TodosChanged, is WorkspaceEvent.TurnClosed, WorkspaceEvent.Reset,
            -> Unit
        }
    }

    /** The session is gone, and what it and its sub-agents asked with it. */
    fun forget(sessionId: String) {
        set(state.value.filter { it.sessionId != sessionId && it.shownIn != sessionId })
    }

    fun reply(request: PermissionRequest, reply: PermissionReply, message: String?, saving: Saving?) =
        answer(Decision.Permission(request, rootOf(request.sessionId))) {
            if (saving != null && !saving.empty) {
                permissions.remember(workspace.directory, request.id, saving.allow, saving.deny)
            }
            permissions.reply(workspace.directory, request.id, reply, message?.ifBlank { null })
        }

    fun reply(request: QuestionRequest, answers: List<List<String>>) =
        answer(Decision.Question(request, rootOf(request.sessionId))) {
            questions.reply(workspace.directory, request.id, answers)
        }

    fun reject(request: QuestionRequest) = answer(Decision.Question(request, rootOf(request.sessionId))) {
        questions.reject(workspace.directory, request.id)
    }

    /** It disappears at once, and comes back with a notice when the answer did not arrive. Nothing is sent twice. */
    private fun answer(decision: Decision, send: suspend dev.kilo.shared.app.Backend.() -> Unit) {
        if (!answered.add(decision.id)) return
        close(decision.id)
        workspace.scope.launch {
            try {
                workspace.app.backend.send()
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                workspace.app.notices.post("${Text.REPLY}: ${readable(error)}")
                answered -= decision.id
                if ((error as? BackendException)?.code != BackendException.Code.NOT_FOUND) add(decision)
            }
        }
    }

    private fun decision(request: PermissionRequest) = Decision.Permission(request, rootOf(request.sessionId))

    private fun decision(request: QuestionRequest) = Decision.Question(request, rootOf(request.sessionId))

    private fun add(decision: Decision) {
        if (decision.id !in answered) set(state.value.filter { it.id != decision.id } + decision)
    }

    private fun close(id: String) = set(state.value.filter { it.id != id })

    /** Ids ascend with time over both kinds, behind their prefixes. */
    private fun set(list: List<Decision>) {
        val open = list.filter { it.id !in answered }.sortedBy { it.id.substringAfter('_') }
        state.value = open
        permissionState.value = open.filterIsInstance<Decision.Permission>().map { it.request }
        changed(open)
        for (decision in open) seek(decision.shownIn)
    }

    private fun rootOf(sessionId: String): String {
        var id = sessionId
        repeat(DEPTH) { id = parents[id] ?: return id }
        return id
    }

    private fun learn(session: Session) {
        val parent = session.parentId ?: return
        if (parents.put(session.id, parent) == parent) return
        // Most sub-agents ask nothing.
        if (state.value.any { it.shownIn == session.id }) place()
    }

    private fun place() = set(
        state.value.map {
            when (it) {
                is Decision.Permission -> it.copy(shownIn = rootOf(it.sessionId))
                is Decision.Question -> it.copy(shownIn = rootOf(it.sessionId))
            }
        },
    )

    /** A sub-agent from before this window's events: the list of sessions has only those at the top. */
    private fun seek(sessionId: String) {
        if (workspace.sessions.value.any { it.id == sessionId } || !sought.add(sessionId)) return
        workspace.scope.launch {
            try {
                learn(workspace.untilReady { workspace.app.backend.sessions.get(workspace.directory, sessionId) })
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (_: Exception) {
                // It stays under its own id; the decision can be made all the same.
                sought -= sessionId
            }
        }
    }

    private companion object {
        /** Sub-agents of sub-agents; a circle, which must not be, ends here. */
        const val DEPTH = 20
    }
}
