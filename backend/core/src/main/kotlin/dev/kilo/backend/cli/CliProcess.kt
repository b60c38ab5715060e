package dev.kilo.backend.cli

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Path
import java.security.SecureRandom
import java.util.HexFormat
import java.util.UUID
import kotlin.concurrent.thread
import kotlin.time.Duration

/** One run of `kilo serve`. */
internal class CliProcess private constructor(
    private val process: Process,
    private val run: String,
    private val password: String,
) {
    private val out = BoundedLog()
    private val err = BoundedLog()
    private val url = CompletableDeferred<String?>()

    val pid: Long = process.pid()

    init {
        process.outputStream.close()
        drain("kilo-cli-out", process.inputStream) { line ->
            LISTENING.find(line)?.let { url.complete(it.groupValues[1]) }
            out.add(line)
        }
        drain("kilo-cli-err", process.errorStream, err::add)
        process.onExit().thenRun { url.complete(null) }
    }

    /** Waits for the line that names the port. Null when the process ended or [limit] passed first. */
    suspend fun awaitEndpoint(limit: Duration): CliEndpoint? {
        val found = withTimeoutOrNull(limit) { url.await() } ?: return null
        return CliEndpoint(found, USER, password, run, pid)
    }

    suspend fun awaitExit(): Int = process.onExit().await().exitValue()

    val alive: Boolean get() = process.isAlive

    /** What it wrote last, for messages. */
    fun lastWords(): String = (err.tail(TAIL).ifEmpty { out.tail(TAIL) }).joinToString("\n")

    /** Ends it and its children; blocks until they are gone. */
    fun end(politeMillis: Long) {
        if (process.isAlive) endTree(process.toHandle(), run, politeMillis) else endOrphans(run)
    }

    private fun drain(name: String, stream: InputStream, onLine: (String) -> Unit) {
        thread(name = name, isDaemon = true) {
            try {
                stream.bufferedReader().forEachLine(onLine)
            } catch (_: IOException) {
                // The pipe ends with the process.
            }
        }
    }

    companion object {
        private const val USER = "kilo"
        private const val TAIL = 5
        private val LISTENING = Regex("""listening on (https?://\S+:\d+)""")

        /** Starts [launcher] with [environment] on top of this process's own. Throws [IOException]. */
        suspend fun start(launcher: Path, environment: Map<String, String>): CliProcess = withContext(Dispatchers.IO) {
            val run = UUID.randomUUID().toString()
            val password = HexFormat.of().formatHex(ByteArray(PASSWORD_BYTES).also(SecureRandom()::nextBytes))
            val builder = ProcessBuilder(launcher.toString(), "serve", "--port", "0").directory(quietDirectory())
            val target = builder.environment()
            target.putAll(environment)
            target["KILO_SERVER_USERNAME"] = USER
            target["KILO_SERVER_PASSWORD"] = password
            target["KILO_PARENT_PID"] = ProcessHandle.current().pid().toString()
            target["KILO_CLIENT"] = "jetbrains"
            // Every window of ours can show questions.
            target["KILO_ENABLE_QUESTION_TOOL"] = "true"
            target[RUN_VARIABLE] = run
            target.putIfAbsent("KILO_DEFAULT_PERMISSION", """{"edit":"ask","bash":"ask"}""")
            CliProcess(builder.start(), run, password)
        }

        private const val PASSWORD_BYTES = 32

        /** Requests always name their directory, so the CLI's own is just one that exists and that nobody unmounts. */
        private fun quietDirectory(): File {
            val home = File(System.getProperty("user.home"))
            return if (home.isDirectory) home else File(System.getProperty("java.io.tmpdir"))
        }
    }
}
