package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.infrastructure.Serializer
import dev.kilo.client.model.SessionExport
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.transcript.TextHit
import dev.kilo.shared.transcript.TextHits
import dev.kilo.shared.transcript.TranscriptService
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.InvalidPathException
import java.nio.file.LinkOption
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import java.util.UUID
import kotlin.time.Duration.Companion.minutes

internal class TranscriptCalls(private val calls: Calls, private val workspaces: Workspaces) : TranscriptService {
    override suspend fun find(directory: String, sessionId: String, query: String): TextHits {
        val real = workspaces.use(directory).directory
        val found = calls.query {
            it.sessions.sessionFindWithHttpInfo(
                query = query,
                sessionID = sessionId,
                scope = null,
                limit = MOST,
                directory = real,
            )
        }.value()
        val hits = found.matches.map { TextHit(it.messageID, it.partID, it.excerpt, it.count.toInt()) }
        return TextHits(hits.sortedWith(compareBy(TextHit::messageId, TextHit::partId)), found.complete)
    }

    override fun export(directory: String, sessionId: String): Flow<String> = flow {
        val all = calls.query(EXPORT) { it.sessions.sessionExportWithHttpInfo(sessionId) }.value()
        val json = Serializer.kotlinxSerializationJson.encodeToString(SessionExport.serializer(), all)
        json.chunked(PIECE).forEach { emit(it) }
    }.flowOn(Dispatchers.IO)

    override suspend fun write(directory: String, path: String, text: String, replace: Boolean): Boolean {
        val root = Path.of(workspaces.use(directory).directory)
        return withContext(Dispatchers.IO) {
            try {
                write(root, path, text, replace)
            } catch (e: IOException) {
                throw BackendException(Code.BAD_REQUEST, "$path could not be written: ${e.message}", e)
            } catch (e: InvalidPathException) {
                throw BackendException(Code.BAD_REQUEST, "$path is no name of a file: ${e.reason}", e)
            }
        }
    }

    private fun write(root: Path, path: String, text: String, replace: Boolean): Boolean {
        val target = root.resolve(path).normalize()
        if (path.isBlank() || target == root || !target.startsWith(root)) throw outside(path, root)
        val folder = checkNotNull(target.parent)
        // Before a folder is made: what is there of the way may be a link that leads elsewhere.
        val known = generateSequence(folder) { it.parent }.first { Files.exists(it, LinkOption.NOFOLLOW_LINKS) }
        if (!known.toRealPath().startsWith(root.toRealPath())) throw outside(path, root)
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw BackendException(Code.BAD_REQUEST, "$path is a directory. Choose another name.")
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !replace) return false
        Files.createDirectories(folder)
        // Not a temporary file of Java's: those can be read by their owner only, and stay so.
        val beside = folder.resolve(".${UUID.randomUUID()}.kilo.tmp")
        try {
            Files.writeString(beside, text, StandardOpenOption.CREATE_NEW)
            place(beside, target, replace)
        } finally {
            Files.deleteIfExists(beside)
        }
        return true
    }

    /** A link in the target's place is replaced, not followed. */
    private fun place(beside: Path, target: Path, replace: Boolean) {
        if (replace) {
            Files.move(beside, target, StandardCopyOption.REPLACE_EXISTING)
        } else {
            Files.move(beside, target)
        }
    }

    private fun outside(path: String, root: Path) =
        BackendException(Code.BAD_REQUEST, "$path is not inside $root. Choose a name below it.")

    private companion object {
        const val MOST = 500L
        const val PIECE = 200_000
        val EXPORT = 2.minutes
    }
}
