package dev.kilo.backend.ide

import dev.kilo.shared.rpc.ide.IdeCallException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

class ReadFileTest {
    @TempDir
    lateinit var folder: Path

    private val project: Path get() = Files.createDirectories(folder.resolve("project"))

    @Test
    fun `a file of the project is read, and one that is gone is empty`() {
        Files.writeString(project.resolve("a.txt"), "grün\n")
        assertEquals("grün\n", read("a.txt"))
        assertEquals("grün\n", read(project.resolve("a.txt").toString()))
        assertEquals("", read("gone.txt"))
    }

    @Test
    fun `nothing outside of the project is read, by no name and through no link`() {
        val secret = Files.writeString(folder.resolve("secret"), "s")
        Files.createSymbolicLink(project.resolve("link"), secret)
        for (path in listOf("../secret", secret.toString(), "link", "a/../../secret")) {
            assertThrows(IdeCallException::class.java, { read(path) }, path)
        }
    }

    @Test
    fun `folders and what is too large are refused`() {
        Files.write(project.resolve("big"), ByteArray(1_000_000))
        for (path in listOf("", "big")) assertThrows(IdeCallException::class.java, { read(path) }, path)
    }

    private fun read(path: String): String = runBlocking { readFile(project.toString(), path) }
}
