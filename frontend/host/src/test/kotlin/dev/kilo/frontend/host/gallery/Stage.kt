package dev.kilo.frontend.host.gallery

import dev.kilo.frontend.host.Programs
import dev.kilo.frontend.host.Window
import dev.kilo.frontend.host.onEdt
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.ChatView
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.session.SessionStatus
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import java.awt.Component
import java.awt.Container
import java.awt.Dimension
import java.awt.Point
import java.awt.Rectangle
import java.awt.Robot
import java.awt.event.InputEvent
import java.awt.image.BaseMultiResolutionImage
import java.awt.image.BufferedImage
import java.io.File
import java.nio.file.Path
import javax.imageio.ImageIO
import javax.swing.AbstractButton
import javax.swing.JComboBox
import javax.swing.JList
import javax.swing.text.JTextComponent

/** The window that sits for its pictures, and the hands that move it. */
internal class Stage(
    val window: Window,
    private val model: Programs.FakeModel,
    val directory: Path,
    val home: Path,
    private val sitting: Sitting,
    private val out: File,
) {
    private val robot = Robot()
    private val size = sitting.size
    val words: Words = sitting.words
    val taken = ArrayList<String>()
    val workspace: WorkspaceModel get() = checkNotNull(window.workspace)
    val session: SessionModel get() = workspace.current.value

    /** Lets the model answer [turns], one after the other. */
    fun script(vararg turns: List<JsonElement>) = model.script(JsonArray(turns.map { JsonArray(it) }).toString())

    fun release(name: String) = model.release(name)

    fun send(text: String) = onEdt { session.send(text) }

    fun answers(): List<String> =
        onEdt { session.transcript.rows.mapNotNull { (it.body as? RowBody.Answer)?.buffer?.text } }

    fun idle(): Boolean = onEdt { session.status.value == SessionStatus.Idle && session.ended.value != null }

    fun end() = wait("the end of the turn") { idle() && onEdt { workspace.decisions.value.isEmpty() } }

    /** Says yes to all that is asked until the turn is over. */
    fun allowAll() = wait("the end of the turn") {
        onEdt { workspace.permissions.value.forEach { workspace.reply(it, PermissionReply.ONCE) } }
        idle()
    }

    fun asks(permission: String): Boolean =
        onEdt { workspace.permissions.value.firstOrNull()?.permission == permission }

    fun allow() {
        wait("a decision") { shown("permission.once") }
        onEdt { workspace.reply(workspace.permissions.value.first(), PermissionReply.ONCE) }
        wait("that it is decided") { onEdt { workspace.permissions.value.isEmpty() } }
    }

    /** A card that has just appeared takes no answer yet. */
    fun settled() = Thread.sleep(GUARD)

    fun fresh(title: String? = null) {
        onEdt { workspace.create() }
        if (title != null) onEdt { session.rename(title) }
    }

    fun rename(title: String) {
        onEdt { session.rename(title) }
        wait("the name") { onEdt { session.session.value?.title == title } }
    }

    fun open(page: String) = onEdt { (find("chat") as ChatView).open(page) }

    fun leave() = onEdt { (find("page.back") as AbstractButton).doClick() }

    /** A page of the settings, by its place in the list at their side. */
    fun settings(index: Int) {
        if (!shown("settings")) open("settings")
        wait("the settings") { shown("settings.pages") || shown("settings.page") }
        onEdt {
            // A narrow window has a box in the list's place.
            if (shown("settings.pages")) {
                (find("settings.pages") as JList<*>).selectedIndex = index
            } else {
                (find("settings.page") as JComboBox<*>).selectedIndex = index
            }
        }
    }

    fun click(name: String) {
        wait("$name to be enabled") { shown(name) && onEdt { find(name).isEnabled } }
        onEdt { (find(name) as AbstractButton).doClick(0) }
    }

    /** The mouse, for what only the mouse opens, or for what shows itself below it. */
    fun point(name: String, press: Boolean) {
        wait(name) { shown(name) }
        val at =
            onEdt { find(name).let { Point(it.locationOnScreen).apply { translate(it.width / 2, it.height / 2) } } }
        robot.mouseMove(at.x, at.y)
        if (press) {
            robot.mousePress(InputEvent.BUTTON1_DOWN_MASK)
            robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK)
        }
    }

    fun key(key: Int, vararg held: Int) {
        held.forEach(robot::keyPress)
        robot.keyPress(key)
        robot.keyRelease(key)
        held.reversed().forEach(robot::keyRelease)
        robot.waitForIdle()
    }

    fun focusOn(name: String) {
        var asked = 0
        wait("the focus of $name") {
            // Without a window manager a window may lose the keyboard to a popup; a click gives it back.
            if (asked++ % CLICK == CLICK - 1) point(name, press = true)
            shown(name) && onEdt { find(name).let { it.isFocusOwner || (it.requestFocusInWindow() && false) } }
        }
    }

    fun text(name: String, text: String) {
        wait(name) { shown(name) }
        onEdt { (find(name) as JTextComponent).text = text }
    }

    /** As typed, so that what is offered while typing is offered. */
    fun write(text: String) {
        focusOn("composer")
        onEdt {
            (find("composer") as JTextComponent).let {
                it.text = ""
                it.replaceSelection(text)
            }
        }
    }

    /** Opens folds of the transcript: all rows for which [which] says so, with what is in them. */
    fun unfold(which: (RowBody) -> Boolean) = onEdt {
        val view = find("transcript")
        val open = view.javaClass.getMethod("setOpen", String::class.java, Boolean::class.javaPrimitiveType)
        for (row in session.transcript.rows.filter { which(it.body) }) {
            open.invoke(view, row.key, true)
            (row.body as? RowBody.Explore)?.parts?.forEach { open.invoke(view, "${row.key}:${it.id}", true) }
        }
        view.javaClass.getMethod("restyle").invoke(view)
    }

    fun scroll(pixels: Int) = onEdt {
        val view = find("transcript")
        view.javaClass.getMethod("by", Int::class.javaPrimitiveType).invoke(view, pixels)
    }

    fun widen(width: Int) = resize(Dimension(maxOf(width, size.width), size.height))

    fun usual() = resize(size)

    private fun resize(wanted: Dimension) {
        onEdt {
            window.frame.size = wanted
            window.frame.validate()
        }
    }

    fun find(name: String): Component = all().first { it.name == name }

    fun shown(name: String): Boolean = onEdt { all().any { it.name == name } }

    /** The [index]th button below the part called [name]. */
    fun button(name: String, index: Int): AbstractButton = within(find(name)).filterIsInstance<AbstractButton>()[index]

    private fun all(): List<Component> = java.awt.Window.getWindows().filter { it.isShowing }.flatMap(::within)

    private fun within(component: Component): List<Component> =
        listOf(component).filter { it.isShowing && it.width > 0 } +
            ((component as? Container)?.components?.flatMap(::within).orEmpty())

    fun wait(what: String, condition: () -> Boolean) {
        val end = System.nanoTime() + DEADLINE
        while (!condition()) {
            check(System.nanoTime() < end) { "There was no sign of $what." }
            Thread.sleep(POLL)
        }
    }

    /** Keeps how the window looks on the screen, popups included, if this sitting wants [name]. */
    fun picture(name: String, pointing: Boolean = false) {
        if (!sitting.wants(name)) return
        if (!pointing) robot.mouseMove(0, 0)
        robot.waitForIdle()
        Thread.sleep(SETTLED)
        robot.waitForIdle()
        val bounds = onEdt { Rectangle(window.frame.locationOnScreen, window.frame.size) }
        val shot = robot.createMultiResolutionScreenCapture(bounds)
        val sharpest = (shot as BaseMultiResolutionImage).resolutionVariants.last()
        val image = BufferedImage(sharpest.getWidth(null), sharpest.getHeight(null), BufferedImage.TYPE_INT_RGB)
        image.createGraphics().let { g ->
            g.drawImage(sharpest, 0, 0, null)
            g.dispose()
        }
        ImageIO.write(image, "png", File(out, "$name-${sitting.name}.png"))
        taken += name
    }

    private companion object {
        const val DEADLINE = 15_000_000_000L
        const val POLL = 20L
        const val GUARD = 600L
        const val CLICK = 25

        /** Parsing, painting and what fades in has come to its end by then. */
        const val SETTLED = 350L
    }
}
