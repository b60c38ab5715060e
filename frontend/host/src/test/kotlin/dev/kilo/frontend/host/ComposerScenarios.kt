package dev.kilo.frontend.host

import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.message.Part
import dev.kilo.shared.model.ModelRef
import kotlinx.coroutines.runBlocking
import org.assertj.swing.timing.Pause
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.awt.datatransfer.StringSelection
import java.awt.datatransfer.Transferable
import java.awt.datatransfer.UnsupportedFlavorException
import java.awt.event.KeyEvent
import java.awt.image.BufferedImage
import java.nio.file.Files
import javax.swing.JList
import javax.swing.MenuSelectionManager
import javax.swing.text.JTextComponent

/** Writing a prompt and choosing what it runs with. */
internal object ComposerScenarios : ScenarioList(
    "Composer",
    listOf(
        "a file is found while its name is typed, and goes along with the prompt" to {
            // The agent's host looks for new files with the next prompt.
            Files.createDirectories(directory.resolve(".kilo/command"))
            Files.writeString(
                directory.resolve(".kilo/command/greet.md"),
                "---\ndescription: Greets somebody\n---\nSay hello to \$ARGUMENTS\n",
            )
            model.script("""[[{"text":"I have read it."}]]""")
            keys("Look at @que")
            wait("the file") { offered().any { "queue.ts" in it } }
            picture("composer-mention")
            check(focus() == "composer") { "the focus went to ${focus()}" }
            press(KeyEvent.VK_ENTER)
            check(text() == "Look at @src/queue.ts ") { text() }
            robot.enterText("please")
            press(KeyEvent.VK_ENTER)
            wait("the answer") { answers().any { it == "I have read it." } && idle() }
            wait("the file with the prompt") { "src/queue.ts" in prompts().last().files }
        },
        "lines of a file can be named, and a folder can be opened with Tab" to {
            model.script("""[[{"text":"Seen."}]]""")
            keys("Why @sr")
            wait("the folder") { offered().any { it == "src/" } }
            choose("src/")
            press(KeyEvent.VK_TAB)
            check(text() == "Why @src/") { text() }
            wait("what is in it") { offered().any { "login.test.ts" in it } }
            robot.enterText("queue.ts#L2-3")
            check(!shown("offers")) { "still offering" }
            robot.enterText(" ?")
            press(KeyEvent.VK_ENTER)
            wait("the answer") { answers().any { it == "Seen." } && idle() }
            wait("the lines with the prompt") { prompts().last().files.isNotEmpty() }
        },
        "slash commands of the window and of the project are offered, and the project's one runs" to {
            edt { workspace.refreshCommands() }
            keys("/")
            wait("the commands") {
                offered().any { it.startsWith("/compact") } &&
                    offered().any { it.startsWith("/greet") }
            }
            picture("composer-commands")
            model.script("""[[{"text":"Hello Ada!"}]]""")
            robot.enterText("gre")
            wait("the one command") { offered().firstOrNull()?.startsWith("/greet") == true }
            press(KeyEvent.VK_TAB)
            check(text() == "/greet ") { text() }
            robot.enterText("Ada")
            press(KeyEvent.VK_ENTER)
            wait("the answer") { answers().any { it == "Hello Ada!" } && idle() }
            check(prompts().last().text.contains("Say hello to Ada")) { prompts().last().text }
            keys("/nonsense")
            press(KeyEvent.VK_ENTER)
            wait("a word about it") { problems().any { "/nonsense" in it } }
            check(text() == "/nonsense") { "the text is lost" }
            clear()
        },
        "a long text and a picture become chips, which open and go with keys alone" to {
            paste(StringSelection((1..60).joinToString("\n") { "line $it" }))
            wait("the text's chip") { edt { chips().size } == 1 }
            paste(Picture(BufferedImage(3000, 1500, BufferedImage.TYPE_INT_RGB)))
            wait("the picture's chip") { edt { chips().size } == 2 }
            val picture = edt { chips()[1].part }
            check(picture.mime == "image/png" && picture.url.length < 200_000) {
                "${picture.mime} ${picture.url.length}"
            }
            robot.enterText("What is this?")
            picture("composer-chips")
            press(KeyEvent.VK_HOME)
            press(KeyEvent.VK_BACK_SPACE)
            wait("the focus on the last chip") { focus() == "chip.${edt { chips()[1].id }}" }
            press(KeyEvent.VK_DELETE)
            wait("one chip") { edt { chips().size } == 1 }
            press(KeyEvent.VK_ENTER)
            wait("the text in a window") { shown("chip.back") }
            robot.click(find("chip.back"))
            wait("the text in the prompt") { edt { chips().isEmpty() } && "line 60" in text() }
            wait("the focus in the composer") { focus() == "composer" }
            press(KeyEvent.VK_Z, KeyEvent.VK_CONTROL)
            check("line 60" !in text()) { "undo left it" }
            clear()
        },
        "prompts wait while the agent works: moved, changed, removed, and sent one after the other" to {
            model.script(
                """[[{"text":"Working"},{"hold":"gate"}],[{"text":"Second done."}],[{"text":"First done, changed."}]]""",
            )
            type("Begin")
            wait("the beginning") { answers().any { it.startsWith("Working") } }
            type("first")
            type("second")
            type("third")
            wait("three that wait") { waiting() == listOf("first", "second", "third") }
            picture("composer-queue")
            robot.click(button("queue.remove", 2))
            wait("two that wait") { waiting() == listOf("first", "second") }
            robot.click(button("queue.down", 0))
            wait("another order") { waiting() == listOf("second", "first") }
            keys("unfinished")
            robot.click(button("queue.edit", 1))
            wait("the prompt in the composer") { text() == "first" }
            picture("composer-queue-editing")
            robot.enterText(", changed")
            press(KeyEvent.VK_ENTER)
            wait("the changed prompt") { waiting() == listOf("second", "first, changed") }
            check(text() == "unfinished") { "what was being written is lost: ${text()}" }
            clear()
            model.release("gate")
            wait("both answers") { answers().any { it.startsWith("First done") } && idle() }
            check(waiting().isEmpty()) { waiting().toString() }
            check(prompts().takeLast(2).map { it.text } == listOf("second", "first, changed")) { prompts().toString() }
        },
        "earlier prompts come back with the arrow keys, and so does what was being written" to {
            keys("half a thought")
            press(KeyEvent.VK_HOME)
            press(KeyEvent.VK_UP)
            check(text() == "first, changed") { text() }
            press(KeyEvent.VK_UP)
            check(text() == "third") { text() }
            press(KeyEvent.VK_DOWN)
            press(KeyEvent.VK_DOWN)
            check(text() == "half a thought") { text() }
            clear()
        },
        "a model improves the prompt, and undo brings the old one back" to {
            model.script("""[[{"text":"Explain in three sentences how the mail queue works."}]]""")
            keys("explain queue")
            press(KeyEvent.VK_I, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the better prompt") { text().startsWith("Explain in three") }
            press(KeyEvent.VK_Z, KeyEvent.VK_CONTROL)
            check(text() == "explain queue") { text() }
            clear()
        },
        "the model picker knows favourites and prices, and effort and mode have keys" to {
            keys("")
            press(KeyEvent.VK_M, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the picker") { shown("picker.list") }
            edt { workspace.app.composer.favourite(ModelRef("fake", "m2"), on = true) }
            popup("composer-models")
            edt { MenuSelectionManager.defaultManager().clearSelectedPath() }
            edt { workspace.current.value.pick(model = ModelRef("fake", "m2")) }
            keys("")
            wait("its effort") { shown("Effort") }
            press(KeyEvent.VK_R, KeyEvent.VK_CONTROL)
            wait("another effort") { edt { workspace.current.value.choice.value.variant } != null }
            val before = edt { workspace.current.value.choice.value.agent }
            press(KeyEvent.VK_PERIOD, KeyEvent.VK_CONTROL)
            wait("another mode") { edt { workspace.current.value.choice.value.agent } != before }
            picture("composer-choices")
            edt { workspace.current.value.pick(agent = before, model = ModelRef("fake", "m1"), variant = "") }
        },
        "what MCP servers offer can be mentioned, and their prompts are commands" to {
            val server = Programs.root.resolve("node_modules/@modelcontextprotocol/server-everything/dist/index.js")
            val folder = home.resolve("config/kilo")
            Files.createDirectories(folder)
            Files.writeString(
                folder.resolve("kilo.json"),
                """{"mcp":{"every":{"type":"local","command":["${Programs.nodePath}","$server"]}}}""",
            )
            model.script("""[[{"text":"Ready."}]]""")
            type("Look around")
            wait("a turn with the server") { answers().any { it == "Ready." } && idle() }
            keys("/simple")
            wait("its prompt") {
                edt { workspace.refreshCommands() }
                Pause.pause(300)
                offered().any { "simple" in it }
            }
            clear()
            model.script("""[[{"text":"I have seen it."}],[{"text":"Prompted."}]]""")
            keys("@every")
            wait("what it offers") { offered().any { it.startsWith("every:") } }
            picture("composer-resources")
            press(KeyEvent.VK_ENTER)
            check(text().startsWith("@") && "every:" in text()) { text() }
            robot.enterText("what is it?")
            press(KeyEvent.VK_ENTER)
            wait("the answer") { answers().any { it == "I have seen it." } && idle() }
            val id = checkNotNull(workspace.current.value.id)
            val stored = runBlocking {
                workspace.app.backend.sessions.messages(workspace.directory, id).messages.flatMap { it.parts }
            }
            check(stored.any { it is Part.Text && "Read the MCP resource" in it.text }) { stored.toString() }
            keys("/simple")
            wait("its prompt") { offered().any { "simple" in it } }
            choose(offered().first { "simple" in it })
            press(KeyEvent.VK_ENTER)
            press(KeyEvent.VK_ENTER)
            wait("the answer to its prompt") { answers().any { it == "Prompted." } && idle() }
        },
        "the context ring says what fills it, and condenses the session" to {
            click("context")
            wait("what fills it") { shown("context.compact") }
            wait("the kinds of it") { shown("context.tools") && shown("context.reserved") }
            popup("composer-context")
            model.script("""[[{"text":"Summary: the queue was looked at."}]]""")
            click("context.compact")
            wait("the end of it") { idle() && edt { workspace.current.value.status.value.toString() == "Idle" } }
        },
        "the last prompt can be taken back, changed and sent again" to {
            model.script("""[[{"text":"Blue."}],[{"text":"Green."}]]""")
            type("Which color?")
            wait("the answer") { answers().any { it == "Blue." } && idle() }
            keys("/undo")
            wait("the command") { offered().isNotEmpty() }
            press(KeyEvent.VK_ENTER)
            wait("the prompt in the composer") { text() == "Which color?" }
            picture("composer-undo")
            robot.enterText(" Not blue.")
            press(KeyEvent.VK_ENTER)
            wait("the other answer") { answers().any { it == "Green." } && idle() }
            wait("that the first is gone") { answers().none { it == "Blue." } }
        },
        "a prompt is edited where it stands, and redo brings back what was" to {
            wait("the button") { shown("prompt.change") }
            val all = robot.finder().findAll { it.name == "prompt.change" && it.isShowing && it.width > 0 }
            robot.click(all.maxBy { it.locationOnScreen.y })
            wait("the prompt in the composer") { text() == "Which color? Not blue." }
            wait("that the answer is hidden") { answers().none { it == "Green." } }
            clear()
            keys("/redo")
            wait("the command") { offered().isNotEmpty() }
            press(KeyEvent.VK_ENTER)
            wait("the answer again") { answers().any { it == "Green." } }
        },
    ),
)

private fun Run.text(): String = edt { (find("composer") as JTextComponent).text }

private fun Run.chips() = workspace.current.value.composer.composition.chips.value

private fun Run.prompts() = rows().filterIsInstance<RowBody.Prompt>()

private fun Run.waiting(): List<String> = edt { workspace.current.value.composer.waiting.value.map { it.prompt.text } }

private fun Run.offered(): List<String> = edt {
    workspace.completions.offers.value?.items?.map { it.title }.orEmpty().takeIf { shown("offers") }.orEmpty()
}

private fun Run.choose(title: String) {
    val at = edt { workspace.completions.offers.value?.items?.indexOfFirst { it.title == title } ?: 0 }
    val now = edt { (find("offers.list") as JList<*>).selectedIndex }
    repeat(at - now) { press(KeyEvent.VK_DOWN) }
}

/** The [index]th of the buttons that are called [name], from the top. */
private fun Run.button(name: String, index: Int) =
    robot.finder().findAll { it.name == name && it.isShowing }.sortedBy { it.locationOnScreen.y }[index]

private fun Run.paste(content: Transferable) {
    frame.textBox("composer").click()
    edt { Toolkit.getDefaultToolkit().systemClipboard.setContents(content, null) }
    press(KeyEvent.VK_V, KeyEvent.VK_CONTROL)
}

/** A popup may be a window of its own, so the picture is taken of the screen. */
private fun Run.popup(name: String) {
    Pause.pause(150)
    screen(name)
}

private class Picture(private val image: BufferedImage) : Transferable {
    override fun getTransferDataFlavors(): Array<DataFlavor> = arrayOf(DataFlavor.imageFlavor)

    override fun isDataFlavorSupported(flavor: DataFlavor): Boolean = flavor == DataFlavor.imageFlavor

    override fun getTransferData(flavor: DataFlavor): Any =
        if (isDataFlavorSupported(flavor)) image else throw UnsupportedFlavorException(flavor)
}
