package dev.kilo.backend.rpc

import dev.kilo.shared.status.HostStatus
import dev.kilo.shared.status.LogLine
import dev.kilo.shared.status.LogLines
import dev.kilo.shared.status.StatusService
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import java.io.IOException
import java.io.RandomAccessFile
import java.net.URI
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTimedValue

/** How the CLI and the backend are, told on the host where both run. */
internal class StatusCalls(private val calls: Calls, private val pause: Duration = 700.milliseconds) : StatusService {
    override suspend fun status(): HostStatus {
        val port = URI(calls.api().endpoint.url).port
        val (found, took) = measureTimedValue { calls.query { it.settings.settingsStatusWithHttpInfo() }.value() }
        val runtime = Runtime.getRuntime()
        return HostStatus(
            version = found.version,
            pid = found.pid,
            port = port,
            uptime = found.uptime,
            memory = found.memory,
            heap = found.heap,
            runtime = found.runtime,
            platform = found.platform,
            data = found.data,
            config = found.config,
            log = found.log,
            database = found.database,
            databaseSize = found.databaseSize,
            backendPid = ProcessHandle.current().pid(),
            backendJava = "${System.getProperty("java.vendor")} ${System.getProperty("java.version")}",
            backendMemory = runtime.totalMemory() - runtime.freeMemory(),
            answer = took.inWholeMilliseconds,
        )
    }

    override fun log(): Flow<LogLines> = flow {
        val file = Path.of(calls.query { it.settings.settingsStatusWithHttpInfo() }.value().log)
        val tail = LogTail(file)
        emit(LogLines(tail.read(), first = true))
        while (true) {
            delay(pause)
            val more = tail.read()
            if (more.isNotEmpty()) emit(LogLines(more))
        }
    }.flowOn(Dispatchers.IO)
}

/** Reads a log file that grows and is now and then put aside for a new one. */
internal class LogTail(private val file: Path) {
    private var position = -1L
    private var rest = ByteArray(0)

    /** The lines since the last call; the first time the newest ones. Secrets that slipped in are masked. */
    fun read(): List<LogLine> {
        val bytes =
            try {
                RandomAccessFile(file.toFile(), "r").use(::more)
            } catch (_: IOException) {
                // Not yet written, or just being put aside.
                return emptyList()
            }
        if (bytes.isEmpty()) return emptyList()
        val all = rest + bytes
        val end = all.indexOfLast { it == '\n'.code.toByte() }
        rest = all.copyOfRange(end + 1, all.size)
        if (end < 0) return emptyList()
        return String(all, 0, end, Charsets.UTF_8).lines().filter { it.isNotBlank() }.takeLast(MOST).map(::lineOf)
    }

    private fun more(open: RandomAccessFile): ByteArray {
        val size = open.length()
        val first = position < 0
        if (size < position) {
            position = 0
            rest = ByteArray(0)
        }
        if (first || size - position > WINDOW) position = (size - WINDOW).coerceAtLeast(0)
        val cut = first && position > 0
        open.seek(position)
        val bytes = ByteArray((size - position).toInt())
        open.readFully(bytes)
        position = size
        // The first line of the middle of a file is half a line.
        return if (cut) bytes.copyOfRange(bytes.indexOf('\n'.code.toByte()) + 1, bytes.size) else bytes
    }

    private fun lineOf(line: String): LogLine {
        val entry =
            try {
                ClientJson.json.parseToJsonElement(line) as? JsonObject
            } catch (_: SerializationException) {
                null
            } ?: return LogLine("", "", maskText(line.take(LONGEST)))
        fun text(key: String) = (entry[key] as? JsonPrimitive)?.contentOrNull.orEmpty()
        val more = entry.filterKeys { it !in OWN }.map { (key, value) ->
            "$key=${(value as? JsonPrimitive)?.contentOrNull ?: value}"
        }
        val message = (listOf(text("message")) + more).joinToString("  ")
        return LogLine(text("time"), text("level"), maskText(message.take(LONGEST)))
    }

    private companion object {
        const val WINDOW = 128L * 1024
        const val MOST = 400
        const val LONGEST = 1000
        val OWN = setOf("time", "level", "message", "pid")
    }
}
