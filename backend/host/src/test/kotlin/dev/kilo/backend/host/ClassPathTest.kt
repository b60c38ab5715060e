package dev.kilo.backend.host

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** Nothing may be tested on libraries that the IDE does not have. */
internal class ClassPathTest {
    private val pinned =
        mapOf("kotlin-stdlib" to "2.2.20", "kotlinx-coroutines-" to "1.10.2", "kotlinx-serialization-" to "1.9.0")

    @Test
    fun `the class path has exactly the IDE's Kotlin, coroutines and serialization`() {
        val jars = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).name }
        for ((name, version) in pinned) {
            val found = jars.filter { it.startsWith(name) }
            assertTrue(found.isNotEmpty(), "$name is not on the class path")
            assertEquals(emptyList<String>(), found.filterNot { it.endsWith("-$version.jar") })
        }
    }
}
