package dev.kilo.backend.rpc

import dev.kilo.backend.testkit.BackendTest
import dev.kilo.backend.testkit.Window
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.Restore
import dev.kilo.shared.message.Message
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.session.Session
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

/** Looking at changes and taking them back, over the bundled CLI: what counts is the file on the disk. */
internal class ChangesCliTest : BackendTest() {
    private val changes = backend.changes

    /** [block] with somebody who allows everything. */
    private fun allowed(block: suspend (Window) -> Unit) = test { window ->
        val allowing = allowing(window)
        block(window)
        allowing.cancel()
    }

    /** Says yes to everything. */
    private fun kotlinx.coroutines.CoroutineScope.allowing(window: Window): Job = launch {
        val answered = HashSet<String>()
        while (true) {
            val id = window.await(60.seconds) { event ->
                (event as? WorkspaceEvent.PermissionAsked)?.request?.id?.takeIf { it !in answered }
            }
            answered += id
            backend.permissions.reply(directory, id, PermissionReply.ONCE)
        }
    }

    private fun write(file: String, text: String) =
        """[[tool:write {"filePath":"${place.project}/$file","content":"${text.replace("\n", "\\n")}"}]]"""

    private suspend fun turn(window: Window, session: Session, text: String): String {
        val from = window.events.size
        window.prompt(session, "$text[[then]][[text:Done.]]")
        assertEquals("completed", window.turn(session, from))
        return window.transcript(session).last { it.info is Message.User }.info.id
    }

    private fun read(file: String) = Files.readString(place.project.resolve(file))

    private fun refused(action: suspend () -> Unit): BackendException =
        assertThrows(BackendException::class.java) { runBlocking { action() } }

    private val long = (1..40).joinToString("") { "line $it\n" }

    @Test
    fun `hunks and files are undone on the disk, and taken back`() = allowed { window ->
        Files.writeString(place.project.resolve("long.txt"), long)
        val session = backend.sessions.create(directory)
        val changed = long.replace("line 3\n", "THREE\n").replace("line 30\n", "THIRTY\n")
        turn(window, session, write("long.txt", changed) + write("new.txt", "new\n"))
        val scope = ChangeScope.OfSession(session.id)
        val list = changes.list(directory, scope)
        assertEquals(
            listOf(ChangedFile("long.txt", ChangeKind.MODIFIED, 2, 2), ChangedFile("new.txt", ChangeKind.ADDED, 1, 0)),
            list,
        )
        assertEquals(
            list,
            window.await { event ->
                (event as? WorkspaceEvent.DiffChanged)?.files?.takeIf { it.size == 2 }
            },
        )
        val file = changes.file(directory, scope, "long.txt")
        assertEquals(long to changed, file.before to file.after)
        val hunks = checkNotNull(file.patch).lines().filter { it.startsWith("@@ ") }
        val left = changes.undo(directory, session.id, ChangeChoice("long.txt", hunks[0], file.patch))
        assertEquals(long.replace("line 30\n", "THIRTY\n"), read("long.txt"))
        assertEquals(listOf(1, 1), left.map { it.additions })
        assertEquals(emptyList<ChangedFile>(), changes.undo(directory, session.id, ChangeChoice()))
        assertEquals(long, read("long.txt"))
        assertFalse(Files.exists(place.project.resolve("new.txt")))
        assertEquals(
            listOf(listOf("long.txt", "new.txt"), listOf("long.txt")),
            changes.settled(directory, session.id).map {
                it.files
            },
        )
        assertEquals(2, changes.takeBack(directory, session.id).size)
        assertEquals(list, changes.takeBack(directory, session.id))
        assertEquals(changed, read("long.txt"))
        assertEquals(1, changes.keep(directory, session.id, ChangeChoice("long.txt")).size)
        assertEquals(changed, read("long.txt"))
    }

