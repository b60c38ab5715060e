package dev.kilo.frontend.host

import dev.kilo.frontend.model.texts
import dev.kilo.frontend.ui.ChatView
import java.awt.Component
import java.awt.Container
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.awt.event.KeyEvent
import java.nio.file.Files
import java.nio.file.Path
import javax.swing.AbstractButton
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JList
import javax.swing.JPasswordField
import javax.swing.text.JTextComponent

/** Settings, the state of the agent, the first start. */
internal object SettingsScenarios : ScenarioList(
    "Settings",
    listOf(
        "the settings open by their key, are found by a word and left by Esc, without the mouse" to {
            press(KeyEvent.VK_COMMA, KeyEvent.VK_CONTROL)
            wait("the providers") { shown("settings.provider.fake") }
            picture("settings-providers")
            keysTo("settings.search", "rules")
            press(KeyEvent.VK_ENTER)
            wait("the permissions") { shown("settings.permission.rules") }
            press(KeyEvent.VK_ESCAPE)
            wait("the conversation") { !shown("settings") && focus() == "composer" }
        },
        "a key is stored in the CLI's own file and shown nowhere" to {
            page("providers")
            keysTo("settings.provider.search", "mistral")
            wait("the provider") { shown("settings.provider.connect.mistral") }
            push("settings.provider.connect.mistral")
            keysTo("settings.provider.key.mistral", SECRET)
            picture("settings-provider-key")
            press(KeyEvent.VK_ENTER)
            wait("the stored key") { shown("settings.provider.remove.mistral") }
            val stored = stored("auth.json")
            check(SECRET in stored) { "it is not in auth.json" }
            picture("settings-provider-connected")
            keysTo("settings.provider.search", "")
            check(words().none { SECRET in it }) { "the key is on the screen" }
        },
        "a custom endpoint is tested, and added with its models" to {
            keysTo("settings.custom.name", "Own server")
            keysTo("settings.custom.url", "127.0.0.1:8080")
            push("settings.custom.test")
            wait("what is wrong") { words().any { "no http or https address" in it } }
            keysTo("settings.custom.url", "${model.url}/v1")
            push("settings.custom.test")
            wait("the models") { shown("settings.custom.add") }
            picture("settings-custom-endpoint")
            push("settings.custom.add")
            wait("the provider") { shown("settings.provider.own-server") }
            check("own-server" in stored("kilo.jsonc")) { "it is not in the configuration" }
        },
        "a rule is added, moved and taken away, and the file says so" to {
            page("permissions")
            wait("the form") { shown("settings.permission.pattern") }
            keysTo("settings.permission.pattern", "git push*")
            push("settings.permission.add")
            wait("the rule in the file") { "git push*" in stored("kilo.jsonc") }
            keysTo("settings.permission.pattern", "git *")
            push("settings.permission.add")
            wait("the second rule") { "git *" in stored("kilo.jsonc") }
            wait("both in the list") { edt { (find("settings.permission.rules") as JList<*>).model.size == 2 } }
            picture("settings-permissions")
            choose("settings.permission.rules", 1)
            push("settings.permission.up")
            wait("the other order") {
                stored("kilo.jsonc").let { it.indexOf("\"git *\"") < it.indexOf("\"git push*\"") }
            }
            // The list follows the file; what is chosen before that is chosen in the old order.
            wait("the other order in the list") { list("settings.permission.rules").first().endsWith(" git *") }
            choose("settings.permission.rules", 0)
            push("settings.permission.remove")
            wait("one rule") { "\"git *\"" !in stored("kilo.jsonc") && "git push*" in stored("kilo.jsonc") }
        },
        "a change that meets another's is kept until the user decides" to {
            page("checkpoints")
            wait("the switch") { shown("settings.checkpoints.on") }
            val file = checkNotNull(configFile("kilo.jsonc"))
            Files.writeString(file, Files.readString(file).trimEnd().removeSuffix("}") + ", \"username\": \"ada\"}")
            push("settings.checkpoints.on")
            wait("the conflict") { shown("settings.conflict.again") }
            check("snapshot" !in Files.readString(file)) { "written over another's change" }
            picture("settings-conflict")
            push("settings.conflict.again")
            wait("both changes") { Files.readString(file).let { "\"snapshot\": false" in it && "ada" in it } }
        },
        "an agent and a command are written as files and can be used at once" to {
            page("agents")
            wait("the agents") { shown("settings.library.agent.add") }
            push("settings.library.agent.add")
            keysTo("settings.agent.name", "reviewer")
            keysTo("settings.agent.description", "Reads changes with care")
            keysTo("settings.agent.prompt", "You review changes.")
            keysTo("settings.agent.temperature", "0.3")
            push("settings.agent.rule.add")
            keysTo("settings.agent.rule.pattern", "git push *")
            picture("settings-agent")
            push("settings.agent.save")
            wait("the file") { Files.exists(directory.resolve(".kilo/agent/reviewer.md")) }
            wait("the mode") { workspace.agents.value.any { it.name == "reviewer" } }
            val file = Files.readString(directory.resolve(".kilo/agent/reviewer.md"))
            check("temperature: 0.3" in file && "git push *" in file && "ask" in file) { file }
            page("commands")
            wait("the commands") { shown("settings.library.command.add") }
            push("settings.library.command.add")
            keysTo("settings.item.name", "tidy")
            push("settings.item.save")
            wait("the file") { Files.exists(directory.resolve(".kilo/command/tidy.md")) }
            picture("settings-commands")
        },
        "an MCP server that can't start says why, and is changed and removed in the file" to {
            page("mcp")
            wait("the page") { shown("settings.mcp.add") }
            push("settings.mcp.add")
            keysTo("settings.mcp.name", "broken")
            keysTo("settings.mcp.command", "/nowhere/at-all --token $SECRET")
            push("settings.mcp.save")
            wait("the server") { shown("settings.mcp.server.broken") }
            wait("what is wrong") { words().any { "/nowhere/at-all" in it } }
            push("settings.mcp.broken.Edit")
            check(words().none { SECRET in it }) { "the token is on the screen" }
            picture("settings-mcp")
            push("settings.mcp.save")
            settled()
            check(SECRET in stored("kilo.jsonc")) { "the token was lost by saving it unchanged" }
        },
        "every page shows what it has" to {
            page("models")
            wait("the modes") { shown("settings.models.agent.code.model") }
            picture("settings-models")
            page("context")
            wait("the context") { shown("settings.context.threshold") }
            picture("settings-context")
            page("appearance")
            picture("settings-appearance")
            page("usage")
            wait("the sums") { words().any { "Nothing was used" in it } }
            picture("settings-usage")
            page("files")
            picture("settings-files")
        },
        "size, room and the sending key are chosen on one page, work at once and are kept" to {
            page("appearance")
            val before = find("settings.appearance.larger").height
            push("settings.appearance.larger")
            wait("larger text") { edt { find("settings.appearance.larger").height } > before }
            push("settings.appearance.normal")
            val below = edt { find("settings.appearance.density.compact").y }
            push("settings.appearance.density.compact")
            wait("less room") { edt { find("settings.appearance.density.compact").y } < below }
            push("settings.appearance.sending.ctrl_enter")
            wait("what is kept") {
                val folder = home.resolve("view")
                val kept = listOf("appearance.json", "composer.json").map(folder::resolve)
                kept.all(Files::exists) && "COMPACT" in Files.readString(kept[0]) &&
                    "CTRL_ENTER" in Files.readString(kept[1])
            }
            press(KeyEvent.VK_ESCAPE)
            keys("first")
            press(KeyEvent.VK_ENTER)
            robot.enterText("second")
            wait("both lines") { frame.textBox("composer").text() == "first\nsecond" }
            model.script("""[[{"text":"Sent with both keys."}]]""")
            press(KeyEvent.VK_ENTER, KeyEvent.VK_CONTROL)
            wait("the answer") { answers().any { it == "Sent with both keys." } && idle() }
            page("appearance")
            push("settings.appearance.density.comfortable")
            push("settings.appearance.sending.enter")
            press(KeyEvent.VK_ESCAPE)
        },
        "the status tells how the server is, and the report holds no key" to {
            page("status")
            wait("the facts") { words().any { it.endsWith("kilo.log") } }
            picture("settings-status")
            push("settings.status.copy")
            val report = edt {
                Toolkit.getDefaultToolkit().systemClipboard.getData(DataFlavor.stringFlavor) as String
            }
            check("kilo.log" in report && SECRET !in report) { report }
            press(KeyEvent.VK_ESCAPE)
        },
        "who has nothing set up yet is welcomed with the ways to a first answer" to {
            edt { chat().open("welcome") }
            wait("the ways") { shown("settings.welcome.start.fake") }
            picture("welcome")
            push("settings.welcome.start.fake")
            wait("the conversation") { !shown("settings.welcome") }
            check("\"model\": \"fake/" in stored("kilo.jsonc")) { stored("kilo.jsonc") }
        },
    ),
)

