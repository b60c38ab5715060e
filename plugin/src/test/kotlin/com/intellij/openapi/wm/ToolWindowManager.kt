package com.intellij.openapi.wm

import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host

public abstract class ToolWindowManager {
    public abstract fun getToolWindow(id: String?): ToolWindow?

    public companion object {
        @JvmStatic
        @Suppress("UNUSED_PARAMETER")
        public fun getInstance(project: Project): ToolWindowManager = object : ToolWindowManager() {
            override fun getToolWindow(id: String?): ToolWindow? = Host.toolWindow.takeIf { id == "Kilo" }
        }
    }
}
