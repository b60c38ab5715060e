package dev.kilo.frontend.ide

import com.intellij.notification.Notification
import com.intellij.notification.NotificationAction
import com.intellij.notification.NotificationType
import com.intellij.openapi.project.Project
import dev.kilo.frontend.model.Notice
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.sessions.Mark
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch

/** Tells the user about decisions and problems while the tool window is hidden. */
internal class Balloons(private val project: Project, private val chat: Chat, private val visible: () -> Boolean) {
    private val told = HashSet<String>()

    fun follow(scope: CoroutineScope) {
        turns(scope)
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

    /** Turns that end while nobody looks: of the session in front, and of others. */
    @OptIn(ExperimentalCoroutinesApi::class)
    private fun turns(scope: CoroutineScope) {
        scope.launch {
            var before = emptyMap<String, Mark>()
            chat.workspace.marks.collect { now ->
                for ((id, mark) in now) if (before[id] != mark) over(id, failed = mark == Mark.FAILED)
                before = now
            }
        }
        scope.launch {
            chat.workspace.current.flatMapLatest { session -> session.ended.drop(1).map { session.id to it } }
                .collect { (id, end) ->
                    if (id != null && end?.reason == "completed") over(id, failed = false)
                }
        }
    }

    private fun over(id: String, failed: Boolean) {
        if (visible()) return
        val title = chat.workspace.sessions.value.find { it.id == id }?.title ?: return
        val text = texts(if (failed) "balloon.failed" else "balloon.done", title)
        show(text, if (failed) NotificationType.ERROR else NotificationType.INFORMATION) {
            ProjectChats.of(project).show { it.workspace.select(id) }
        }
    }

    private fun tell(id: String, text: String, type: NotificationType) {
        if (!told.add(id) || visible()) return
        show(text, type) { ProjectChats.of(project).show() }
    }

    private fun show(text: String, type: NotificationType, action: () -> Unit) {
        val open = NotificationAction.createSimpleExpiring(texts("balloon.open"), action)
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
