package dev.kilo.frontend.model.sessions

import dev.kilo.frontend.model.Notice
import dev.kilo.frontend.model.Text
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch

/**
 * Sessions that the user deleted a moment ago. They are out of sight at once and deleted [DELAY] later; until then a
 * notice offers to take it back. When the window closes they are deleted right away, as was asked; a backend that goes
 * first keeps them, so that nothing is lost by accident.
 */
internal class Bin(private val workspace: WorkspaceModel) {
    private val waiting = LinkedHashMap<String, Job>()

    operator fun contains(id: String): Boolean = id in waiting

    /** Takes the session out of sight. [undone] runs when it is wanted back or could not be deleted. */
    fun put(id: String, title: String, undone: () -> Unit) {
        if (id in waiting) return
        val notices = workspace.app.notices
        var notice = 0L
        val job = workspace.scope.launch(start = CoroutineStart.LAZY) {
            delay(DELAY)
            notices.dismiss(notice)
            try {
                workspace.app.backend.sessions.delete(workspace.directory, id)
                workspace.deleted(id)
                waiting -= id
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                waiting -= id
                notices.post("${Text.DELETE}: ${readable(error)}")
                undone()
            }
        }
        waiting[id] = job
        val undo = Notice.Action(texts("session.undo")) {
            if (waiting.remove(id) == null) return@Action
            job.cancel()
            undone()
        }
        notice = notices.post(texts("session.deleted", title), Notice.Severity.INFO, undo)
        job.start()
    }

    /** The window closes: what was to be deleted is deleted now, without waiting for an answer. */
    fun close() {
        for (id in waiting.keys.toList()) {
            waiting.remove(id)?.cancel()
            workspace.scope.launch(NonCancellable, CoroutineStart.UNDISPATCHED) {
                try {
                    workspace.app.backend.sessions.delete(workspace.directory, id)
                } catch (cancelled: CancellationException) {
                    throw cancelled
                } catch (_: Exception) {
                    // Nobody is left to be told; the session is still there next time.
                }
            }
        }
    }

    internal companion object {
        const val DELAY = 8_000L
    }
}
