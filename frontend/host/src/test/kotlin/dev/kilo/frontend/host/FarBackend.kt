package dev.kilo.frontend.host

import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The stand-alone backend in a process of its own; closing it kills it as a crash would, and its CLI after it. */
internal class FarBackend private constructor(private val process: Process, private val line: String) : AutoCloseable {
    val url: String get() = line.substringAfter("listening on ").substringBefore(' ').trim()
    val port: Int get() = url.substringAfterLast(':').toInt()

    /** Of its certificate, when it has one. */
    val fingerprint: String get() = line.substringAfter("sha256:")

    /** Whether it ends by itself, and well, within [seconds]. */
    fun ends(seconds: Long): Boolean = process.waitFor(seconds, TimeUnit.SECONDS) && process.exitValue() == 0

    override fun close() {
        val all = process.descendants().toList()
        process.destroyForcibly()
        process.waitFor(5, TimeUnit.SECONDS)
        all.forEach { it.destroyForcibly() }
    }

    companion object {
        /** Starts one in [home] with these [args]; without a [model] it has no CLI. */
        fun start(home: Path, model: Programs.FakeModel?, vararg args: String): FarBackend {
            val java = File(System.getProperty("java.home"), "bin/java").path
            val classPath = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
            val log = home.resolve("backend.log").toFile()
            val builder = ProcessBuilder(
                java,
                "-cp",
                classPath,
                "dev.kilo.backend.host.MainKt",
                *args,
            ).redirectError(log)
            val environment = model?.let { Programs.environment(home, it) } ?: emptyMap()
            builder.environment() +=
                environment + ("KILO_CLI" to if (model == null) "/nonexistent" else Programs.cli.path)
            val process = builder.start()
            val line = process.inputStream.bufferedReader().readLine() ?: error("No backend: ${log.readText()}")
            return FarBackend(process, line)
        }
    }
}
