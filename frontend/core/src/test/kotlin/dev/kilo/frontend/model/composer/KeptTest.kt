package dev.kilo.frontend.model.composer

import dev.kilo.shared.model.ModelRef
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

@OptIn(ExperimentalCoroutinesApi::class)
class KeptTest {
    @TempDir
    lateinit var folder: Path

    private val memory = HashMap<String, String>()
    private var writes = 0
    private val store = object : ViewStore {
        override suspend fun read(name: String): String? = memory[name]

        override suspend fun write(name: String, text: String) {
            writes++
            memory[name] = text
        }
    }

    @Test
    fun `a draft outlives the window, and typing writes a moment later, once`() = runTest {
        val drafts = Drafts(store, "d", this) {}
        repeat(50) { drafts["ses_1"] = DraftData("text $it", at = it.toLong()) }
        advanceUntilIdle()
        assertEquals(1, writes)
        var found: DraftData? = null
        Drafts(store, "d", this) { found = it["ses_1"] }
        advanceUntilIdle()
        assertEquals("text 49", found?.text)
    }

    @Test
    fun `drafts are bounded, the newest stay`() = runTest {
        val drafts = Drafts(store, "d", this) {}
        repeat(80) { drafts["ses_$it"] = DraftData("x", at = it.toLong()) }
        assertNull(drafts["ses_0"])
        assertEquals("x", drafts["ses_79"]?.text)
        advanceUntilIdle()
    }

    @Test
    fun `prompts come back newest first and once each, and damage counts as nothing`() = runTest {
        memory["h"] = "[\"old\",\"older\"]"
        val history = PromptHistory(store, "h", this)
        history.add("new")
        history.add("old")
        advanceUntilIdle()
        assertEquals(listOf("old", "new", "older"), history.entries)
        memory["h"] = "{ broken"
        val other = PromptHistory(store, "h", this)
        advanceUntilIdle()
        assertEquals(emptyList<String>(), other.entries)
    }

    @Test
    fun `favourites and the choice used last are kept`() = runTest {
        val model = ModelRef("p", "m")
        val settings = ComposerSettings(store, this)
        advanceUntilIdle()
        settings.favourite(model, on = true)
        settings.sendWith(SendKey.CTRL_ENTER)
        settings.used("/d", LastChoice("code", model, "high"), listOf("src/a.ts"))
        advanceUntilIdle()
        val again = ComposerSettings(store, this)
        advanceUntilIdle()
        assertEquals(settings.preferences.value, again.preferences.value)
        assertEquals("high", again.preferences.value.last["/d"]?.variant)
    }

    @Test
    fun `files are replaced whole, in a folder that is the user's alone`() = runTest {
        val place = folder.resolve("view")
        val files = FileViewStore(place)
        assertNull(files.read("a"))
        files.write("a", "1")
        files.write("a", "2")
        assertEquals("2", files.read("a"))
        assertEquals(listOf("a.json"), Files.list(place).use { all -> all.map { it.fileName.toString() }.toList() })
        if ("posix" in folder.fileSystem.supportedFileAttributeViews()) {
            assertEquals(3, Files.getPosixFilePermissions(place).size)
        }
    }
}