private const val SECRET = "sk-very-secret-0815-abcdef"

private fun Run.chat() = find("chat") as ChatView

/** Goes to a page of the settings by the list at their side. */
private fun Run.page(id: String) {
    edt { chat().open("settings") }
    wait("the list of pages") { shown("settings.pages") }
    val title = texts("settings.page.$id")
    edt {
        val list = find("settings.pages") as JList<*>
        // By what a screen reader says.
        val names = (0 until list.model.size).map {
            list.accessibleContext.getAccessibleChild(it).accessibleContext.accessibleName
        }
        list.selectedIndex = names.indexOf(title)
    }
    robot.waitForIdle()
}

/** Lets a component have the focus, which brings it into sight. */
private fun Run.focusOn(name: String): JComponent {
    wait(name) { shown(name) }
    val component = find(name) as JComponent
    edt { component.requestFocusInWindow() }
    wait("the focus of $name") { focus() == name }
    return component
}

/** Replaces what is in a field, key by key. */
private fun Run.keysTo(name: String, text: String) {
    val field = focusOn(name) as JTextComponent
    edt { field.selectAll() }
    if (text.isEmpty()) press(KeyEvent.VK_DELETE) else robot.enterText(text)
    robot.waitForIdle()
}

/** Presses a button or switch with the keyboard. */
private fun Run.push(name: String) {
    focusOn(name)
    press(KeyEvent.VK_SPACE)
}

private fun Run.choose(name: String, index: Int) {
    val list = focusOn(name) as JList<*>
    edt { list.selectedIndex = index }
}

/** All words on the screen, and those that only a screen reader says. */
private fun Run.words(): List<String> = edt {
    val all = ArrayList<String>()
    fun walk(component: Component) {
        if (!component.isShowing) return
        when (component) {
            is JPasswordField -> Unit
            is JTextComponent -> all += component.text
            is JLabel -> all += component.text.orEmpty()
            is AbstractButton -> all += component.text.orEmpty()
        }
        component.accessibleContext?.accessibleName?.let(all::add)
        component.accessibleContext?.accessibleDescription?.let(all::add)
        (component as? Container)?.components?.forEach(::walk)
    }
    walk(window.frame)
    all
}

/** A file of the user's own, wherever below the home folder of the agent it is. */
private fun Run.configFile(name: String): Path? = Files.walk(home).use { all ->
    all.filter { it.fileName.toString() == name }.findFirst().orElse(null)
}

private fun Run.stored(name: String): String = configFile(name)?.let(Files::readString).orEmpty()
