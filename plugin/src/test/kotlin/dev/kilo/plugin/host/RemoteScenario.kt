package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.actionSystem.DataKey
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Callable
import javax.swing.AbstractButton

/**
 * The window's side here, the backend's in another process that dies once. [java] starts such a process but for its
 * arguments; [inside] holds a class that looks at the window from within; [model] is the CLI's configuration, and
 * [models] the address of the server that it names.
 */
public class RemoteScenario(
    private val frontend: ClassLoader,
    private val inside: ClassLoader,
    private val vcs: ClassLoader,
    private val java: List<String>,
    private val model: String,
    private val models: String,
) : Callable<Unit> {
    private val home: Path = Files.createTempDirectory("kilo-remote").toRealPath()
    private var backend: BackendChild? = null
    private var peek: Peeking? = null

    override fun call() {
        try {
            Host.plugin = Path.of(System.getProperty("kilo.plugin"))
            Host.system = home.resolve("window")
            // The projects lie on the other machine: nothing of them may be looked at here.
            Host.projects = Path.of("/there/is/no/project/here")
            prepare()
            startBackend()
            val front = instances("frontend", frontend)
            openToolWindow(front)
            val second = openToolWindow(front, Host.other)
            peek = Peeking(frontend, inside)
            await("the agent") { see("cli") != 0L }
            decide(front, second)
            changes()
            CommitWindow(instances("vcs", vcs), home.resolve("sample/a.txt"), models).use()
            die(front)
            ask(front, "[[text:All is well again.]]")
            await("an answer of the new backend") { answered("All is well again.") }
            compare()
            peek = null
            onEdt { Host.unload() }
            await("our threads to end") { ownThreads().isEmpty() }
            onEdt { }
            checkNotNull(backend).end()
        } catch (e: Throwable) {
            System.err.println(backend?.words)
            throw e
        } finally {
            backend?.kill()
            home.toFile().deleteRecursively()
        }
    }

    private fun startBackend() {
        val environment = environmentBelow(home) + ("KILO_CONFIG_CONTENT" to model)
        backend = BackendChild(java, home, environment).also { Host.routes.set(it.link) }
    }

    private fun prepare() {
        Files.createDirectories(home.resolve("other"))
        val project = Files.createDirectories(home.resolve("sample"))
        Files.writeString(project.resolve("a.txt"), BEFORE)
        for (args in listOf(listOf("init", "-q"), listOf("add", "."), listOf("commit", "-q", "-m", "first"))) {
            val git = listOf("git", "-c", "user.name=t", "-c", "user.email=t@example.org") + args
            check(ProcessBuilder(git).directory(project.toFile()).inheritIO().start().waitFor() == 0) { "git failed" }
        }
    }

    /** A turn with a decision that the user takes in the window; the window [other] of another project tells of it. */
    private fun decide(front: Map<String, Any>, other: FakeToolWindow) {
        ask(front, """[[tool:bash {"command":"sed -i s/^15$/fifteen/ a.txt"}]][[then]][[text:It is changed.]]""")
        await("the decision") { see("pending") == 1 }
        check(Files.readString(home.resolve("sample/a.txt")) == BEFORE) { "The command ran before it was allowed." }
        await("the other project to tell of it") { says(other, "sample: 1 waiting") }
        onEdt { see("allow") }
        await("the end of the turn") { see("ended") == "completed" && answered("It is changed.") }
        check(Files.readString(home.resolve("sample/a.txt")) == AFTER)
        await("the other project to tell no more") { !says(other, "sample: 1 waiting") }
        compare()
    }

    private fun says(window: FakeToolWindow, text: String): Boolean = onEdt {
        find(window.contents.all.single().component) { it is AbstractButton && it.text == text && it.isVisible } != null
    }

    /** The IDE's viewer shows the whole file, although only its patch crossed with the events. */
    private fun changes() {
        await("the session's changes") { see("changes") == 1 }
        val action = checkNotNull(Host.project.toolWindow).actions.single { "ShowChanges" in it.javaClass.name }
        onEdt { action.actionPerformed(AnActionEvent(Host.project, emptyMap())) }
        await("the diff viewer") { Host.shownDiffs.isNotEmpty() }
        check(Host.shownDiffs.single() == BEFORE to AFTER) { "${Host.shownDiffs}" }
    }

    /** The backend is killed in mid-turn, and another takes its place. */
    private fun die(front: Map<String, Any>) {
        ask(front, "[[text:This much was said.]][[hold:for ever]][[text:Never said.]]")
        await("the first half") { answered("This much was said.") }
        val cli = see("cli") as Long
        checkNotNull(backend).kill()
        Host.routes.set(null)
        await("the window to say that it is not connected") { see("connected") == false }
        await("the old CLI to end") { ProcessHandle.of(cli).map { !it.isAlive }.orElse(true) }
        startBackend()
        await("the window to be connected again") { see("connected") == true && see("cli") != 0L && see("cli") != cli }
        await("the turn to be over") { see("idle") == true }
        compare()
        check(answered("This much was said.")) { "What was said before is gone: ${see("texts")}" }
    }

    private fun ask(front: Map<String, Any>, directives: String) {
        val editor = FakeEditor(FakeFile("/elsewhere/a.txt"), directives)
        perform(
            front,
            "ExplainAction",
            AnActionEvent(Host.project, mapOf<DataKey<*>, Any>(CommonDataKeys.EDITOR to editor)),
        )
    }

    private fun answered(text: String): Boolean = onEdt { (see("texts") as List<*>).contains(text) }

    /** What the window shows is what the backend has. */
    private fun compare() {
        var shown: Any? = null
        var stored: Any? = null
        await("the window to show what is stored") {
            stored = see("stored")
            shown = onEdt { see("texts") }
            shown == stored
        }
    }

    private companion object {
        val BEFORE = (1..30).joinToString("") { "$it\n" }
        val AFTER = BEFORE.replace("\n15\n", "\nfifteen\n")
    }

    private fun see(what: String): Any? = checkNotNull(peek).see(what)
}
