package dev.kilo.frontend.host

import java.io.IOException
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.attribute.PosixFilePermission
import java.nio.file.attribute.PosixFilePermissions

/**
 * Backends that the user has trusted: a file with a line `host:port sha256:HEX` for each, which only its owner can
 * change. A file that cannot be relied on is an error, never "no pin": an attacker would be asked for once more.
 */
internal class Pins(val file: Path = Settings.folder().resolve("known-backends")) {
    /** The fingerprint that is known for [place] (`host:port`), or null. Throws [IOException] in words for people. */
    fun find(place: String): String? {
        if (!Files.exists(file)) return null
        check()
        var found: String? = null
        for ((number, line) in Files.readAllLines(file).withIndex()) {
            val words = line.substringBefore('#').trim().split(SPACES)
            if (words.first() != place) continue
            found = words.getOrNull(1)?.let(::fingerprint)?.takeIf { words.size == 2 }
                ?: throw IOException(
                    "Line ${number + 1} of $file is damaged. Remove it, and Kilo asks again whether to trust $place.",
                )
        }
        return found
    }

    /** Remembers [fingerprint] for [place] in place of any other. */
    fun put(place: String, fingerprint: String) {
        Files.createDirectories(file.toAbsolutePath().parent)
        val lines = if (Files.exists(file)) Files.readAllLines(file) else emptyList()
        val kept = lines.filter { it.substringBefore('#').trim().split(SPACES).first() != place }
        val part = file.resolveSibling("${file.fileName}.${ProcessHandle.current().pid()}")
        try {
            create(part)
            Files.write(part, kept + "$place sha256:$fingerprint")
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE)
        } catch (e: FileAlreadyExistsException) {
            throw IOException("$part is in the way. Remove it and try again.", e)
        } finally {
            Files.deleteIfExists(part)
        }
    }

    private fun create(path: Path) {
        if (!posix()) {
            Files.createFile(path)
            return
        }
        val rights = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        Files.createFile(path, rights)
    }

    private fun check() {
        val writers = setOf(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE)
        if (posix() && Files.getPosixFilePermissions(file).any { it in writers }) {
            throw IOException("$file can be changed by others, so it can't be relied on. Run: chmod 600 $file")
        }
    }

    private fun posix(): Boolean = file.fileSystem.supportedFileAttributeViews().contains("posix")

    companion object {
        private val SPACES = Regex("\\s+")
        private val HEX = Regex("[0-9a-f]{64}")

        /** The 64 hex digits of a fingerprint, written as here or as other programs do, or null if it is none. */
        fun fingerprint(text: String): String? =
            text.trim().lowercase().removePrefix("sha256:").replace(":", "").takeIf(HEX::matches)
    }
}
