package dev.kilo.backend.rpc

import dev.kilo.backend.cli.CliOwner
import dev.kilo.backend.testkit.CliTest
import dev.kilo.backend.testkit.LostReply
import dev.kilo.backend.testkit.Window
import dev.kilo.backend.testkit.bundledCli
import dev.kilo.backend.testkit.messageId
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.message.Message
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.channelPair
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Test
import java.net.ServerSocket
import java.nio.file.Files
import java.util.Collections
import kotlin.time.Duration.Companion.seconds

/** kill -9 of the real CLI between carrying out a command and answering it, as a window far away sees it. */
internal class KilledCliTest : CliTest() {
    private val cli = LostReply(CliOwner(bundledCli(), place.environment(model)) { "test" })
    private val kilo = KiloBackend(CliHttp(), cli)
    private val server = RpcServer(kilo, "test")
    private val window = RpcBackend(
        connector = {
            val (near, far) = channelPair()
            server.accept(far)
            near
        },
        place = "far",
        product = "test",
    )

    override fun close() {
        window.close()
        server.close()
        kilo.close()
    }

    private fun test(block: suspend () -> Unit) = runBlocking { withTimeout(60.seconds) { block() } }

    @Test
    fun `a prompt is sent again to the next CLI, which knows it by its id`() = test {
        val session = window.sessions.create(directory)
        val id = messageId()
        cli.killAfter("POST /session/${session.id}/prompt_async")
        window.sessions.prompt(directory, session.id, dev.kilo.shared.session.Prompt(id, "Hello [[text:Hi]]"))
        val messages = window.sessions.messages(directory, session.id).messages.map { it.info }
        assertEquals(listOf(id), messages.filterIsInstance<Message.User>().map { it.id })
    }

    @Test
    fun `of another command nobody knows what became of it, and it is not carried out again`() = test {
        window.sessions.create(directory, "the one before")
        cli.killAfter("POST /session")
        try {
            window.sessions.create(directory, "the one in question")
            fail<Unit>("It was answered.")
        } catch (e: BackendException) {
            assertEquals(Code.OUTCOME_UNKNOWN, e.code, e.message)
        }
        val titles = window.sessions.list(directory).map { it.title }
        assertEquals(listOf("the one before", "the one in question"), titles.sorted())
    }

    @Test
    fun `a permission whose answer is lost is not answered a second time`() = test {
        kotlinx.coroutines.coroutineScope {
            val watching = Window(window, directory, this)
            val session = window.sessions.create(directory)
            watching.prompt(session, """[[tool:bash {"command":"echo ran >> ran.txt","description":"Run"}]]""")
            val request = watching.asked()
            cli.killAfter("POST /permission/${request.id}/reply")
            try {
                window.permissions.reply(directory, request.id, dev.kilo.shared.permission.PermissionReply.ONCE)
                fail<Unit>("It was answered.")
            } catch (e: BackendException) {
                assertEquals(Code.OUTCOME_UNKNOWN, e.code, e.message)
            }
            // The question went with the CLI that asked it; nothing may ask it or run its command anew.
            assertEquals(emptyList<Any>(), window.permissions.pending(directory))
            watching.stop()
        }
        val file = place.project.resolve("ran.txt").toFile()
        assertEquals(true, !file.exists() || file.readLines().size == 1)
    }

    @Test
    fun `a CLI that comes back at its port is reached, whatever connections to the one before were open`() {
        val port = ServerSocket(0).use { it.localPort }
        // The CLI itself mostly gets the same port again; here it always does.
        val launcher = place.root.resolve("kilo")
        Files.writeString(launcher, "#!/bin/sh\nshift 3\nexec ${bundledCli()} serve --port $port \"$@\"\n")
        check(launcher.toFile().setExecutable(true))
        val options = LocalBackendProvider.Options(launcher.toString(), place.environment(model))
        KiloBackend.start(options).use { backend ->
            val ready = backend.app.state().filterIsInstance<CliState.Ready>()
            val attempts = Collections.synchronizedList(ArrayList<CliState.Restarting>())
            test {
                coroutineScope {
                    val watching = launch {
                        backend.app.state().filterIsInstance<CliState.Restarting>().collect(attempts::add)
                    }
                    repeat(2) {
                        val before = ready.first().pid
                        (1..12).map { async { backend.sessions.list(directory) } }.awaitAll()
                        assertTrue(ProcessHandle.of(before).get().destroyForcibly())
                        ready.first { it.pid != before }
                    }
                    watching.cancel()
                }
            }
            assertEquals(2, attempts.size, "$attempts")
        }
    }
}
