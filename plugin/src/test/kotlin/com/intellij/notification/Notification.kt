package com.intellij.notification

import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.project.DumbAwareAction
import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host

@Suppress("UNUSED_PARAMETER")
public open class Notification(groupId: String, private val content: String, type: NotificationType) {
    private val actions = ArrayList<AnAction>()

    public fun addAction(action: AnAction): Notification = apply { actions.add(action) }

    public fun expire() {
        Host.open.remove(this)
    }

    override fun toString(): String = content

    /** Presses the button that it has. */
    public fun press(event: AnActionEvent): Unit = actions.single().actionPerformed(event)

    public fun notify(project: Project?) {
        Host.notifications.add(content)
        Host.open.add(this)
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
