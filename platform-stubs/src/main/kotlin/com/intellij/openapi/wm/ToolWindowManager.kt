package com.intellij.openapi.wm

import com.intellij.openapi.project.Project

public abstract class ToolWindowManager {
    public abstract fun getToolWindow(id: String?): ToolWindow?

    public companion object {
        @JvmStatic
        public fun getInstance(project: Project): ToolWindowManager = throw UnsupportedOperationException()
    }
}
