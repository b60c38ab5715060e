package dev.kilo.backend.host

import java.io.IOException
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.PosixFilePermissions

/**
 * The text of [file], which [make] gives when the file does not exist. Nobody but its owner may read it; one that others
 * can read is refused. [what] names it in messages.
 */
internal fun ownFile(file: Path, what: String, make: () -> String): String {
    if (!Files.exists(file)) {
        val text = make()
        val posix = file.fileSystem.supportedFileAttributeViews().contains("posix")
        val rights =
            if (posix) {
                arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
            } else {
                arrayOf()
            }
        val folder = file.toAbsolutePath().parent.also(Files::createDirectories)
        // Beside it first: whoever else starts now finds all of it or nothing.
        val part = folder.resolve("${file.fileName}.${ProcessHandle.current().pid()}")
        try {
            Files.newByteChannel(part, setOf(CREATE_NEW, WRITE), *rights).use { it.write(Charsets.UTF_8.encode(text)) }
            Files.createLink(file, part)
            return text
        } catch (_: FileAlreadyExistsException) {
            // Another backend was faster; its file is as good.
        } catch (_: UnsupportedOperationException) {
            Files.move(part, file)
        } finally {
            Files.deleteIfExists(part)
        }
    }
    val posix = Files.getFileStore(file).supportsFileAttributeView("posix")
    if (posix && Files.getPosixFilePermissions(file).any { !it.name.startsWith("OWNER") }) {
        throw IOException("The $what $file can be read by others. Run: chmod 600 $file")
    }
    return Files.readString(file)
}
