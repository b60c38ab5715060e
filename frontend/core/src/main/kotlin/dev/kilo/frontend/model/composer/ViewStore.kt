package dev.kilo.frontend.model.composer

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.attribute.PosixFilePermissions
import java.security.MessageDigest
import kotlin.coroutines.CoroutineContext

/** Where a window keeps what belongs to its view: drafts, history, favourites. Losing it loses nothing of the agent's. */
public interface ViewStore {
    /** Null when there is none, or when it can't be read. */
    public suspend fun read(name: String): String?

    /** Replaces what is stored as [name]; not being able to is no reason to trouble anyone. */
    public suspend fun write(name: String, text: String)

    /** Forgets everything. */
    public object None : ViewStore {
        override suspend fun read(name: String): String? = null

        override suspend fun write(name: String, text: String): Unit = Unit
    }
}

/** One file for each name in [folder], which only the user can read: prompts are private. */
public class FileViewStore(private val folder: Path, private val io: CoroutineContext = Dispatchers.IO) : ViewStore {
    override suspend fun read(name: String): String? = withContext(io) {
        try {
            val file = file(name)
            if (Files.exists(file) && Files.size(file) <= MOST) Files.readString(file) else null
        } catch (_: IOException) {
            null
        }
    }

    override suspend fun write(name: String, text: String): Unit = withContext(io) {
        try {
            if (!Files.exists(folder)) create()
            val temporary = Files.createTempFile(folder, name, ".tmp")
            Files.writeString(temporary, text)
            Files.move(temporary, file(name), StandardCopyOption.REPLACE_EXISTING)
        } catch (e: IOException) {
            System.err.println("The window could not keep its $name: ${e.message}")
        }
    }

    private fun create() {
        Files.createDirectories(folder)
        if ("posix" in folder.fileSystem.supportedFileAttributeViews()) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"))
        }
    }

    private fun file(name: String) = folder.resolve("$name.json")

    private companion object {
        const val MOST = 20_000_000L
    }
}

/** A name for what belongs to one directory of one place. */
internal fun nameOf(kind: String, place: String, directory: String): String {
    val digest = MessageDigest.getInstance("SHA-256").digest("$place\n$directory".toByteArray())
    return "$kind-" + digest.take(8).joinToString("") { "%02x".format(it) }
}
