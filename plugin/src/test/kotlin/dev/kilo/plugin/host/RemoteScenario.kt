package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.actionSystem.DataKey
import java.lang.reflect.InvocationTargetException
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Callable
import java.util.concurrent.TimeUnit

/**
 * The window's side here, the backend's in another process that dies once. [java] starts such a process but for its
 * arguments; [inside] holds a class that looks at the window from within; [model] is the CLI's configuration.
 */
public class RemoteScenario(
    private val frontend: ClassLoader,
    private val inside: ClassLoader,
    private val java: List<String>,
    private val model: String,
) : Callable<Unit> {
    private val home: Path = Files.createTempDirectory("kilo-remote").toRealPath()
    private val log = home.resolve("backend.log")
    private var process: Process? = null
    private var peek: Any? = null

    override fun call() {
        try {
            Host.plugin = Path.of(System.getProperty("kilo.plugin"))
            Host.system = home.resolve("window")
            // The project lies on the other machine: nothing of it may be looked at here.
            Host.directory = Path.of("/there/is/no/project/here")
            Files.createDirectories(home.resolve("project"))
            startBackend()
            val front = instances("frontend", frontend)
            openToolWindow(front)
            val chats = Class.forName("dev.kilo.frontend.ide.ProjectChats", true, frontend)
            val service = Host.project.services.get(chats)
            peek = inside.loadClass("dev.kilo.plugin.inside.Peek").getConstructor(Any::class.java).newInstance(service)
            await("the agent") { see("cli") != 0L }
            decide(front)
            die(front)
            ask(front, "[[text:All is well again.]]")
            await("an answer of the new backend") { answered("All is well again.") }
            compare()
            peek = null
            onEdt { Host.unload() }
            await("our threads to end") { ownThreads().isEmpty() }
            onEdt { }
            endBackend()
        } catch (e: Throwable) {
            if (Files.exists(log)) System.err.println(Files.readString(log))
            throw e
        } finally {
            process?.destroyForcibly()
            home.toFile().deleteRecursively()
        }
    }

    private fun startBackend() {
        val builder =
            ProcessBuilder(java + listOf(home.resolve("system").toString(), home.resolve("project").toString()))
        builder.environment() += environmentBelow(home) + ("KILO_CONFIG_CONTENT" to model)
        val started = builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start()
        process = started
        Host.routes.set(LineLink(started.inputReader(), started.outputWriter()))
    }

    /** A turn with a decision that the user takes in the window. */
    private fun decide(front: Map<String, Any>) {
        ask(
            front,
            """[[tool:bash {"command":"echo made > made.txt","description":"x"}]][[then]][[text:The file is made.]]""",
        )
        await("the decision") { see("pending") == 1 }
        check(!Files.exists(home.resolve("project/made.txt"))) { "The command ran before it was allowed." }
        onEdt { see("allow") }
        await("the end of the turn") { see("ended") == "completed" && answered("The file is made.") }
        check(Files.readString(home.resolve("project/made.txt")) == "made\n")
        compare()
    }

    /** The backend is killed in mid-turn, and another takes its place. */
    private fun die(front: Map<String, Any>) {
        ask(front, "[[text:This much was said.]][[hold:for ever]][[text:Never said.]]")
        await("the first half") { answered("This much was said.") }
        val cli = see("cli") as Long
        val dead = checkNotNull(process)
        dead.destroyForcibly().waitFor()
        Host.routes.set(null)
        await("the window to say that it is not connected") { see("connected") == false }
        await("the old CLI to end") { ProcessHandle.of(cli).map { !it.isAlive }.orElse(true) }
        startBackend()
        await("the window to be connected again") { see("connected") == true && see("cli") != 0L && see("cli") != cli }
        await("the turn to be over") { see("idle") == true }
        compare()
        check(answered("This much was said.")) { "What was said before is gone: ${see("texts")}" }
    }

    /** The plugin is unloaded there, too. */
    private fun endBackend() {
        val last = checkNotNull(process)
        last.outputWriter().close()
        check(last.waitFor(60, TimeUnit.SECONDS)) { "The backend's process does not end." }
        check(last.exitValue() == 0) { "The backend was not unloaded (exit code ${last.exitValue()})." }
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

    private fun see(what: String): Any? = checkNotNull(peek).let {
        try {
            it.javaClass.getMethod(what).invoke(it)
        } catch (e: InvocationTargetException) {
            throw e.targetException
        }
    }
}
