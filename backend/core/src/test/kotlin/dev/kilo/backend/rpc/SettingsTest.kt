package dev.kilo.backend.rpc

import dev.kilo.backend.testkit.BackendTest
import dev.kilo.backend.testkit.Window
import dev.kilo.shared.mcp.McpServer
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.settings.AgentDraft
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigResult
import dev.kilo.shared.settings.ConfigView.Companion.HIDDEN
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.Scope
import kotlinx.coroutines.flow.first
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

/** Settings pages over the bundled CLI: real files, real processes. */
internal class SettingsTest : BackendTest() {
    private fun json(text: String) = Json.parseToJsonElement(text) as JsonObject

    private suspend fun write(scope: Scope, set: String, replace: List<List<String>> = emptyList()): ConfigResult {
        val file = backend.settings.config(directory).file(scope)
        val change = ConfigChange(scope, json(set), replace = replace, path = file.path, revision = file.revision)
        return backend.settings.write(directory, change)
    }

    @Test
    fun `a secret goes into the CLI's files and comes back in nothing that a window can ask`() = test {
        backend.providers.setKey("mistral", SECRET)
        write(
            Scope.GLOBAL,
            """{"mcp":{"s":{"type":"local","command":["/nowhere/x","--token","$SECRET"],"environment":{"T":"$SECRET"}}},
               "provider":{"own":{"npm":"@ai-sdk/openai-compatible","options":{"baseURL":"http://127.0.0.1:1/v1","apiKey":"$SECRET"},"models":{"m":{}}}}}""",
        )
        val seen = Window(backend, directory, this)
        val answers = listOf(
            backend.settings.config(directory),
            backend.providers.list(directory),
            backend.mcp.servers(directory),
            backend.settings.library(directory),
            backend.status.status(),
            backend.status.log().first(),
            backend.models.list(directory),
            backend.providers.probe(directory, "http://127.0.0.1:9999/v1", SECRET),
            seen.events,
        ).joinToString("\n")
        seen.stop()
        assertFalse(SECRET in answers, answers.substringAfter(SECRET.take(3)).take(200))
        val found = backend.providers.list(directory).first { it.id == "mistral" }
        assertEquals(true to Provider.Source.STORED, found.connected to found.source)
        val files = Files.walk(place.root).use { all ->
            all.filter {
                Files.isRegularFile(it) && SECRET in text(it)
            }.map { it.fileName.toString() }.sorted().toList()
        }
        assertEquals(listOf("auth.json", "kilo.jsonc"), files)
    }

    private fun text(path: Path) = String(Files.readAllBytes(path), Charsets.ISO_8859_1)

    @Test
    fun `what was hidden stays as it is when it is written back`() = test {
        write(Scope.GLOBAL, """{"mcp":{"s":{"command":["a","--token","$SECRET"],"headers":{"x":"$SECRET"}}}}""")
        write(
            Scope.GLOBAL,
            """{"mcp":{"s":{"command":["b","--token","$HIDDEN"],"headers":{"x":"$HIDDEN","y":"1"}}}}""",
            replace = listOf(listOf("mcp", "s")),
        )
        val file = Files.readString(Path.of(backend.settings.config(directory).globalFile.path))
        val server = (json(file)["mcp"] as JsonObject)["s"]
        assertEquals(json("""{"command":["b","--token","$SECRET"],"headers":{"x":"$SECRET","y":"1"}}"""), server)
    }

    @Test
    fun `a file that was changed by somebody else is a conflict, and keeps what it has`() = test {
        val seen = backend.settings.config(directory).projectFile
        Files.createDirectories(Path.of(seen.path).parent)
        Files.writeString(Path.of(seen.path), """{"username": "ada"}""")
        val change =
            ConfigChange(Scope.PROJECT, json("""{"snapshot":false}"""), path = seen.path, revision = seen.revision)
        val result = backend.settings.write(directory, change)
        assertTrue(result is ConfigResult.Conflict, "$result")
        assertEquals(JsonPrimitive("ada"), result.view.project["username"])
        assertEquals("""{"username": "ada"}""", Files.readString(Path.of(seen.path)))
        val again = backend.settings.write(directory, change.copy(revision = result.view.projectFile.revision))
        assertTrue(again is ConfigResult.Written, "$again")
        assertEquals(setOf("username", "snapshot"), again.view.project.keys)
    }

    @Test
    fun `agents and commands are files that can be made and removed`() = test {
        backend.settings.saveAgent(directory, AgentDraft("tester", Scope.PROJECT, "Tests", prompt = "You test."))
        backend.settings.saveText(directory, LibraryItem.Kind.COMMAND, "go", Scope.PROJECT, "Go there")
        val items = backend.settings.library(directory)
        val agent = items.first { it.name == "tester" }
        assertTrue(Files.readString(Path.of(checkNotNull(agent.path))).endsWith("You test.\n"))
        val command = items.first { it.name == "go" && it.kind == LibraryItem.Kind.COMMAND }
        for (item in listOf(agent, command)) backend.settings.remove(directory, item)
        assertFalse(backend.settings.library(directory).any { it.name == "tester" || it.name == "go" })
    }

    @Test
    fun `the status tells of the process that runs, and what is wrong with an MCP server is told in words`() = test {
        val status = backend.status.status()
        assertTrue(ProcessHandle.of(status.pid).isPresent)
        assertTrue(status.port in 1..65_535 && status.memory > 1_000_000, "$status")
        write(Scope.GLOBAL, """{"mcp":{"gone":{"type":"local","command":["/nowhere/at-all"]}}}""")
        val server = backend.mcp.servers(directory).first { it.name == "gone" }
        assertEquals(McpServer.State.FAILED, server.state)
        assertTrue("/nowhere/at-all" in server.message.orEmpty(), server.message)
    }

    private companion object {
        const val SECRET = "zq-very-secret-0815"
    }
}
