package dev.kilo.plugin.host

import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.FileTime
import java.time.Duration
import java.time.Instant
import java.util.concurrent.Callable

/**
 * The first use of an installed plugin: the window sees the CLI being unpacked, the backend is killed in the middle, two
 * others begin at once, and what they unpacked runs.
 */
public class FirstUse(
    private val frontend: ClassLoader,
    private val inside: ClassLoader,
    private val java: List<String>,
) : Callable<Unit> {
    private val home: Path = Files.createTempDirectory("kilo-first").toRealPath()
    private val cli = home.resolve("system/kilo/cli")
    private val children = ArrayList<BackendChild>()

    override fun call() {
        try {
            Host.plugin = Path.of(System.getProperty("kilo.plugin"))
            Host.system = home.resolve("window")
            Host.projects = home
            for (project in listOf(Host.project, Host.other)) Files.createDirectories(project.directory)
            val old = Files.createDirectories(cli.resolve("0.0.1-old"))
            Files.setLastModifiedTime(old, FileTime.from(Instant.now() - Duration.ofDays(60)))
            val first = child()
            Host.routes.set(first.link)
            openToolWindow(instances("frontend", frontend))
            val peek = Peeking(frontend, inside)
            await("unpacking to be shown") {
                check(peek.see("cli") == 0L && peek.see("failure") == "") { "Not seen: ${peek.see("failure")}" }
                peek.see("unpacking") as Int in 5..90
            }
            first.kill()
            Host.routes.set(null)
            check(folders().any { it.startsWith(".new-") }) { "Killed too late: ${folders()}" }
            two(peek)
            onEdt { Host.unload() }
            for (child in children.drop(1)) child.end()
        } catch (e: Throwable) {
            children.forEach { System.err.println(it.words) }
            throw e
        } finally {
            children.forEach { it.kill() }
            home.toFile().deleteRecursively()
        }
    }

    private fun two(peek: Peeking) {
        val pair = listOf(child(), child())
        val request = peek.see("directoryRequest", "other") as String
        Host.routes.set(pair[0].link)
        val directory = runBlocking {
            coroutineScope { async { pair[1].link.call(API, "request", listOf(request), stream = false) }.await() }
        }
        check(Host.other.directory.toString() in "$directory") { "$directory" }
        await("the agents") {
            check(peek.see("failure") == "") { "${peek.see("failure")}" }
            peek.see("cli") != 0L && pair.all { it.descendants().isNotEmpty() }
        }
        check(folders().size == 1) { "Not one folder: ${folders()}" }
        val folder = cli.resolve(folders().single())
        check(Files.isExecutable(folder.resolve("kilo"))) { "The launcher can't be run." }
        check(Files.exists(folder.resolve("lib/node_modules/@lydell/node-pty-linux-x64/package.json"))) {
            "No terminals."
        }
        for (child in pair) {
            val programs = child.descendants().mapNotNull { it.info().command().orElse(null) }
            check(programs.any { it.startsWith("$folder/node") }) { "Another program runs: $programs" }
        }
    }

    private fun folders(): List<String> =
        Files.list(cli).use { all -> all.filter(Files::isDirectory).map { it.fileName.toString() }.toList() }

    private fun child() = BackendChild(java, home, environmentBelow(home) + ("KILO_CLI" to "")).also(children::add)

    private companion object {
        const val API = "dev.kilo.shared.ide.KiloRemoteApi"
    }
}
