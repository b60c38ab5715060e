package dev.kilo.frontend.ide

import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.ToolWindow
import com.intellij.openapi.wm.ToolWindowFactory

/** Fills the tool window when it is opened for the first time. Named by the module's descriptor. */
internal class KiloToolWindowFactory :
    ToolWindowFactory,
    DumbAware {
    override fun createToolWindowContent(project: Project, toolWindow: ToolWindow) {
        toolWindow.setTitleActions(listOf(NewTabAction(), ShowChangesAction()))
        ProjectChats.of(project).addTab(toolWindow)
    }
}

internal const val TOOL_WINDOW = "Kilo"
