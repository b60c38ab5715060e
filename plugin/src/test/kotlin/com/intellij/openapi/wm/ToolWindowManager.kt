package com.intellij.openapi.wm

import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.FakeProject

public abstract class ToolWindowManager {
    public abstract fun getToolWindow(id: String?): ToolWindow?

    public companion object {
        @JvmStatic
        public fun getInstance(project: Project): ToolWindowManager = object : ToolWindowManager() {
            override fun getToolWindow(id: String?): ToolWindow? = (project as FakeProject).toolWindow.takeIf {
                id ==
                    "Kilo"
            }
        }
    }
}
