package dev.kilo.frontend.host

import java.awt.event.KeyEvent
import java.nio.file.Files
import java.nio.file.Path

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
            click("settings.provider.connect.mistral")
            keysTo("settings.provider.key.mistral", SECRET)
            picture("settings-provider-key")
            press(KeyEvent.VK_ENTER)
            wait("the stored key") { shown("settings.provider.remove.mistral") }
            val stored = stored("auth.json")
            check(SECRET in stored) { "it is not in auth.json" }
            picture("settings-provider-connected")
            keysTo("settings.provider.search", "")
            check(texts().none { SECRET in it }) { "the key is on the screen" }
        },
        "a custom endpoint is tested, and added with its models" to {
            keysTo("settings.custom.name", "Own server")
            keysTo("settings.custom.url", "${model.url}/nothing")
            click("settings.custom.test")
            wait("what is wrong") { texts().any { "/v1" in it && "nothing" in it.lowercase() } }
            keysTo("settings.custom.url", "${model.url}/v1")
            click("settings.custom.test")
            wait("the models") { shown("settings.custom.add") }
            picture("settings-custom-endpoint")
            click("settings.custom.add")
            wait("the provider") { shown("settings.provider.own-server") }
            check("own-server" in stored("kilo.jsonc")) { "it is not in the configuration" }
        },
        "a rule is added, moved and taken away, and the file says so" to {
            page("permissions")
            wait("the form") { shown("settings.permission.pattern") }
            keysTo("settings.permission.pattern", "git push*")
            click("settings.permission.add")
            wait("the rule in the file") { "git push*" in stored("kilo.jsonc") }
            keysTo("settings.permission.pattern", "git *")
            click("settings.permission.add")
            wait("the second rule") { "git *" in stored("kilo.jsonc") }
            picture("settings-permissions")
            choose("settings.permission.rules", 1)
            click("settings.permission.up")
            wait("the other order") { stored("kilo.jsonc").let { it.indexOf("\"git *\"") < it.indexOf("\"git push*\"") } }
            choose("settings.permission.rules", 0)
            click("settings.permission.remove")
            wait("one rule") { "\"git *\"" !in stored("kilo.jsonc") && "git push*" in stored("kilo.jsonc") }
        },
        "a change that meets another's is kept until the user decides" to {
            page("checkpoints")
            wait("the switch") { shown("settings.checkpoints.on") }
            val file = configFile("kilo.jsonc")
            Files.writeString(file, Files.readString(file).trimEnd().removeSuffix("}") + ", \"username\": \"ada\"}")
            clickBox("settings.checkpoints.on")
            wait("the conflict") { shown("settings.conflict.again") }
            check("snapshot" !in Files.readString(file)) { "written over another's change" }
            picture("settings-conflict")
            click("settings.conflict.again")
            wait("both changes") { Files.readString(file).let { "\"snapshot\": false" in it && "ada" in it } }
        },
        "an agent and a command are written as files and can be used at once" to {
            page("agents")
            wait("the agents") { shown("settings.library.agent.add") }
            click("settings.library.agent.add")
            keysTo("settings.agent.name", "reviewer")
            keysTo("settings.agent.description", "Reads changes with care")
            keysTo("settings.agent.prompt", "You review changes.")
            picture("settings-agent")
            click("settings.agent.save")
            wait("the file") { Files.exists(directory.resolve(".kilo/agent/reviewer.md")) }
            wait("the mode") { workspace.agents.value.any { it.name == "reviewer" } }
            page("commands")
            wait("the commands") { shown("settings.library.command.add") }
            click("settings.library.command.add")
            keysTo("settings.item.name", "tidy")
            click("settings.item.save")
            wait("the file") { Files.exists(directory.resolve(".kilo/command/tidy.md")) }
            picture("settings-commands")
        },
        "an MCP server that can't start says why, and is changed and removed in the file" to {
            page("mcp")
            wait("the page") { shown("settings.mcp.add") }
            click("settings.mcp.add")
            keysTo("settings.mcp.name", "broken")
            keysTo("settings.mcp.command", "/nowhere/at-all --token $SECRET")
            click("settings.mcp.save")
            wait("the server") { shown("settings.mcp.server.broken") }
            wait("what is wrong") { texts().any { "/nowhere/at-all" in it } }
            click("settings.mcp.broken.Edit")
            check(texts().none { SECRET in it }) { "the token is on the screen" }
            picture("settings-mcp")
            click("settings.mcp.save")
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
            picture("settings-usage")
            page("files")
            picture("settings-files")
        },
        "the status tells how the server is, and the report holds no key" to {
            page("status")
            wait("the facts") { texts().any { it.endsWith("kilo.log") } }
            picture("settings-status")
            click("settings.status.copy")
            val report = edt {
                java.awt.Toolkit.getDefaultToolkit().systemClipboard.getData(java.awt.datatransfer.DataFlavor.stringFlavor) as String
            }
            check("kilo.log" in report && SECRET !in report) { report }
            press(KeyEvent.VK_ESCAPE)
        },
        "who has nothing set up yet is welcomed with the ways to a first answer" to {
            edt { open("welcome") }
            wait("the ways") { shown("settings.welcome.start.fake") }
            picture("welcome")
            click("settings.welcome.start.fake")
            wait("the conversation") { !shown("settings.welcome") }
            check("\"model\": \"fake/" in stored("kilo.jsonc")) { stored("kilo.jsonc") }
        },
    ),
)

private const val SECRET = "sk-very-secret-0815-abcdef"

private fun Run.page(id: String) = edt { open("settings", id) }

/** A file of the user's own, wherever below the home folder of the agent it is. */
private fun Run.configFile(name: String): Path = Files.walk(home).use { all ->
    all.filter { it.fileName.toString() == name }.findFirst().orElseThrow { AssertionError("There is no $name.") }
}

private fun Run.stored(name: String): String = Files.readString(configFile(name))
