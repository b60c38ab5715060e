package dev.kilo.frontend.host.gallery

import com.formdev.flatlaf.FlatLaf
import dev.kilo.frontend.host.Looks
import dev.kilo.frontend.host.Options
import dev.kilo.frontend.host.Programs
import dev.kilo.frontend.host.Running
import dev.kilo.frontend.host.Settings
import dev.kilo.frontend.host.Window
import dev.kilo.frontend.host.onEdt
import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.Warmup
import dev.kilo.shared.app.LocalBackendProvider
import java.awt.Dimension
import java.io.File
import java.nio.file.Files
import java.util.Locale
import java.util.ServiceLoader
import kotlin.system.exitProcess

/**
 * One way of looking at the window: [acts] are played, and those pictures kept that are in [only]; all when that is null.
 * A display of a sharper screen is a setting of the JVM (`-Dsun.java2d.uiScale=2`), not of a sitting.
 */
internal class Sitting(
    val name: String,
    val look: Look = Look.LIGHT,
    val locale: Locale = Locale.ENGLISH,
    val size: Dimension = Dimension(760, 900),
    val acts: List<Act> = Act.entries,
    private val only: Set<String>? = null,
) {
    val words: Words get() = Words.of(locale)

    fun wants(picture: String): Boolean = only == null || picture in only
}

internal val SITTINGS: List<Sitting> = run {
    val main = setOf(
        "welcome", "empty", "streaming", "permission-edit", "permission-command", "answer", "question", "failure",
        "sessions", "decisions", "composer-mentions", "composer-models", "changes", "settings-providers",
        "settings-appearance", "settings-permissions", "tools-terminal", "find",
    )
    val told = setOf(
        "welcome", "empty", "permission-edit", "permission-command", "answer", "question", "sessions", "decisions",
        "composer-commands", "changes", "rollback", "settings-providers", "settings-appearance", "settings-context",
        "status", "shortcuts", "failure", "menu",
    )
    val words = Act.entries - Act.TOOLS
    listOf(
        Sitting("light"),
        Sitting("dark", Look.DARK),
        Sitting("contrast", Look.CONTRAST, only = main),
        Sitting("german", locale = Locale.GERMAN, acts = words, only = told),
        Sitting("japanese", locale = Locale.JAPANESE, acts = words, only = told),
        Sitting("chinese", Look.DARK, Locale.SIMPLIFIED_CHINESE, acts = words, only = told),
        Sitting("narrow", size = Dimension(360, 800), only = main + told + "changes-tree" + "usage" + "composer-queue"),
        Sitting("sharp", acts = listOf(Act.CONVERSATION), only = setOf("permission-edit", "answer")),
    )
}

/**
 * `Gallery FOLDER SITTING`: plays what a person does with the window, with the real agent and a fake model, and keeps a
 * picture of each state as `STATE-SITTING.png`. Ends with 1 when an act did not come to its end.
 */
internal object Gallery {
    @JvmStatic
    fun main(args: Array<String>) {
        val sitting = SITTINGS.first { it.name == args[1] }
        val acts = args.drop(2).map { name -> Act.entries.first { it.name.lowercase() == name } }
        Locale.setDefault(sitting.locale)
        Programs.missing?.let {
            System.err.println("No pictures: $it.")
            exitProcess(1)
        }
        val out = File(args[0]).also { it.mkdirs() }
        val failed = Programs.fakeModel().use { model -> sit(sitting, acts.ifEmpty { sitting.acts }, model, out) }
        exitProcess(if (failed) 1 else 0)
    }

    private fun sit(sitting: Sitting, acts: List<Act>, model: Programs.FakeModel, out: File): Boolean {
        val home = Files.createTempDirectory("kilo-home")
        val project = Sample.project()
        val provider = ServiceLoader.load(LocalBackendProvider::class.java).first()
        val environment = Programs.environment(home, model) + ("KILO_CONFIG_CONTENT" to Sample.configuration(model.url))
        var failed = false
        provider.start(LocalBackendProvider.Options(Programs.cli.path, environment)).use { handle ->
            val options = Options(directory = project.toString(), look = sitting.look)
            val settings = Settings(home.resolve("window.properties"))
            // The fonts that an IDE brings along, where this machine has them.
            FlatLaf.setPreferredFontFamily("Inter")
            FlatLaf.setPreferredMonospacedFontFamily("JetBrains Mono")
            Looks.prepare(options, settings)
            Warmup.run()
            val window = onEdt {
                Window(options, settings) {}.also {
                    it.frame.setLocation(20, 20)
                    it.frame.size = sitting.size
                    it.show()
                    it.attach(Running(handle.backend) {}) {}
                }
            }
            val stage = Stage(window, model, project, home, sitting, out)
            stage.wait("the workspace") {
                onEdt {
                    stage.workspace.opening.value is Opening.Open && stage.workspace.models.value.models.isNotEmpty()
                }
            }
            stage.point("composer", press = true)
            for (act in acts) {
                try {
                    act.play(stage)
                } catch (e: Exception) {
                    failed = true
                    System.err.println("${sitting.name}: ${act.name.lowercase()} stopped. ${e.message}")
                    e.printStackTrace()
                    stage.picture("stopped-${act.name.lowercase()}")
                }
            }
            println("${sitting.name}: ${stage.taken.size} pictures.")
            onEdt { window.close() }
        }
        return failed
    }
}
