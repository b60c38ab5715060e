package dev.kilo.backend.workspace

import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.rpc.Position
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.InvalidPathException
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * The directories in use, by their real path: a symlink and its target are one, a sub-directory or a worktree is its
 * own. One that nobody listens to and in which no turn runs is forgotten after [idle].
 */
internal class Workspaces(
    scope: CoroutineScope,
    private val idle: Duration = 5.minutes,
    time: TimeSource.WithComparableMarks = TimeSource.Monotonic,
) {
    private val start = time.markNow()
    private val now: () -> Long = { start.elapsedNow().inWholeMilliseconds }
    private val clients = ConcurrentHashMap<String, WorkspaceClient>()
    private val realPaths = ConcurrentHashMap<String, String>()
    private val made = AtomicInteger()

    init {
        scope.launch {
            while (true) {
                delay(maxOf(idle / 2, MIN_SWEEP))
                sweep()
            }
        }
    }

    /** How many clients were ever made. */
    val created: Int get() = made.get()

    val directories: Set<String> get() = clients.keys.toSet()

    /** The client of [directory], made on first use. */
    suspend fun use(directory: String): WorkspaceClient = client(realDirectory(directory)).also(WorkspaceClient::touch)

    /** The same for a directory that may have vanished while it was in use: what waits in it must still be answered. */
    suspend fun used(directory: String): WorkspaceClient =
        clients[directory]?.also(WorkspaceClient::touch) ?: use(directory)

    /** Events of [directory] from the client of the moment, and from its successor when it ends. */
    fun events(directory: String, after: Position?): Flow<SequencedEvent> = flow {
        val real = realDirectory(directory)
        var at = after
        while (true) {
            val client = hold(real)
            try {
                client.events(at).collect {
                    at = Position(it.epoch, it.seq)
                    emit(it)
                }
            } finally {
                client.release()
            }
        }
    }

    /** Hands [event] to the directory's client, if anybody has used that directory. */
    fun route(directory: String, event: WorkspaceEvent, cursor: Long) {
        find(directory)?.append(event, cursor)
    }

    /** Another CLI run, or a gap in its events: what the clients know is out of date. */
    fun invalidate() {
        for ((directory, client) in clients) {
            if (clients.remove(directory, client)) client.end()
        }
    }

    fun sweep() {
        for ((directory, client) in clients) {
            // Under the map's lock for this key, so that nobody can take hold of it in between.
            clients.computeIfPresent(directory) { _, current ->
                if (current === client &&
                    client.unused(idle.inWholeMilliseconds)
                ) {
                    null.also { client.end() }
                } else {
                    current
                }
            }
        }
    }

    private fun client(real: String): WorkspaceClient = clients.computeIfAbsent(real, ::make)

    private fun hold(real: String): WorkspaceClient =
        checkNotNull(clients.compute(real) { key, known -> (known ?: make(key)).also(WorkspaceClient::hold) })

    private fun make(real: String): WorkspaceClient {
        made.incrementAndGet()
        return WorkspaceClient(real, now)
    }

    /** The CLI names directories as its clients wrote them, so a symlink is followed here too. */
    private fun find(directory: String): WorkspaceClient? {
        clients[directory]?.let { return it }
        if (realPaths.size > MAX_PATHS) realPaths.clear()
        val real =
            realPaths.getOrPut(directory) {
                try {
                    Path.of(directory).toRealPath().toString()
                } catch (_: IOException) {
                    directory
                } catch (_: InvalidPathException) {
                    directory
                }
            }
        return clients[real]
    }

    private companion object {
        val MIN_SWEEP = 1.seconds
        const val MAX_PATHS = 1000
    }
}

/** The real path of [directory], the key of its workspace. Throws `NOT_FOUND` or `BAD_REQUEST` in words for people. */
public suspend fun realDirectory(directory: String): String = withContext(Dispatchers.IO) {
    val path =
        try {
            Path.of(directory)
        } catch (e: InvalidPathException) {
            throw BackendException(Code.BAD_REQUEST, "\"$directory\" is not a path.", e)
        }
    if (!path.isAbsolute) throw BackendException(Code.BAD_REQUEST, "\"$directory\" is not an absolute path.")
    if (!Files.exists(path)) throw BackendException(Code.NOT_FOUND, "The directory $directory does not exist.")
    if (!Files.isDirectory(path)) throw BackendException(Code.BAD_REQUEST, "$directory is not a directory.")
    if (!Files.isReadable(
            path,
        )
    ) {
        throw BackendException(Code.BAD_REQUEST, "The directory $directory can't be read.")
    }
    try {
        path.toRealPath().toString()
    } catch (e: IOException) {
        throw BackendException(Code.BAD_REQUEST, "The directory $directory can't be read: ${e.message}", e)
    }
}
