package dev.kilo.frontend.host

import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Look
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.swing.Swing
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.awt.image.BufferedImage
import java.io.File
import java.nio.file.Files
import java.util.ServiceLoader
import javax.imageio.ImageIO
import javax.swing.SwingUtilities
import kotlin.system.exitProcess

/**
 * Takes the pictures of the README: opens the real window on a sample project, has a short conversation with the fake
 * model that ends in a decision, and writes PNGs in every look. `Screenshot [folder]`, on a display.
 */
internal object Screenshot {
    @JvmStatic
    fun main(args: Array<String>) {
        val out = File(args.firstOrNull() ?: "screenshots").also { it.mkdirs() }
        Programs.missing?.let {
            System.err.println("No screenshots: $it.")
            exitProcess(1)
        }
        val home = Files.createTempDirectory("kilo-home")
        Programs.fakeModel().use { model ->
            val project = Programs.project("webshop")
            val provider = ServiceLoader.load(LocalBackendProvider::class.java).first()
            provider.start(
                LocalBackendProvider.Options(Programs.cli.path, Programs.environment(home, model)),
            ).use { handle ->
                val running = Running(handle.backend) {}
                lateinit var window: Window
                val options = Options(directory = project.toString(), look = Look.LIGHT)
                val settings = Settings(home.resolve("window.properties"))
                Looks.prepare(options, settings)
                SwingUtilities.invokeAndWait {
                    window = Window(options, settings) {}
                    window.frame.setSize(720, 900)
                    window.show()
                    window.attach(running) {}
                }
                runBlocking { converse(window, model, out) }
                SwingUtilities.invokeAndWait { window.close() }
            }
        }
        exitProcess(0)
    }

    private suspend fun converse(window: Window, model: Programs.FakeModel, out: File) {
        val workspace = checkNotNull(window.workspace)
        withTimeout(60_000) { workspace.opening.first { it is Opening.Open } }
        withTimeout(60_000) { workspace.models.first { it.models.isNotEmpty() } }
        shots(window, out, "empty")
        model.script(TURNS)
        withContext(Dispatchers.Swing) {
            workspace.current.value.send("Make the login test stable, it fails every other run on CI")
        }
        waiting(workspace)
        shots(window, out, "edit")
        answer(workspace)
        waiting(workspace, "bash")
        shots(window, out, "command")
        answer(workspace)
        withTimeout(60_000) { workspace.current.value.ended.first { it != null } }
        withTimeout(60_000) { workspace.current.value.status.first { it == SessionStatus.Idle } }
        shots(window, out, "done")
        withContext(Dispatchers.Swing) { window.frame.setSize(420, 760) }
        shots(window, out, "narrow")
    }

    private suspend fun waiting(workspace: WorkspaceModel, permission: String = "edit") {
        withTimeout(60_000) { workspace.permissions.first { list -> list.any { it.permission == permission } } }
    }

    private suspend fun answer(workspace: WorkspaceModel) = withContext(Dispatchers.Swing) {
        workspace.reply(workspace.permissions.value.first(), PermissionReply.ONCE)
    }

    private suspend fun shots(window: Window, out: File, name: String) {
        for (look in Look.entries) {
            withContext(Dispatchers.Swing) { window.theme(look) }
            // A still picture of a moving window: parsing and painting that is on its way gets its time.
            delay(700)
            withContext(Dispatchers.Swing) {
                ImageIO.write(picture(window), "png", File(out, "$name-${look.name.lowercase()}.png"))
            }
        }
    }

    /** The window's content at twice the size, as a sharp display shows it. */
    private fun picture(window: Window): BufferedImage {
        val content = window.frame.contentPane
        val image = BufferedImage(content.width * 2, content.height * 2, BufferedImage.TYPE_INT_RGB)
        val g = image.createGraphics()
        g.scale(2.0, 2.0)
        content.printAll(g)
        g.dispose()
        return image
    }

    private const val TURNS = """[
[{"reasoning":"The test sleeps for half a second and hopes that the mail is out by then. The queue can tell when it is idle."},
 {"text":"I'll look at the test and at the queue that it waits for."},
 {"tool":"read","args":{"filePath":"src/login.test.ts"}},{"tool":"read","args":{"filePath":"src/queue.ts"}},{"tool":"grep","args":{"pattern":"sleep"}},
 {"tool":"todowrite","args":{"todos":[{"content":"Find the race","status":"completed","priority":"high"},{"content":"Wait for the queue instead of the clock","status":"in_progress","priority":"high"},{"content":"Run the tests","status":"pending","priority":"medium"}]}}],
[{"text":"The test **races with the mail queue**: it sleeps for 500 ms and then expects the mail to be sent. `queue.idle()` resolves exactly when nothing is left to send:\n\n```ts\nawait login(\"ada\")\nawait queue.idle() // instead of sleep(500)\nexpect(outbox).toHaveLength(1)\n```"},
 {"tool":"edit","args":{"filePath":"src/login.test.ts","oldString":"  await sleep(500)","newString":"  await queue.idle()"}}],
[{"tool":"bash","args":{"command":"printf '\\033[32m PASS \\033[0m src/login.test.ts\\n\\n Tests: 14 passed, 14 total\\n'","description":"Run the tests"}}],
[{"text":"The test is stable now. It waits for the queue instead of the clock:\n\n| Run | Before | After |\n|---|---|---|\n| alone | 0.9 s | 0.2 s |\n| 20 times | 11 failures | none |\n\n1. `src/login.test.ts` no longer sleeps.\n2. All 14 tests pass.\n\n> Three other tests sleep as well. Shall I change them too?"}]
]"""
}
