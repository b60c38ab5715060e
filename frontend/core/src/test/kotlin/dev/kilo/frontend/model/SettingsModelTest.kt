package dev.kilo.frontend.model

import dev.kilo.frontend.model.settings.Edit
import dev.kilo.frontend.model.settings.LibraryModel
import dev.kilo.frontend.model.settings.McpDraft
import dev.kilo.frontend.model.settings.McpModel
import dev.kilo.frontend.model.settings.PermissionsModel
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.model.settings.Start
import dev.kilo.frontend.model.settings.startsOf
import dev.kilo.shared.provider.LoginMethod
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigFile
import dev.kilo.shared.settings.ConfigResult
import dev.kilo.shared.settings.ConfigView
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Rule.Action
import dev.kilo.shared.settings.Scope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class SettingsModelTest {
    private val far = FarBackend()

    private fun json(text: String) = Json.parseToJsonElement(text) as JsonObject

    private fun view(revision: String, global: String = "{}") = ConfigView(
        json(global),
        json(global),
        json("{}"),
        emptyMap(),
        ConfigFile(Scope.GLOBAL, "/home/kilo.jsonc", revision, exists = true, writable = true),
        ConfigFile(Scope.PROJECT, "/d/kilo.jsonc", "p", exists = true, writable = true),
    )

    @Test
    fun `a change names the file as it was seen, and after a conflict it is kept for the file as it is then`() =
        runTest {
            val (_, workspace) = far.open(this, emptyList())
            val settings = SettingsModel(workspace)
            settings.config.load()
            far.settle(this)
            far.answer("settings.config", view("1"))
            far.settle(this)
            settings.config.write(listOf(Edit(listOf("snapshot"), JsonPrimitive(false))))
            far.settle(this)
            val first = far.arguments("settings.write")?.get(1) as ConfigChange
            assertEquals("1" to "/home/kilo.jsonc", first.revision to first.path)
            far.answer("settings.write", ConfigResult.Conflict(view("2", """{"username":"ada"}"""), "Changed."))
            far.settle(this)
            assertNotNull(settings.config.conflict.value)
            assertEquals("ada", (settings.config.own("username") as JsonPrimitive).content)
            settings.config.again()
            far.settle(this)
            val second = far.arguments("settings.write")?.get(1) as ConfigChange
            assertEquals("2" to first.set, second.revision to second.set)
            far.answer("settings.write", ConfigResult.Written(view("3")))
            far.settle(this)
            assertNull(settings.config.conflict.value)
            assertFalse(checkNotNull(settings.outcome.value).bad)
        }

    @Test
    fun `a rule that is added before the last one is stored does not push it out`() = runTest {
        val (_, workspace) = far.open(this, emptyList())
        val settings = SettingsModel(workspace)
        settings.config.load()
        far.settle(this)
        far.answer("settings.config", view("1"))
        far.settle(this)
        settings.permissions.add(Rule("bash", "git status*", Action.ALLOW))
        settings.permissions.add(Rule("bash", "git push*", Action.ASK))
        far.settle(this)
        val stored = """{"permission":{"bash":{"git status*":"allow"}}}"""
        far.answer("settings.write", ConfigResult.Written(view("2", stored)))
        far.settle(this)
        val second = far.arguments("settings.write")?.get(1) as ConfigChange
        assertEquals("2", second.revision)
        assertEquals(
            """{"permission":{"bash":{"git status*":"allow","git push*":"ask"}}}""",
            second.set.toString(),
        )
    }

    @Test
    fun `a key that was given is wiped, and nothing of the models holds it`() = runTest {
        val (_, workspace) = far.open(this, emptyList())
        val settings = SettingsModel(workspace)
        val key = "sk-very-secret".toCharArray()
        settings.providers.connect(Provider("x", "X", connected = false), key)
        far.settle(this)
        assertTrue(key.all { it == '\u0000' })
        assertEquals(listOf("x", "sk-very-secret"), far.arguments("providers.setKey"))
        far.fail("providers.setKey", IllegalStateException("no room"))
        far.settle(this)
        val outcome = checkNotNull(settings.outcome.value)
        assertTrue(outcome.bad && "no room" in outcome.text && "secret" !in outcome.text, outcome.text)
    }

    @Test
    fun `cancelling a login stops waiting for it`() = runTest {
        val (_, workspace) = far.open(this, emptyList())
        val settings = SettingsModel(workspace)
        val opened = ArrayList<String>()
        val provider = Provider("kilo", "Kilo", connected = false)
        settings.providers.login(provider, LoginMethod(0, "Kilo account", browser = true), emptyMap(), opened::add)
        far.settle(this)
        val begun = dev.kilo.shared.provider.Login(
            "https://x/device",
            "It shows the code: ABCD-1234",
            needsCode = false,
        )
        far.answer("providers.login", begun)
        far.settle(this)
        val waiting = settings.providers.login.value as dev.kilo.frontend.model.settings.LoginState.Waiting
        assertEquals("ABCD-1234", waiting.code)
        assertEquals(listOf("https://x/device"), opened)
        settings.providers.cancelLogin()
        far.settle(this)
        assertNull(settings.providers.login.value)
    }

    @Test
    fun `rules keep their order in the file, and moving one keeps what is about the same thing together`() {
        val written = json("""{"bash":{"*":"ask","git *":"allow","git push*":"deny"},"edit":"allow","*":"ask"}""")
        val rules = PermissionsModel.rulesOf(written)
        assertEquals(5, rules.size)
        assertEquals(written.toString(), PermissionsModel.jsonOf(rules).toString())
        val (swapped, at) = checkNotNull(PermissionsModel.moved(rules, 2, -1))
        assertEquals(1, at)
        assertEquals(listOf("*", "git push*", "git *"), swapped.take(3).map { it.pattern })
        val (groups, place) = checkNotNull(PermissionsModel.moved(rules, 3, -1))
        assertEquals(0, place)
        assertEquals(listOf("edit", "bash", "bash", "bash", "*"), groups.map { it.permission })
        assertNull(PermissionsModel.moved(rules, 0, -1))
        assertEquals(listOf(Rule("*", "*", Action.ALLOW)), PermissionsModel.rulesOf(JsonPrimitive("allow")))
    }

    @Test
    fun `plain words leave out what a later rule for everything takes back`() {
        val rules = listOf(
            Rule("bash", "rm *", Action.DENY),
            Rule("bash", "*", Action.ASK),
            Rule("bash", "git *", Action.ALLOW),
        )
        assertEquals(
            listOf("Running commands: you are asked; but \"git *\" is allowed."),
            PermissionsModel.inWords(rules),
        )
    }

    @Test
    fun `an MCP server keeps what its form does not know, and its command's quotes`() {
        val known = json("""{"type":"local","command":["a"],"timeout":5,"environment":{"A":"1"},"enabled":false}""")
        val draft = McpDraft("s", command = "npx \"two words\" 'a\"b' c\\ d", pairs = "TOKEN=a=b\n")
        assertEquals(listOf("npx", "two words", "a\"b", "c d"), McpModel.words(draft.command))
        assertEquals(
            json(
                """{"type":"local","command":["npx","two words","a\"b","c d"],"environment":{"TOKEN":"a=b"},"timeout":5}""",
            ),
            McpModel.jsonOf(draft, known),
        )
        for (word in listOf("plain", "two words", "a\"b", "back\\slash", "")) {
            assertEquals(listOf(word), McpModel.words(McpModel.quoted(word)))
        }
        assertEquals(listOf("C:\\tools\\server.exe"), McpModel.words("C:\\tools\\server.exe"))
    }

    @Test
    fun `an agent's file is edited in the form with its rights, unless it says more than the form has`() {
        fun item(settings: String?) = LibraryItem(
            LibraryItem.Kind.AGENT,
            "x",
            path = "/x.md",
            scope = Scope.GLOBAL,
            content = "---\nwhatever: stands here\n---\nYou test.\n",
            settings = settings?.let { Json.parseToJsonElement(it).jsonObject },
        )
        assertEquals("You test.", LibraryModel.draftOf(item("{}"))?.prompt)
        val rights = """{"temperature":0.2,"permission":{"bash":{"*":"ask","git *":"allow"},"edit":"deny"}}"""
        val draft = checkNotNull(LibraryModel.draftOf(item(rights)))
        assertEquals(0.2, draft.temperature)
        val rules = PermissionsModel.rulesOf(draft.permission)
        assertEquals(listOf("bash *", "bash git *", "edit *"), rules.map { "${it.permission} ${it.pattern}" })
        assertEquals(draft.permission, PermissionsModel.jsonOf(rules))
        assertNull(LibraryModel.draftOf(item("""{"top_p":0.5}""")))
        assertNull(LibraryModel.draftOf(item(null)))
    }

    @Test
    fun `a temperature is a number within bounds, or nothing`() {
        assertEquals(0.7, LibraryModel.temperature(" 0,7 ").getOrThrow())
        assertNull(LibraryModel.temperature("").getOrThrow())
        for (bad in listOf("warm", "2.5", "-1", "NaN")) assertTrue(LibraryModel.temperature(bad).isFailure, bad)
    }

    @Test
    fun `a newcomer is offered what is there, the connected first and the guide last`() {
        val offered = startsOf(
            listOf(
                Provider("offline", "Guide", connected = true, source = Provider.Source.NONE, suggested = "guide"),
                Provider("kilo", "Kilo", connected = true, source = Provider.Source.NONE, free = 2, suggested = "free"),
                Provider("ollama", "Ollama", connected = true, source = Provider.Source.NONE, suggested = "q"),
                Provider("openai", "OpenAI", connected = true, source = Provider.Source.ENVIRONMENT, suggested = "g"),
                Provider("mistral", "Mistral", connected = false, suggested = "m"),
            ),
        )
        assertEquals(listOf("openai", "ollama", "kilo", "offline"), offered.map { it.provider.id })
        assertTrue(offered[2] is Start.Free)
    }
}
