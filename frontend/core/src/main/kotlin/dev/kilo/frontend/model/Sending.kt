package dev.kilo.frontend.model

import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.Transcript
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.Session
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch

/**
 * Prompts on their way to the agent. Each is shown in [rows] at once and stays there when it fails, to be sent again. The
 * first one makes the session, which [made] is told; [begun] is called with each, [failed] when it is known not to have
 * arrived.
 */
internal class Sending(
    private val workspace: WorkspaceModel,
    private val rows: Transcript,
    private val id: () -> String?,
    private val made: (Session) -> Unit,
    private val begun: () -> Unit,
    private val failed: (message: String) -> Unit,
) {
    private val scope get() = workspace.scope
    private val sessions get() = workspace.app.backend.sessions
    private val waiting = HashMap<String, Prompt>()
    private var creating: Job? = null
    private var refusal: Exception? = null

    fun send(prompt: Prompt) {
        waiting[prompt.messageId] = prompt
        rows.pending(prompt.messageId, shown(prompt), System.currentTimeMillis())
        deliver(prompt.messageId)
    }

    private fun shown(prompt: Prompt) = when {
        prompt.command != null -> "/${prompt.command} ${prompt.text}".trim()
        prompt.text.isBlank() -> prompt.parts.filterIsInstance<PromptPart.Attachment>().joinToString { it.filename }
        else -> prompt.text
    }

    /** Sends a prompt that did not arrive once more, with the same id: it cannot arrive twice. */
    fun retry(messageId: String) {
        if (rows.pendingText(messageId) == null) return
        rows.delivery(messageId, Delivery.Sending)
        deliver(messageId)
    }

    /** Forgets a prompt that did not arrive; null when there is none. */
    fun forget(messageId: String): Prompt? = waiting.remove(messageId)

    private fun deliver(messageId: String) {
        val prompt = waiting[messageId] ?: return
        begun()
        rows.flush()
        scope.launch {
            try {
                sessions.prompt(workspace.directory, id() ?: create(), prompt)
                waiting -= messageId
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                val unknown = (error as? BackendException)?.code == BackendException.Code.OUTCOME_UNKNOWN
                val message = readable(error)
                rows.delivery(messageId, Delivery.Failed(if (unknown) texts("prompt.unknown") else message))
                if (!unknown) failed(message)
                rows.flush()
            }
        }
    }

    /** Two prompts of a new session that are sent at once still make one session. */
    private suspend fun create(): String {
        val running = creating ?: scope.launch {
            try {
                made(sessions.create(workspace.directory))
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                refusal = error
            }
        }.also { creating = it }
        running.join()
        if (creating === running) creating = null
        return id() ?: throw (refusal ?: IllegalStateException(texts("notice.create")))
    }
}
