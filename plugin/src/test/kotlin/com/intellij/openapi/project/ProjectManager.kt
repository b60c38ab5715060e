package com.intellij.openapi.project

import dev.kilo.plugin.host.Host

public abstract class ProjectManager {
    public abstract fun getOpenProjects(): Array<Project>

    public companion object {
        @JvmStatic
        public fun getInstance(): ProjectManager = object : ProjectManager() {
            override fun getOpenProjects(): Array<Project> = arrayOf(Host.project)
        }
    }
}
