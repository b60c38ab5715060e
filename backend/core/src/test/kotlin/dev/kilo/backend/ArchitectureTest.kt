package dev.kilo.backend

import dev.kilo.backend.testkit.repository
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.readText

/** Rules that the compiler does not know. */
internal class ArchitectureTest {
    private fun sources(module: String): Map<String, String> {
        val root = repository.resolve(module).resolve("src/main/kotlin")
        if (!Files.isDirectory(root)) return emptyMap()
        return Files.walk(root).use { all ->
            all.filter { it.extension == "kt" }.toList().associate { path: Path ->
                root.relativize(path).toString() to
                    path.readText()
            }
        }
    }

    private fun naming(module: String, text: String): Set<String> = sources(module).filterValues { text in it }.keys

    @Test
    fun `only the event stream builds HTTP requests by hand`() {
        assertEquals(setOf("dev/kilo/backend/events/EventHub.kt"), naming("backend/core", "okhttp3.Request"))
        assertEquals(emptySet<String>(), naming("backend/core", "newCall"))
        val certificates = setOf("dev/kilo/backend/host/Identity.kt")
        assertEquals(certificates, naming("backend/host", "okhttp3"))
        assertEquals(certificates, naming("backend/host", "okhttp3.tls"))
    }

    @Test
    fun `shared needs nothing but Kotlin, coroutines and serialization`() {
        val allowed =
            listOf(
                "dev.kilo.shared.",
                "kotlin.",
                "kotlinx.coroutines",
                "kotlinx.serialization",
                "java.",
                "javax.net.ssl.",
            )
        val strangers =
            sources("shared").flatMap { (file, text) ->
                Regex("""(?m)^import (\S+)""").findAll(text).map {
                    it.groupValues[1]
                }.filter { name -> allowed.none(name::startsWith) }.map { "$file: $it" }
            }
        assertEquals(emptyList<String>(), strangers)
    }

    @Test
    fun `the window knows no class of the backend and the backend none of the window`() {
        for (module in listOf(
            "frontend/core",
            "frontend/host",
            "shared",
        )) {
            assertEquals(emptySet<String>(), naming(module, "dev.kilo.backend"))
        }
        for (module in listOf(
            "backend/core",
            "backend/host",
            "shared",
        )) {
            assertEquals(emptySet<String>(), naming(module, "dev.kilo.frontend"))
        }
        assertEquals(emptySet<String>(), naming("frontend/core", "dev.kilo.client"))
    }

    @Test
    fun `no coroutine outlives its owner and none asks for the main dispatcher`() {
        val modules = listOf("shared", "backend/core", "backend/host", "frontend/core", "frontend/host")
        assertTrue(sources("shared").isNotEmpty())
        for (module in modules) {
            assertEquals(emptySet<String>(), naming(module, "GlobalScope"))
            assertEquals(emptySet<String>(), naming(module, "Dispatchers.Main"))
        }
    }

    @Test
    fun `coroutines are blocked on only where a process is closed`() {
        assertEquals(setOf("dev/kilo/backend/cli/CliOwner.kt"), naming("backend/core", "runBlocking"))
        assertEquals(emptySet<String>(), naming("shared", "runBlocking"))
    }
}
