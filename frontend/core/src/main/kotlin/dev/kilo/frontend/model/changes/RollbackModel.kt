package dev.kilo.frontend.model.changes

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.readable
import dev.kilo.shared.change.Restore
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull

/** The user wants to go back to before a prompt and is shown what that would do. */
public data class RollbackPlan(
    val messageId: String,
    val text: String,
    /** Null while it is being asked for. */
    val preview: RollbackPreview? = null,
    val problem: String? = null,
    val working: Boolean = false,
)

/** The session is rolled back: [prompts] of the user's are hidden, -1 when that is not known. */
public data class RolledBack(
    val prompts: Int,
    val restore: Restore?,
    val left: Map<String, String>,
    /** Whether the next prompt can be brought back by itself. */
    val step: Boolean,
    val working: Boolean = false,
    val problem: String? = null,
)

/** Going back to a prompt and forth again. Lives on the UI dispatcher. */
public class RollbackModel internal constructor(
    private val session: SessionModel,
    private val workspace: WorkspaceModel,
) {
    private val backend get() = workspace.app.backend
    private val planState = MutableStateFlow<RollbackPlan?>(null)
    private val backState = MutableStateFlow<RolledBack?>(null)
    private val textState = MutableStateFlow<String?>(null)
    private var asking: Job? = null
    private var doing: Job? = null

    /** What the user is asked, null when nothing is. */
    public val plan: StateFlow<RollbackPlan?> = planState.asStateFlow()

    /** Null when the session is not rolled back. */
    public val rolledBack: StateFlow<RolledBack?> = backState.asStateFlow()

    /** The text of the prompt that was gone back to, for the composer; [taken] when it is there. */
    public val returned: StateFlow<String?> = textState.asStateFlow()

    public fun taken() {
        textState.value = null
    }

    /** Asks what going back to before the prompt [messageId] would do. Nothing happens before [confirm]. */
    public fun ask(messageId: String, text: String) {
        val sessionId = session.id ?: return
        if (doing?.isActive == true) return
        planState.value = RollbackPlan(messageId, text)
        asking?.cancel()
        asking = workspace.scope.launch {
            val plan = try {
                val preview = workspace.untilReady {
                    backend.changes.preview(workspace.directory, sessionId, messageId)
                }
                RollbackPlan(messageId, text, preview)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                RollbackPlan(messageId, text, problem = readable(error))
            }
            planState.value = plan
        }
    }

    /** Asks for the newest prompt that is shown. */
    public fun askNewest() {
        val (id, text) = session.transcript.newestPrompt() ?: return
        ask(id, text)
    }

    public fun cancel() {
        if (planState.value?.working == true) return
        asking?.cancel()
        planState.value = null
    }

    /** Does it. A running turn is stopped first. */
    public fun confirm() {
        val plan = planState.value ?: return
        val sessionId = session.id ?: return
        if (plan.preview == null || plan.working) return
        planState.value = plan.copy(working = true, problem = null)
        doing = workspace.scope.launch {
            try {
                stop(sessionId)
                backend.changes.rollback(workspace.directory, sessionId, plan.messageId)
                planState.value = null
                if (plan.text.isNotBlank()) textState.value = plan.text
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                planState.value = plan.copy(working = false, problem = readable(error))
            }
        }
    }

    /** Brings the first of the hidden prompts back, with its answers. */
    public fun redo() {
        val hidden = session.transcript.hiddenPrompts()
        val next = hidden.getOrNull(1) ?: return redoAll()
        step { backend.changes.rollback(workspace.directory, it, next) }
    }

    public fun redoAll(): Unit = step { backend.changes.redo(workspace.directory, it) }

    /** The session as events tell it. */
    internal fun session() {
        val revert = session.session.value?.revert
        if (revert == null) {
            backState.value = null
            return
        }
        val hidden = session.transcript.hiddenPrompts()
        val known = session.transcript.holds(revert.messageId)
        val old = backState.value
        val new = RolledBack(
            prompts = if (known) hidden.size else -1,
            restore = revert.restore,
            left = revert.left,
            step = known && hidden.size > 1,
            working = old?.working == true && doing?.isActive == true,
            problem = old?.problem,
        )
        if (new != old) backState.value = new
    }

    /** What comes of it arrives as an event. */
    private fun step(action: suspend (String) -> Session) {
        val sessionId = session.id ?: return
        if (doing?.isActive == true) return
        backState.value = backState.value?.copy(working = true, problem = null)
        doing = workspace.scope.launch {
            var problem: String? = null
            try {
                action(sessionId)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                problem = readable(error)
            }
            backState.value = backState.value?.copy(working = false, problem = problem)
        }
    }

    private suspend fun stop(sessionId: String) {
        if (session.status.value == SessionStatus.Idle) return
        backend.sessions.abort(workspace.directory, sessionId)
        withTimeoutOrNull(STOPPING) { session.status.first { it == SessionStatus.Idle } }
    }

    private companion object {
        const val STOPPING = 15_000L
    }
}
