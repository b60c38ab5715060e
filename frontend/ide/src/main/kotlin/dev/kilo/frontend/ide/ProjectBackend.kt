package dev.kilo.frontend.ide

import com.intellij.openapi.project.Project
import dev.kilo.shared.app.Backend

/** The backend, and the project's real directory on its machine. */
public data class ProjectBackend(val backend: Backend, val directory: String)

/**
 * What the plugin's other modules need to work with [project]; connects on first use. Throws whatever says in words why
 * there is no connection.
 */
public suspend fun projectBackend(project: Project): ProjectBackend {
    val frontend = KiloFrontend.instance
    return ProjectBackend(frontend.backend(), frontend.directory(project))
}
