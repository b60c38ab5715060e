package dev.kilo.backend.ide

import com.intellij.openapi.components.Service
import com.intellij.openapi.vfs.VfsUtil
import dev.kilo.shared.app.Backend
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonPrimitive
import java.io.File

/** Tells the IDE which files the agent changed. [scope] is the platform's and ends with the project or the plugin. */
@Service(Service.Level.PROJECT)
internal class ProjectFiles(private val scope: CoroutineScope) {
    private val jobs = HashMap<String, Job>()

    /** Follows the agent's work in [directory]; once is enough. */
    @Synchronized
    fun follow(backend: Backend, directory: String) {
        if (jobs[directory]?.isActive == true) return
        jobs[directory] =
            scope.launch {
                backend.workspaces.events(directory).collect { sequenced ->
                    changedBy(sequenced.event, directory)?.let { refresh(it) }
                }
            }
    }

    private fun refresh(file: File) = VfsUtil.markDirtyAndRefresh(true, true, true, file)
}

/** What [event] says has changed on disk: one file, or at the end of a turn anything below [directory]. */
internal fun changedBy(event: WorkspaceEvent, directory: String): File? = when (event) {
    is WorkspaceEvent.TurnClosed -> File(directory)

    is WorkspaceEvent.PartUpdated -> {
        val part = event.part as? Part.Tool
        val state = part?.state as? ToolState.Completed
        val path = (state?.input?.get("filePath") as? JsonPrimitive)?.takeIf { it.isString }?.content
        when {
            part == null || state == null -> null
            part.tool in WRITING -> path?.let { File(directory).resolve(it) }
            part.tool in WRITING_MANY -> File(directory)
            else -> null
        }
    }

    else -> null
}

/** Tools that change the file they name, and tools that change several. */
private val WRITING = setOf("edit", "write", "multiedit")
private val WRITING_MANY = setOf("apply_patch")
