package dev.kilo.backend.ide

import com.intellij.openapi.components.Service
import com.intellij.openapi.diagnostic.Logger
import com.intellij.openapi.vfs.VfsUtil
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.CliState
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
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
                try {
                    while (true) {
                        // Not before: until then there is nothing to follow, and a start that fails can be repeated.
                        backend.app.state().first { it is CliState.Ready }
                        follow(backend.workspaces.events(directory), directory)
                    }
                } catch (e: BackendException) {
                    // Stopping, or the directory is gone. The next window that asks for the project begins anew.
                    Logger.getInstance(ProjectFiles::class.java).warn("Kilo no longer follows changes in $directory", e)
                }
            }
    }

    private suspend fun follow(events: Flow<SequencedEvent>, directory: String) {
        val lists = ChangeLists()
        try {
            events.collect { sequenced ->
                val event = sequenced.event
                val file = if (lists.changedBy(event)) File(directory) else changedBy(event, directory)
                file?.let { refresh(it) }
            }
        } catch (e: BackendException) {
            if (e.code != BackendException.Code.UNAVAILABLE) throw e
        }
    }

    private fun refresh(file: File) = VfsUtil.markDirtyAndRefresh(true, true, true, file)
}

/** Notices when a session's changes become others: steps, commands, undoing and rolling back do that, most events don't. */
internal class ChangeLists {
    private val known = HashMap<String, List<ChangedFile>>()

    fun changedBy(event: WorkspaceEvent): Boolean = when (event) {
        is WorkspaceEvent.DiffChanged -> known.put(event.sessionId, event.files).orEmpty() != event.files

        is WorkspaceEvent.SessionDeleted -> {
            known.remove(event.sessionId)
            false
        }

        else -> false
    }
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
