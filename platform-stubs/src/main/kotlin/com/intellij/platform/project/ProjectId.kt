package com.intellij.platform.project

import com.intellij.openapi.project.Project
import kotlinx.serialization.KSerializer

public class ProjectId private constructor() {
    public companion object {
        public fun serializer(): KSerializer<ProjectId> = throw UnsupportedOperationException()
    }
}

public fun Project.projectIdOrNull(): ProjectId? = throw UnsupportedOperationException()

public fun ProjectId.findProjectOrNull(): Project? = throw UnsupportedOperationException()
