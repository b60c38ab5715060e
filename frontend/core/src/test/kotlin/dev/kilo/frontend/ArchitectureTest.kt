package dev.kilo.frontend

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class ArchitectureTest {
    private val sources = File("src/main/kotlin").walk().filter { it.extension == "kt" }.toList()

    private fun offenders(files: List<File>, vararg words: String): List<String> = files.flatMap { file ->
        file.readLines().mapIndexedNotNull { i, line ->
            if (words.any { it in line }) "${file.name}:${i + 1} $line" else null
        }
    }

    @Test
    fun `there are sources to check`() = assertTrue(sources.size > 20)

    @Test
    fun `view models know neither Swing nor AWT`() {
        val models = sources.filter { "model" in it.path.split(File.separatorChar) }
        assertTrue(models.size > 5)
        assertEquals(emptyList<String>(), offenders(models, "javax.swing", "java.awt", "dev.kilo.frontend.ui"))
    }

    @Test
    fun `the main dispatcher is injected, never taken`() =
        assertEquals(emptyList<String>(), offenders(sources, "Dispatchers.Main", "Dispatchers.EDT", "GlobalScope"))

    @Test
    fun `nothing blocks a thread`() = assertEquals(
        emptyList<String>(),
        offenders(sources, "runBlocking", "Thread.sleep", ".join().get(", "invokeAndWait", "CountDownLatch"),
    )

    @Test
    fun `the chat depends on no look and feel`() =
        assertEquals(emptyList<String>(), offenders(sources, "com.formdev", "com.intellij"))

    @Test
    fun `every text of the bundle is used and every used text is there`() {
        val keys = File("src/main/resources/dev/kilo/frontend")
            .listFiles { file -> file.name.matches(Regex("[A-Z][a-z]+\\.properties")) }!!
            .flatMap { file -> java.util.Properties().apply { file.reader().use(::load) }.keys.map { it.toString() } }
        assertEquals(keys.distinct(), keys, "a key stands in one bundle only")
        val bundle = keys.toSet()
        val code = sources.joinToString("\n") { it.readText() }
        val used = Regex("""(?:Strings\[|Strings\(|texts\()(?:if \(\w+\) )?"([a-z0-9.]+)"""").findAll(code).map {
            it.groupValues[1]
        }.toSet()
        assertEquals(emptySet<String>(), used - bundle)
    }
}
