package dev.kilo.backend.host

import java.io.IOException
import java.nio.file.Path
import java.security.MessageDigest
import java.security.SecureRandom
import java.util.HexFormat

private const val TOKEN_BYTES = 32

/** The token from [file], made when the file does not exist; nobody but its owner may read it. */
internal fun tokenFrom(file: Path): String {
    val text =
        ownFile(file, "token file") {
            HexFormat.of().formatHex(ByteArray(TOKEN_BYTES).also(SecureRandom()::nextBytes)) + "\n"
        }
    return text.trim().ifEmpty { throw IOException("The token file $file is empty. Remove it, and a new one is made.") }
}

/** Compares without telling by its duration where the difference is. */
internal fun sameToken(expected: String, given: String?): Boolean =
    given != null && MessageDigest.isEqual(expected.toByteArray(), given.toByteArray())
