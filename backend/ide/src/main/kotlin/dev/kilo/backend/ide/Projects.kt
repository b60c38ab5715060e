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
import java.io.IOException
import java.nio.file.Files
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

/** The directory that a project means before it is resolved. */
internal fun directoryOf(project: Project): String =
    project.basePath ?: throw IdeCallException("The project ${project.name} has no directory.")

/** The text of a file of [directory], for a comparison; empty when it does not exist. Nothing outside is read. */
internal suspend fun readFile(directory: String, path: String): String = withContext(Dispatchers.IO) {
    try {
        val base = Path.of(directory)
        val file = base.resolve(path).normalize()
        if (!file.startsWith(base)) throw IdeCallException("\"$path\" does not lie in the project.")
        if (!Files.exists(file)) return@withContext ""
        val real = file.toRealPath()
        if (!real.startsWith(base.toRealPath())) throw IdeCallException("\"$path\" does not lie in the project.")
        if (!Files.isRegularFile(real)) throw IdeCallException("\"$path\" is not a file.")
        if (Files.size(real) > MAX_TEXT) throw IdeCallException("\"$path\" is too large to be compared.")
        Files.newInputStream(real).use { String(it.readNBytes(MAX_TEXT), Charsets.UTF_8) }
    } catch (e: InvalidPathException) {
        throw IdeCallException("\"$path\" is not a path.", e)
    } catch (e: IOException) {
        throw IdeCallException("\"$path\" can't be read: ${e.message}", e)
    }
}

/** Shows a file in the editor; in remote development the platform brings the editor to the window's side. */
internal suspend fun openFile(project: Project, request: IdeRequest.OpenFile) {
    val path =
        try {
            Path.of(directoryOf(project)).resolve(request.path)
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

/** Larger files are not sent: the whole text crosses as one answer. */
private const val MAX_TEXT = 900_000
private val SAVE_LIMIT = 5.seconds
