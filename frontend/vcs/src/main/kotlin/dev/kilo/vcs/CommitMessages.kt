package dev.kilo.vcs

import com.intellij.notification.Notification
import com.intellij.notification.NotificationAction
import com.intellij.notification.NotificationType
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.application.ModalityState
import com.intellij.openapi.components.Service
import com.intellij.openapi.project.Project
import dev.kilo.frontend.ide.html
import dev.kilo.frontend.ide.projectBackend
import dev.kilo.frontend.model.readable
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.util.ResourceBundle

/** Writes the commit messages of one project, one at a time. */
@Service(Service.Level.PROJECT)
internal class CommitMessages(private val project: Project, private val scope: CoroutineScope) {
    @Volatile
    private var job: Job? = null

    /** The last proposal that was put into a field. Used on the UI thread, as everything here but [writing]. */
    private var proposal: String? = null

    val writing: Boolean get() = job?.isActive == true

    /** Starts to write into [field], or stops what is being written. */
    fun toggle(field: MessageField) {
        val running = job
        if (running != null && running.isActive) return running.cancel()
        val before = field.text
        // Who asks again while the proposal is still there wants another one.
        val rejected = proposal?.takeIf { before?.trim() == it.trim() }
        // A dialog lets only what belongs to it onto the UI thread.
        val modality = ModalityState.current()
        val progress = tell(texts("writing"), NotificationType.INFORMATION, texts("stop")) { job?.cancel() }
        val started = scope.launch {
            try {
                val (backend, directory) = projectBackend(project)
                val message = backend.vcs.commitMessage(directory, rejected)
                onUi(modality) { finish(field, before, message) }
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                onUi(modality) { tell(readable(e), NotificationType.WARNING) }
            }
        }
        job = started
        started.invokeOnCompletion { onUi(modality, progress::expire) }
    }

    /** What the user wrote while waiting is not overwritten. */
    private fun finish(field: MessageField, before: String?, message: String) {
        if (field.text == before) return fill(field, message)
        tell(texts("written"), NotificationType.INFORMATION, texts("use")) { fill(field, message) }
    }

    private fun fill(field: MessageField, message: String) {
        proposal = message
        field.fill(message)
    }

    private fun tell(
        text: String,
        type: NotificationType,
        button: String? = null,
        action: () -> Unit = {},
    ): Notification {
        val notification = Notification(GROUP, html(text), type)
        if (button != null) notification.addAction(NotificationAction.createSimpleExpiring(button, action))
        notification.notify(project)
        return notification
    }

    private fun onUi(modality: ModalityState, action: () -> Unit) =
        ApplicationManager.getApplication().invokeLater({ if (!project.isDisposed) action() }, modality)

    companion object {
        /** Declared by the frontend's module. */
        private const val GROUP = "Kilo"

        fun of(project: Project): CommitMessages = project.getService(CommitMessages::class.java)
    }
}

private val bundle: ResourceBundle by lazy { ResourceBundle.getBundle("dev.kilo.vcs.Vcs") }

/** A text of this module. */
internal fun texts(key: String): String = bundle.getString(key)
