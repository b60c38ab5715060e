package com.intellij.notification

import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.project.DumbAwareAction
import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host

@Suppress("UNUSED_PARAMETER")
public open class Notification(groupId: String, private val content: String, type: NotificationType) {
    public fun addAction(action: AnAction): Notification = this

    public fun notify(project: Project?) {
        Host.notifications.add(content)
    }
}

public abstract class NotificationAction : DumbAwareAction() {
    public companion object {
        @JvmStatic
        @Suppress("UNUSED_PARAMETER")
        public fun createSimpleExpiring(text: String, run: Runnable): NotificationAction =
            object : NotificationAction() {
                override fun actionPerformed(event: AnActionEvent?): Unit = run.run()
            }
    }
}