    @Test
    fun `what changed on the disk since is a message, and is not lost`() = allowed { window ->
        val session = backend.sessions.create(directory)
        turn(window, session, write("a.txt", "agent\n"))
        Files.writeString(place.project.resolve("a.txt"), "mine\n")
        val error = refused { changes.undo(directory, session.id, ChangeChoice("a.txt")) }
        assertEquals(BackendException.Code.BAD_REQUEST, error.code)
        assertTrue("a.txt was changed after the agent's last change" in error.message.orEmpty(), error.message)
        assertEquals("mine\n", read("a.txt"))
        val gone = refused { changes.file(directory, ChangeScope.OfSession(session.id), "other.txt") }
        assertEquals(BackendException.Code.NOT_FOUND, gone.code)
    }

    @Test
    fun `a session is rolled back to a prompt and forth again, with files and messages`() = allowed { window ->
        val session = backend.sessions.create(directory)
        val first = turn(window, session, write("a.txt", "first\n"))
        val second = turn(window, session, write("a.txt", "second\n") + write("new.txt", "new\n"))
        window.await { event ->
            ((event as? WorkspaceEvent.MessageUpdated)?.message as? Message.User)
                ?.takeIf { it.id == second && it.changes.size == 2 }
        }
        val shown = window.transcript(session).filter {
            it.info is Message.User
        }.map { (it.info as Message.User).changes }
        assertEquals(listOf(listOf("a.txt"), listOf("a.txt", "new.txt")), shown.map { all -> all.map { it.file } })
        assertEquals(
            "first\n" to "second\n",
            changes.file(directory, ChangeScope.OfTurn(session.id, second), "a.txt").let {
                it.before to
                    it.after
            },
        )
        Files.writeString(place.project.resolve("new.txt"), "new\nmine\n")
        val preview = changes.preview(directory, session.id, second)
        assertEquals(listOf("a.txt", "new.txt"), preview.files.map { it.file })
        assertEquals(listOf("new.txt"), preview.edited)
        assertEquals(1, preview.prompts)
        assertEquals("second\n", read("a.txt"))

        val back = changes.rollback(directory, session.id, second)
        assertEquals(second to Restore.RESTORED, back.revert?.let { it.messageId to it.restore })
        assertEquals("first\n", read("a.txt"))
        assertFalse(Files.exists(place.project.resolve("new.txt")))
        window.await { event -> (event as? WorkspaceEvent.SessionUpdated)?.session?.revert }
        assertEquals("one\ntwo\nthree\n", changes.rollback(directory, session.id, first).let { read("a.txt") })
        assertEquals("first\n", changes.rollback(directory, session.id, second).let { read("a.txt") })
        assertNull(changes.redo(directory, session.id).revert)
        assertEquals("second\n" to "new\nmine\n", read("a.txt") to read("new.txt"))

        assertNotNull(changes.rollback(directory, session.id, second).revert)
        turn(window, session, "[[text:On.]]")
        assertEquals(2, window.transcript(session).count { it.info is Message.User })
        assertEquals("first\n", read("a.txt"))
        assertNull(backend.sessions.get(directory, session.id).revert)
    }

    @Test
    fun `the working tree is compared with the newest commit, and a moved file is one line`() = allowed { _ ->
        Files.move(place.project.resolve("a.txt"), place.project.resolve("moved.txt"))
        Files.writeString(place.project.resolve("moved.txt"), "one\ntwo\n3\n")
        Files.write(place.project.resolve("bin"), byteArrayOf(0, 1, 2))
        val list = changes.list(directory, ChangeScope.Uncommitted)
        val moved = list.single { it.file == "moved.txt" }
        assertEquals(ChangedFile("moved.txt", ChangeKind.RENAMED, 1, 1, from = "a.txt"), moved)
        assertEquals(setOf("bin", "moved.txt"), list.map { it.file }.toSet())
        val file = changes.file(directory, ChangeScope.Uncommitted, "moved.txt")
        assertTrue("+3" in file.patch.orEmpty(), file.patch)
        val both = changes.file(directory, ChangeScope.Uncommitted, "moved.txt", "a.txt")
        assertEquals(moved, both.file)
        assertEquals("one\ntwo\nthree\n" to "one\ntwo\n3\n", both.before to both.after)
        assertNull(both.patch)
        assertEquals(list, changes.list(directory, ChangeScope.Branch))
    }
}
