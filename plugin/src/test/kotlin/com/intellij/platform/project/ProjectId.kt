package com.intellij.platform.project

import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host
import kotlinx.serialization.Serializable

@Serializable
public class ProjectId(public val uid: String)

public fun Project.projectIdOrNull(): ProjectId? = ProjectId(name)

public fun ProjectId.findProjectOrNull(): Project? = listOf(Host.project, Host.other).firstOrNull { it.name == uid }
