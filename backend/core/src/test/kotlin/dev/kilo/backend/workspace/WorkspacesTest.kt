package dev.kilo.backend.workspace

import dev.kilo.backend.testkit.Place
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TestTimeSource

internal class WorkspacesTest {
    private val place = Place()
    private val scope = CoroutineScope(Dispatchers.Default)
    private val time = TestTimeSource()
    private val workspaces = Workspaces(scope, idle = 5.minutes, time = time)
    private val directory = place.project.toString()

    @AfterEach
    fun stop() {
        scope.cancel()
        place.close()
    }

    private fun test(block: suspend CoroutineScope.() -> Unit) = runBlocking { withTimeout(20.seconds) { block() } }

    @Test
    fun `fifty first uses at a time make one client`() = test {
        val clients = (1..50).map { async(Dispatchers.Default) { workspaces.use(directory) } }.awaitAll()
        assertEquals(1, clients.toSet().size)
        assertEquals(1, workspaces.created)
    }

    @Test
    fun `a symlink and its target are one workspace, also for events that name the link`() = test {
        val link = Files.createSymbolicLink(place.root.resolve("link"), place.project)
        val client = workspaces.use(directory)
        assertSame(client, workspaces.use(link.toString()))
        workspaces.route(link.toString(), WorkspaceEvent.SessionDeleted("s"), 1)
        assertEquals(1, client.positionAt(1).seq)
    }

    @Test
    fun `a sub-directory and a worktree are their own`() = test {
        val below = Files.createDirectory(place.project.resolve("below"))
        val tree = place.root.resolve("tree")
        place.git(place.project, "worktree", "add", "-q", tree.toString())
        val all = listOf(directory, below.toString(), tree.toString()).map { workspaces.use(it) }
        assertEquals(3, all.toSet().size)
    }

    @Test
    fun `nothing is evicted while a window listens or a turn runs, and everything else is`() = test {
        val client = workspaces.use(directory)
        val heard = MutableStateFlow(0)
        val window = launch { workspaces.events(directory, null).collect { heard.value++ } }
        heard.first { it == 1 }
        time += 10.minutes
        workspaces.sweep()
        assertSame(client, workspaces.use(directory))

        workspaces.route(directory, WorkspaceEvent.StatusChanged("s", SessionStatus.Busy), 1)
        heard.first { it == 2 }
        window.cancelAndJoin()
        time += 10.minutes
        workspaces.sweep()
        assertSame(client, workspaces.use(directory))

        workspaces.route(directory, WorkspaceEvent.StatusChanged("s", SessionStatus.Idle), 2)
        time += 10.minutes
        workspaces.sweep()
        assertTrue(workspaces.directories.isEmpty())
        assertNotSame(client, workspaces.use(directory))
    }

    @Test
    fun `a listener goes on with the next client after all were made invalid`() = test {
        val seen = MutableStateFlow(emptyList<WorkspaceEvent>())
        val window = launch { workspaces.events(directory, null).collect { seen.value += it.event } }
        seen.first { it.size == 1 }
        workspaces.invalidate()
        seen.first { it.size == 2 }
        workspaces.route(directory, WorkspaceEvent.SessionDeleted("s"), 1)
        seen.first { it.size == 3 }
        val expected = listOf(WorkspaceEvent.Reset, WorkspaceEvent.Reset, WorkspaceEvent.SessionDeleted("s"))
        assertEquals(expected, seen.value)
        window.cancelAndJoin()
    }

    @Test
    fun `what is not a directory is refused in words`() {
        val file = place.project.resolve("a.txt").toString()
        for ((path, words) in mapOf(file to "$file is not a directory.", "a/b" to "\"a/b\" is not an absolute path.")) {
            val error = assertThrows(BackendException::class.java) { runBlocking { workspaces.use(path) } }
            assertEquals(words, error.message)
        }
    }
}
