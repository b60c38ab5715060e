package dev.kilo.backend.rpc

import dev.kilo.backend.testkit.BackendTest
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files

/** What can be done with whole sessions, over the bundled CLI. */
internal class TranscriptCallsTest : BackendTest() {
    @Test
    fun `words are found in their order and with their number, and the session is exported whole`() = test { window ->
        val session = backend.sessions.create(directory)
        window.prompt(session, "[[text:Sesame, open sesame!]]")
        window.await { it as? WorkspaceEvent.TurnClosed }
        val found = backend.transcripts.find(directory, session.id, "SESAME")
        assertEquals(listOf(2, 2), found.hits.map { it.count })
        assertTrue(found.complete)
        assertEquals(found.hits.sortedBy { it.messageId }, found.hits)
        assertEquals(0, backend.transcripts.find(directory, session.id, "nowhere").hits.size)
        val json = backend.transcripts.export(directory, session.id).toList().joinToString("")
        assertTrue("Sesame, open sesame!" in json && session.id in json)
    }

    @Test
    fun `a file is written below the directory only, and over another only when that is wanted`() = test {
        val files = backend.transcripts
        assertTrue(files.write(directory, "src/deep/new.ts", "a"))
        val made = place.project.resolve("src/deep/new.ts")
        assertFalse(files.write(directory, "src/deep/new.ts", "b"))
        assertEquals("a", Files.readString(made))
        assertTrue(files.write(directory, "src/deep/new.ts", "b", replace = true))
        assertEquals("b", Files.readString(made))
        assertEquals(listOf("new.ts"), Files.list(made.parent).use { all -> all.map { "${it.fileName}" }.toList() })
        val elsewhere = Files.createTempDirectory("elsewhere")
        Files.createSymbolicLink(place.project.resolve("link"), elsewhere)
        for (bad in listOf(
            "../out.ts",
            "/tmp/out.ts",
            "",
            ".",
            "src/../../out.ts",
            "link/out.ts",
            "src/deep",
            "a\u0000b",
        )) {
            val failure = assertThrows(BackendException::class.java) {
                runBlocking { files.write(directory, bad, "x", replace = true) }
            }
            assertEquals(BackendException.Code.BAD_REQUEST, failure.code, bad)
        }
        assertEquals(0, Files.list(elsewhere).use { it.count() })
    }
}
