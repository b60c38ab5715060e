package dev.kilo.backend.cli

import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** Variable that all descendants of one CLI process inherit, so that they are found even after it was killed. */
internal const val RUN_VARIABLE: String = "KILO_BACKEND_RUN"

/**
 * Ends [process] and everything below it: politely first, which gives the CLI the time to stop its own children, then
 * by force. Blocks until nothing is left, at most [politeMillis] and as long again.
 */
internal fun endTree(process: ProcessHandle, run: String, politeMillis: Long) {
    val below = process.descendants().toList()
    process.destroy()
    if (!awaitExit(process, politeMillis)) process.destroyForcibly()
    awaitExit(process, politeMillis)
    val left = (below + orphansOf(run)).filter { it.running() }.distinctBy { it.pid() }
    left.forEach { it.destroyForcibly() }
    left.forEach { awaitExit(it, politeMillis) }
}

/** Ends what a CLI process that is gone already has left behind. */
internal fun endOrphans(run: String) {
    orphansOf(run).forEach { it.destroyForcibly() }
}

private fun awaitExit(process: ProcessHandle, millis: Long): Boolean {
    val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis)
    while (process.running()) {
        val left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())
        if (left <= 0) return false
        try {
            process.onExit().get(minOf(left, LOOK_MILLIS), TimeUnit.MILLISECONDS)
        } catch (_: TimeoutException) {
            continue
        } catch (_: ExecutionException) {
            return !process.running()
        }
    }
    return true
}

/** How often a process is looked at that may be dead without its exit being told. */
private const val LOOK_MILLIS = 20L

/** Whether it still does anything: what ended but was never collected by its parent counts as gone. */
internal fun ProcessHandle.running(): Boolean {
    if (!isAlive) return false
    val stat = Path.of("/proc/${pid()}/stat")
    return try {
        !Files.isReadable(stat) ||
            Files.readString(stat, Charsets.ISO_8859_1).substringAfterLast(") ").firstOrNull() != 'Z'
    } catch (_: IOException) {
        // It ended between the two looks.
        false
    }
}

/** A killed parent's children have another parent; on Linux their environment still names the run. */
private fun orphansOf(run: String): List<ProcessHandle> {
    val proc = Path.of("/proc")
    if (!Files.isDirectory(proc)) return emptyList()
    val mark = "$RUN_VARIABLE=$run"
    val own = ProcessHandle.current().pid()
    return ProcessHandle
        .allProcesses()
        .filter { it.pid() != own && environmentOf(proc, it.pid()).contains(mark) }
        .toList()
}

private fun environmentOf(proc: Path, pid: Long): String = try {
    Files.readString(proc.resolve("$pid/environ"), Charsets.ISO_8859_1)
} catch (_: IOException) {
    // Another user's process, or one that ended just now.
    ""
}
