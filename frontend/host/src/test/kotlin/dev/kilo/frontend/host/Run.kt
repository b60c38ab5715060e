package dev.kilo.frontend.host

import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.session.SessionStatus
import kotlinx.serialization.json.JsonPrimitive
import org.assertj.swing.core.Robot
import org.assertj.swing.fixture.FrameFixture
import org.assertj.swing.timing.Condition
import org.assertj.swing.timing.Pause
import org.assertj.swing.timing.Timeout
import java.awt.Component
import java.awt.KeyboardFocusManager
import java.awt.event.KeyEvent
import java.awt.image.BufferedImage
import java.io.File
import java.nio.file.Path
import java.util.concurrent.Callable
import java.util.concurrent.FutureTask
import javax.imageio.ImageIO
import javax.swing.JList
import javax.swing.ListCellRenderer
import javax.swing.SwingUtilities

/** The hands and eyes of a scenario. */
internal class Run(
    val window: Window,
    val robot: Robot,
    val frame: FrameFixture,
    val model: Programs.FakeModel,
    val directory: Path,
    /** Home folder of the agent. */
    val home: Path,
    private val out: File,
) {
    val workspace: WorkspaceModel get() = checkNotNull(window.workspace)
    val file: Path = directory.resolve("src/login.test.ts")

    fun type(text: String) {
        frame.textBox("composer").click()
        robot.enterText(text)
        robot.pressAndReleaseKeys(KeyEvent.VK_ENTER)
    }

    fun keys(text: String) {
        frame.textBox("composer").click()
        robot.enterText(text)
    }

    fun clear() {
        frame.textBox("composer").deleteText()
    }

    fun click(name: String) {
        wait("$name to be enabled") { edt { find(name).isEnabled } }
        frame.button(name).click()
    }

    /** Presses [key] (`KeyEvent.VK_…`) while [held] are held, wherever the focus is. */
    fun press(key: Int, vararg held: Int) {
        for (modifier in held) robot.pressKey(modifier)
        robot.pressAndReleaseKeys(key)
        for (modifier in held.reversed()) robot.releaseKey(modifier)
        robot.waitForIdle()
    }

    /** A component that is shown under [name]. */
    fun find(name: String): Component = robot.finder().find { it.name == name && it.isShowing && it.width > 0 }

    fun shown(name: String): Boolean = robot.finder().findAll {
        it.name == name && it.isShowing && it.width > 0
    }.isNotEmpty()

    fun focus(): String? = edt { KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner?.name }

    fun rows(): List<RowBody> = edt { workspace.current.value.transcript.rows.map { it.body } }

    fun answers(): List<String> = edt {
        workspace.current.value.transcript.rows.mapNotNull { (it.body as? RowBody.Answer)?.buffer?.text }
    }

    /** What went wrong, as the window shows it: rows, prompts that were not sent, notices. */
    fun problems(): List<String> = edt {
        val transcript = workspace.current.value.transcript.rows.mapNotNull { row ->
            when (val body = row.body) {
                is RowBody.Failure -> body.error.message
                is RowBody.Prompt -> (body.state as? Delivery.Failed)?.message
                else -> null
            }
        }
        transcript + window.notices()
    }

    fun decisions(): Int = edt { workspace.decisions.value.size }

    /** A card that has just appeared takes no answer yet; [click] waits for that by itself. */
    fun settled() = Pause.pause(550)

    fun check(name: String) {
        frame.checkBox(name).check()
        robot.waitForIdle()
    }

    /** Types into a field, once the focus of whatever was clicked before has arrived where it goes. */
    fun write(name: String, text: String) {
        val field = frame.textBox(name)
        field.focus()
        wait("the focus in $name") { focus() == name }
        field.enterText(text)
        wait("the text in $name") { text in field.text().orEmpty() }
    }

    fun toolOutput(tool: String): String? = rows().mapNotNull { (it as? RowBody.Call)?.part }
        .lastOrNull { it.tool == tool }?.let { (it.state as? ToolState.Completed)?.output }

    /** The lines of a list, as a screen reader hears them. */
    fun list(name: String): List<String> = edt {
        val all = find(name) as JList<*>

        @Suppress("UNCHECKED_CAST")
        val renderer = all.cellRenderer as ListCellRenderer<Any?>
        (0 until all.model.size).map { i ->
            val line = renderer.getListCellRendererComponent(
                all as JList<out Any?>,
                all.model.getElementAt(i),
                i,
                false,
                false,
            )
            line.accessibleContext.accessibleName.orEmpty()
        }
    }

    /** The session of the newest sub-agent that the shown session started. */
    fun subAgent(): String? = rows().mapNotNull { (it as? RowBody.Call)?.part }.lastOrNull { it.tool == "task" }
        ?.let { (it.state as? ToolState.Completed)?.metadata?.get("sessionId") }
        ?.let { (it as? JsonPrimitive)?.content }

    fun permissions(): Int = edt { workspace.permissions.value.size }

    fun idle(): Boolean = edt {
        workspace.current.value.status.value == SessionStatus.Idle &&
            workspace.current.value.ended.value != null
    }

    fun wait(what: String, seconds: Long = 25, condition: () -> Boolean) = Pause.pause(
        object : Condition(what) {
            override fun test(): Boolean = condition()
        },
        Timeout.timeout(seconds * 1000),
    )

    /** Keeps how the window looks, as `NAME.png`, and whether it can be used without mouse and screen. */
    fun picture(name: String) {
        save(name)
        unusable += edt { Accessibility.faults(window.frame) }
    }

    /** What was found in pictures that cannot be used with the keyboard and a screen reader alone. */
    val unusable = LinkedHashSet<String>()

    /** A picture of the window as the screen has it, with popups that are windows of their own. */
    fun screen(name: String) {
        robot.waitForIdle()
        val bounds = edt { java.awt.Rectangle(window.frame.locationOnScreen, window.frame.size) }
        ImageIO.write(java.awt.Robot().createScreenCapture(bounds), "png", File(out, "$name.png"))
    }

    /** What the window shows now, for whoever looks into a failure. */
    fun save(name: String) {
        robot.waitForIdle()
        val image = edt {
            val content = window.frame.rootPane
            BufferedImage(content.width, content.height, BufferedImage.TYPE_INT_RGB).also {
                val g = it.createGraphics()
                content.printAll(g)
                g.dispose()
            }
        }
        ImageIO.write(image, "png", File(out, "$name.png"))
    }

    fun <T> edt(action: () -> T): T = onEdt(action)
}

/** Runs [action] on the EDT and gives what it returns. */
internal fun <T> onEdt(action: () -> T): T {
    if (SwingUtilities.isEventDispatchThread()) return action()
    val task = FutureTask(Callable { action() })
    SwingUtilities.invokeLater(task)
    return task.get()
}
