package dev.kilo.backend.testkit

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** A throw-away home and a git project below it, for one test. */
public class Place : AutoCloseable {
    public val root: Path = Files.createTempDirectory("kilo-backend-test").toRealPath()
    public val project: Path = repo("project")

    /** What the CLI gets on top of this process's environment, so that it finds nothing of the developer's. */
    public fun environment(model: FakeModel): Map<String, String> = mapOf(
        "HOME" to root.resolve("home").toString(),
        "XDG_CONFIG_HOME" to root.resolve("config").toString(),
        "XDG_DATA_HOME" to root.resolve("data").toString(),
        "XDG_STATE_HOME" to root.resolve("state").toString(),
        "XDG_CACHE_HOME" to root.resolve("cache").toString(),
        "KILO_CONFIG_CONTENT" to model.config(),
        "KILO_DISABLE_MODELS_FETCH" to "1",
        "KILO_TELEMETRY_LEVEL" to "off",
    )

    /** The user's own configuration file: what a project says counts only where it is stricter. */
    public fun configure(json: String) {
        Files.writeString(Files.createDirectories(root.resolve("config/kilo")).resolve("kilo.json"), json)
    }

    public fun repo(name: String): Path {
        val folder = Files.createDirectories(root.resolve(name))
        Files.createDirectories(root.resolve("home"))
        Files.writeString(folder.resolve("a.txt"), "one\ntwo\nthree\n")
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "first")
        return folder
    }

    public fun git(folder: Path, vararg args: String) {
        val identity = arrayOf("-c", "user.name=t", "-c", "user.email=t@example.org")
        val process = ProcessBuilder("git", *identity, *args).directory(folder.toFile()).inheritIO().start()
        check(process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0) {
            "git ${args.joinToString(" ")} failed"
        }
    }

    override fun close() {
        root.toFile().deleteRecursively()
    }
}
