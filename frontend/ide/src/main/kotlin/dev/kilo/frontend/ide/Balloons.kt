package dev.kilo.frontend.ide

import com.intellij.notification.Notification
import com.intellij.notification.NotificationAction
import com.intellij.notification.NotificationType
import com.intellij.openapi.project.Project
import dev.kilo.frontend.model.Notice
import dev.kilo.frontend.model.ToolText
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch

/** Tells the user about decisions and problems while the tool window is hidden. */
internal class Balloons(private val project: Project, private val chat: Chat, private val visible: () -> Boolean) {
    private val told = HashSet<String>()

    fun follow(scope: CoroutineScope) {
        scope.launch {
            chat.workspace.decisions.collect { all ->
                for (decision in all) tell(decision.id, ToolText.question(decision), NotificationType.INFORMATION)
            }
        }
        scope.launch {
            chat.app.notices.list.collect { all ->
                for (notice in all) tell("notice ${notice.id}", notice.text, typeOf(notice.severity))
            }
        }
    }

    private fun tell(id: String, text: String, type: NotificationType) {
        if (!told.add(id) || visible()) return
        val open = NotificationAction.createSimpleExpiring(texts("balloon.open")) { ProjectChats.of(project).show() }
        Notification(GROUP, html(text), type).addAction(open).notify(project)
    }

    private fun typeOf(severity: Notice.Severity): NotificationType = when (severity) {
        Notice.Severity.INFO -> NotificationType.INFORMATION
        Notice.Severity.WARNING -> NotificationType.WARNING
        Notice.Severity.ERROR -> NotificationType.ERROR
    }

    private companion object {
        const val GROUP = "Kilo"
    }
}
