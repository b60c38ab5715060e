package dev.kilo.backend.host

import java.io.IOException
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.PosixFilePermissions
import java.security.MessageDigest
import java.security.SecureRandom
import java.util.HexFormat

private const val TOKEN_BYTES = 32

/** The token from [file], made when the file does not exist; nobody but its owner may read it. */
internal fun tokenFrom(file: Path): String {
    if (!Files.exists(file)) {
        val token = HexFormat.of().formatHex(ByteArray(TOKEN_BYTES).also(SecureRandom()::nextBytes))
        val posix = file.fileSystem.supportedFileAttributeViews().contains("posix")
        val rights =
            if (posix) {
                arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
            } else {
                arrayOf()
            }
        file.toAbsolutePath().parent?.let(Files::createDirectories)
        try {
            val text = Charsets.UTF_8.encode(token + "\n")
            Files.newByteChannel(file, setOf(CREATE_NEW, WRITE), *rights).use { it.write(text) }
            return token
        } catch (_: FileAlreadyExistsException) {
            // Another backend was faster; its token is as good.
        }
    }
    val view = Files.getFileStore(file).supportsFileAttributeView("posix")
    if (view && Files.getPosixFilePermissions(file).any { !it.name.startsWith("OWNER") }) {
        throw IOException("The token file $file can be read by others. Run: chmod 600 $file")
    }
    return Files.readString(file).trim().ifEmpty { throw IOException("The token file $file is empty.") }
}

/** Compares without telling by its duration where the difference is. */
internal fun sameToken(expected: String, given: String?): Boolean =
    given != null && MessageDigest.isEqual(expected.toByteArray(), given.toByteArray())
