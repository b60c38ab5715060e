package com.intellij.openapi.command

import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host
import javax.swing.SwingUtilities

public abstract class WriteCommandAction<T> {
    public companion object {
        @JvmStatic
        public fun runWriteCommandAction(project: Project?, runnable: Runnable) {
            check(SwingUtilities.isEventDispatchThread()) { "Documents are changed on the UI thread only." }
            Host.writing = true
            try {
                runnable.run()
            } finally {
                Host.writing = false
            }
        }
    }
}
