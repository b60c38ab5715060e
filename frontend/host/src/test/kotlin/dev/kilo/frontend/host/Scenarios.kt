package dev.kilo.frontend.host

import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.Warmup
import dev.kilo.shared.app.LocalBackendProvider
import org.assertj.swing.core.BasicRobot
import org.assertj.swing.edt.FailOnThreadViolationRepaintManager
import org.assertj.swing.fixture.FrameFixture
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.ServiceLoader
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.system.exitProcess

/**
 * What a person does with one part of the window, step after step in one window: a later scenario may build on what an
 * earlier one left. Each list gets a project, an agent's server and a window of its own.
 */
internal open class ScenarioList(
    val name: String,
    val all: List<Pair<String, Run.() -> Unit>>,
    /** What holds up the thread that paints is a failure of this list; of others it is only told. */
    val guarded: Boolean = true,
) {
    /** Puts into [project] what the list needs there before anything starts. */
    open fun prepare(project: Path) = Unit

    /** The backend of the list's window, which ends with it: one in this process. */
    open fun backend(home: Path, model: Programs.FakeModel): Running {
        val provider = ServiceLoader.load(LocalBackendProvider::class.java).first()
        val options = LocalBackendProvider.Options(Programs.cli.path, Programs.environment(home, model))
        val handle = provider.start(options)
        return Running(handle.backend, handle::close)
    }
}

/**
 * Runs lists of scenarios in the real window: `Scenarios FOLDER [LIST ...]`, all of them when none is named; pictures go
 * to the folder. Prints `RESULT ok|failed LIST: NAME` for each.
 */
internal object Scenarios {
    val lists: List<ScenarioList> = listOf(
        ChatScenarios,
        TranscriptScenarios,
        BodyScenarios,
        LongScenarios,
        ComposerScenarios,
        SessionsScenarios,
        DecisionScenarios,
        ChangesScenarios,
        SettingsScenarios,
        KeyboardScenarios,
        BadInputScenarios,
        BreakScenarios,
    )

    @JvmStatic
    fun main(args: Array<String>) {
        FailOnThreadViolationRepaintManager.install()
        val out = File(args[0]).also { it.mkdirs() }
        val wanted = args.drop(1).toSet()
        val unknown = wanted - lists.map { it.name }.toSet()
        require(unknown.isEmpty()) { "There is no list $unknown; there are ${lists.map { it.name }}." }
        EdtGuard.install()
        Thrown.install()
        Programs.fakeModel().use { model ->
            for (list in lists) {
                if (list.all.isEmpty() || (wanted.isNotEmpty() && list.name !in wanted)) continue
                try {
                    // Another program may have had the processor's caches: what is slow is slow twice. Waiting is never excused.
                    if (!serve(list, model, out, "RESULT")) serve(list, model, out, "AGAIN")
                } catch (e: Throwable) {
                    println("The list ${list.name} did not come to its end.")
                    e.printStackTrace(System.out)
                }
            }
        }
        exitProcess(0)
    }

    /** Plays [list] and tells its results under the name [kind]; false when it should be played once more. */
    private fun serve(list: ScenarioList, model: Programs.FakeModel, out: File, kind: String): Boolean {
        val begin = System.nanoTime()
        val home = Files.createTempDirectory("kilo-home")
        val project = Programs.project("sample").also(list::prepare)
        // What a list before this one left unsaid.
        model.forget()
        EdtGuard.take()
        list.backend(home, model).use { running ->
            val options = Options(directory = project.toString(), look = Look.LIGHT)
            val settings = Settings(home.resolve("window.properties"))
            Looks.prepare(options, settings)
            Warmup.run()
            val window = onEdt {
                Window(options, settings) {}.also {
                    it.frame.setBounds(20, 20, 760, 900)
                    it.show()
                    it.attach(running) {}
                }
            }
            val robot = BasicRobot.robotWithCurrentAwtHierarchyWithoutScreenLock()
            robot.settings().delayBetweenEvents(10)
            robot.settings().eventPostingDelay(20)
            val run = Run(window, robot, FrameFixture(robot, window.frame), model, project, home, out)
            try {
                run.wait("the workspace") {
                    run.workspace.opening.value is Opening.Open &&
                        run.workspace.models.value.models.isNotEmpty()
                }
                tell(list, OPENING)
                for ((name, scenario) in list.all) {
                    println(
                        "$kind ${run.result(list, name, scenario)} ${list.name}: $name",
                    )
                }
            } finally {
                onEdt { window.close() }
                robot.cleanUp()
            }
        }
        val faults = tell(list, AFTERWARDS)
        val repeat = kind == "RESULT" && list.guarded && faults.isNotEmpty() && faults.none { it.waits }
        if (list.guarded &&
            !repeat
        ) {
            println("RESULT ${if (faults.isEmpty()) "ok" else "failed"} ${list.name}: $UNHINDERED")
        }
        val thrown = Thrown.take()
        for (error in thrown) error.printStackTrace(System.out)
        println("$kind ${if (thrown.isEmpty()) "ok" else "failed"} ${list.name}: $QUIET")
        println("The list ${list.name} took ${(System.nanoTime() - begin) / 1_000_000} ms.")
        return !repeat
    }

    private fun Run.result(list: ScenarioList, name: String, scenario: Run.() -> Unit): String {
        val result = try {
            scenario()
            check(unusable.isEmpty()) { "Not to be used without mouse or screen: ${unusable.joinToString("; ")}" }
            "ok"
        } catch (e: Throwable) {
            e.printStackTrace(System.out)
            "failed"
        }
        unusable.clear()
        try {
            save("${list.name} $name".lowercase().replace(Regex("[^a-z0-9]+"), "-").take(60))
        } catch (e: Exception) {
            println("No picture: $e")
        }
        return result
    }

    /** Events that held up the thread that paints, since the last call. */
    private fun tell(list: ScenarioList, what: String): List<EdtGuard.Fault> {
        println("The longest event on the EDT of ${list.name} $what took ${EdtGuard.longest} ms.")
        val faults = EdtGuard.take()
        for (fault in faults) println("FAULT $fault")
        return faults
    }

    /** The name of the result that says that nothing of a list held up the thread that paints. */
    const val UNHINDERED = "nothing holds up the thread that paints"

    /** The name of the result that says that no exception was left to its thread. */
    const val QUIET = "no exception goes uncaught"
    private const val OPENING = "while the window opened"
    private const val AFTERWARDS = "afterwards"
}

/** Exceptions that nobody caught, on any thread. */
internal object Thrown {
    private val all = ConcurrentLinkedQueue<Throwable>()

    fun install() = Thread.setDefaultUncaughtExceptionHandler { _, error -> all += error }

    /** Those since the last call. */
    fun take(): List<Throwable> = generateSequence { all.poll() }.toList()
}
