package dev.kilo.backend.ide

import com.intellij.openapi.application.EDT
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.fileEditor.OpenFileDescriptor
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.LocalFileSystem
import com.intellij.platform.project.ProjectId
import com.intellij.platform.project.findProjectOrNull
import dev.kilo.shared.rpc.RpcJson
import dev.kilo.shared.rpc.ide.IdeCallException
import dev.kilo.shared.rpc.ide.IdeRequest
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.SerializationException
import java.nio.file.InvalidPathException
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** The open project that a window means by [id], the platform's id in its own serialized form. */
internal fun findProject(id: String): Project {
    val project =
        try {
            RpcJson.decodeFromString(ProjectId.serializer(), id).findProjectOrNull()
        } catch (e: SerializationException) {
            throw IdeCallException(
                "The project's id is not understood. Use the same version of the IDE on both sides.",
                e,
            )
        }
    return project ?: throw IdeCallException("The project is not open on its host any more.")
}

/** Shows a file in the editor; in remote development the platform brings the editor to the window's side. */
internal suspend fun openFile(project: Project, request: IdeRequest.OpenFile) {
    val base = project.basePath ?: throw IdeCallException("The project ${project.name} has no directory.")
    val path =
        try {
            Path.of(base).resolve(request.path)
        } catch (e: InvalidPathException) {
            throw IdeCallException("\"${request.path}\" is not a path.", e)
        }
    val file =
        withContext(Dispatchers.IO) { LocalFileSystem.getInstance().refreshAndFindFileByNioFile(path) }
            ?: throw IdeCallException("The file $path does not exist.")
    val line = (request.line - 1).coerceAtLeast(0)
    val column = (request.column - 1).coerceAtLeast(0)
    withContext(Dispatchers.EDT) { OpenFileDescriptor(project, file, line, column).navigate(true) }
}

/** The agent reads from disk, so what is typed has to be there. A modal dialog may hold this up, but not for long. */
internal suspend fun saveDocuments() {
    withTimeoutOrNull(SAVE_LIMIT) {
        withContext(Dispatchers.EDT) { FileDocumentManager.getInstance().saveAllDocuments() }
    }
}

private val SAVE_LIMIT = 5.seconds
