package dev.kilo.frontend.host

import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.Timeout
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/**
 * The real window with the real agent and the fake model, driven by mouse and keyboard on a display of its own. A JVM
 * cannot change its display, so the scenarios run in another one, which says how each of them went.
 */
class WindowTest {
    @TestFactory
    @Timeout(value = 12, unit = TimeUnit.MINUTES)
    fun `the window`(): List<DynamicTest> {
        val missing = Programs.missing ?: if (xvfb() == null) "Xvfb is not installed" else null
        if (missing != null) {
            println("The window tests are skipped: $missing.")
            if (System.getenv("KILO_TEST_REQUIRE") == "all") fail<Unit>("KILO_TEST_REQUIRE=all, but $missing.")
            assumeTrue(false, missing)
        }
        val output = display { number -> run(number) }
        output.lines().filter { it.startsWith("The l") }.forEach(::println)
        return Scenarios.lists.flatMap { list -> names(list).map { "${list.name}: $it" } }
            .filter { ONLY.isEmpty() || it.substringBefore(":") in ONLY }
            .map { name -> DynamicTest.dynamicTest(name) { judge(name, output) } }
    }

    private fun names(list: ScenarioList): List<String> = if (list.all.isEmpty()) {
        emptyList()
    } else {
        list.all.map { it.first } + Scenarios.QUIET + listOf(Scenarios.UNHINDERED).filter { list.guarded }
    }

    private fun judge(name: String, output: String) {
        val lines = output.lines()
        if ("RESULT ok $name" in lines) return
        val end = lines.indexOf("RESULT failed $name")
        val told = if (end < 0) lines.takeLast(80) else lines.take(end).takeLastWhile { !it.startsWith("RESULT ") }
        fail<Unit>("$name did not succeed.\n${told.joinToString("\n")}")
    }

    /** The one of the tests; Surefire's own is a jar that names it. */
    private val classPath: String
        get() = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")

    private fun run(display: String): String {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val command = listOf(java, "-cp", classPath, "dev.kilo.frontend.host.Scenarios", "target/screenshots") + ONLY
        val builder = ProcessBuilder(command).redirectErrorStream(true)
        builder.environment()["DISPLAY"] = display
        val process = builder.start()
        process.outputStream.close()
        val reader = CompletableFuture.supplyAsync { process.inputStream.bufferedReader().readText() }
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach { it.destroyForcibly() }
            process.destroyForcibly()
        }
        return reader.get(20, TimeUnit.SECONDS)
    }

    private fun xvfb(): File? = System.getenv("PATH").orEmpty().split(File.pathSeparator).map {
        File(it, "Xvfb")
    }.firstOrNull { it.canExecute() }

    private fun <T> display(action: (String) -> T): T {
        val process = ProcessBuilder(
            xvfb().toString(),
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x1024x24",
            "-nolisten",
            "tcp",
        )
            .redirectError(ProcessBuilder.Redirect.DISCARD).start()
        try {
            return action(":" + process.inputStream.bufferedReader().readLine().trim())
        } finally {
            process.destroy()
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly()
        }
    }

    private companion object {
        const val MINUTES = 11L

        /** `-Dkilo.scenarios=Sessions,Decision` runs these lists only. */
        val ONLY = System.getProperty("kilo.scenarios").orEmpty().split(',').filter { it.isNotBlank() }
    }
}
