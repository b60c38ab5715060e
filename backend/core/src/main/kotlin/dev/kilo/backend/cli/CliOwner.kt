package dev.kilo.backend.cli

import dev.kilo.shared.app.CliState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** Limits of [CliOwner]. */
public data class CliTiming(
    /** From the start of the process to the line that names its port. */
    val start: Duration = 30.seconds,
    /** The CLI gets this long to end by itself. */
    val stop: Duration = 3.seconds,
    val firstBackoff: Duration = 250.milliseconds,
    val maxBackoff: Duration = 30.seconds,
    /** Starts in a row that may fail before it is given up. */
    val attempts: Int = 6,
    /** A run of this length counts as a good one. */
    val good: Duration = 30.seconds,
)

/**
 * Runs the CLI: starts it at once, starts it again when it crashes, ends it with [close] or with this JVM. [health]
 * answers the CLI's version once it can be called.
 */
public class CliOwner(
    private val cli: String? = null,
    private val environment: Map<String, String> = emptyMap(),
    private val timing: CliTiming = CliTiming(),
    private val health: suspend (CliEndpoint) -> String,
) : CliHost {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val states = MutableStateFlow<CliState>(CliState.Starting())
    private val endpoints = MutableStateFlow<CliEndpoint?>(null)
    private val turn = Mutex()

    @Volatile
    private var process: CliProcess? = null

    @Volatile
    private var closed = false
    private val hook = Thread({ endProcess() }, "kilo-cli-stop")

    override val state: StateFlow<CliState> = states.asStateFlow()
    override val endpoint: StateFlow<CliEndpoint?> = endpoints.asStateFlow()

    init {
        Runtime.getRuntime().addShutdownHook(hook)
    }

    private var supervisor: Job = scope.launch { supervise() }

    override suspend fun restart() {
        turn.withLock {
            check(!closed) { "The CLI's owner is closed." }
            endpoints.value = null
            states.value = CliState.Starting()
            supervisor.cancelAndJoin()
            supervisor = scope.launch { supervise() }
        }
        state.first { it is CliState.Ready || it is CliState.Failed || it is CliState.Stopped }
    }

    override fun close() {
        if (closed) return
        closed = true
        scope.cancel()
        endpoints.value = null
        endProcess()
        runBlocking { supervisor.join() }
        states.value = CliState.Stopped
        try {
            Runtime.getRuntime().removeShutdownHook(hook)
        } catch (_: IllegalStateException) {
            // The JVM is ending, and the hook has nothing left to do.
        }
    }

    @Synchronized
    private fun endProcess() {
        process?.end(timing.stop.inWholeMilliseconds)
        process = null
    }

    /** A process that is started while [close] runs must not survive it. */
    @Synchronized
    private fun adopt(started: CliProcess): Boolean {
        process = started
        if (!closed) return true
        endProcess()
        return false
    }

    private suspend fun supervise() {
        try {
            var failures = 0
            while (true) {
                val search = withContext(Dispatchers.IO) { findLauncher(cli, System.getenv() + environment) }
                val launcher =
                    when (val found = search) {
                        is Launcher.Found -> found.path
                        is Launcher.Missing -> return fail(found.message)
                    }
                val since = TimeSource.Monotonic.markNow()
                val message =
                    try {
                        // Not cancellable: a process that was started must end up in our hands.
                        val started =
                            withContext(NonCancellable) {
                                CliProcess.start(launcher, environment).takeIf(::adopt)
                            } ?: return
                        runUntilExit(started)
                    } catch (e: IOException) {
                        "The Kilo CLI can't be started: ${e.message}"
                    }
                failures = if (since.elapsedNow() >= timing.good) 1 else failures + 1
                if (failures >= timing.attempts) {
                    val advice = "It failed $failures times in a row. Restart it once the cause is gone."
                    return fail("$message\n$advice")
                }
                val wait = minOf(timing.maxBackoff, timing.firstBackoff * (1 shl minOf(failures - 1, 10)))
                val next = System.currentTimeMillis() + wait.inWholeMilliseconds
                states.value = CliState.Restarting(failures, message, next)
                delay(wait)
            }
        } finally {
            endpoints.value = null
            withContext(NonCancellable + Dispatchers.IO) { endProcess() }
        }
    }

    /** Returns why it ended. */
    private suspend fun runUntilExit(started: CliProcess): String {
        if (states.value !is CliState.Restarting) states.value = CliState.Starting()
        try {
            val endpoint = started.awaitEndpoint(timing.start)
            if (endpoint == null) {
                val late = "did not say its port within ${timing.start}"
                return "The Kilo CLI ${if (started.alive) late else "ended before it was ready"}.${quoted(started)}"
            }
            val version = health(endpoint)
            states.value = CliState.Ready(version, endpoint.pid)
            endpoints.value = endpoint
            val code = started.awaitExit()
            return "The Kilo CLI ended unexpectedly (exit code $code).${quoted(started)}"
        } finally {
            endpoints.value = null
            withContext(NonCancellable + Dispatchers.IO) { endProcess() }
        }
    }

    private fun quoted(process: CliProcess): String =
        process.lastWords().let { if (it.isBlank()) "" else " It said: $it" }

    private fun fail(message: String) {
        states.value = CliState.Failed(message)
    }
}
