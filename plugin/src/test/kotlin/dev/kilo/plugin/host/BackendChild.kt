package dev.kilo.plugin.host

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/**
 * A process of [BackendProcess], started by [command] but for its arguments. Projects and system folder lie below [home].
 */
internal class BackendChild(command: List<String>, private val home: Path, environment: Map<String, String>) {
    private val log = Files.createTempFile(home, "backend-", ".log")
    private val process: Process
    val link: LineLink

    init {
        val builder = ProcessBuilder(command + listOf(home.resolve("system").toString(), home.toString()))
        builder.environment() += environment
        process = builder.redirectError(log.toFile()).start()
        link = LineLink(process.inputReader(), process.outputWriter())
    }

    val words: String get() = Files.readString(log)

    fun kill() {
        process.destroyForcibly().waitFor()
    }

    /** Lets it unload the plugin and end; it must leave nothing behind. */
    fun end() {
        process.outputWriter().close()
        check(process.waitFor(60, TimeUnit.SECONDS)) { "The backend's process does not end. $words" }
        check(process.exitValue() == 0) { "The backend was not unloaded (exit code ${process.exitValue()}). $words" }
    }

    fun descendants(): List<ProcessHandle> = process.descendants().toList()
}
