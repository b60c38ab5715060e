package dev.kilo.frontend.host

import dev.kilo.shared.app.Connection
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.file.Path

/** A window's side in this process, the stand-alone backend in another one, a WebSocket in between. */
class ConnectTest {
    @TempDir
    lateinit var home: Path

    @BeforeEach
    fun programs() {
        val missing = Programs.missing ?: return
        if (System.getenv("KILO_TEST_REQUIRE") == "all") fail<Unit>("KILO_TEST_REQUIRE=all, but $missing.")
        assumeTrue(false, missing)
    }

    @Test
    fun `a prompt runs on a backend that is reached over the network`() {
        Programs.fakeModel().use { model ->
            model.script("""[[{"text":"Hello from afar."}]]""")
            listen(model, 0).use { far ->
                startBackend(options(far.url)).use { running ->
                    assertEquals(far.url.substringAfter("//"), running.backend.place)
                    val turn = turn(running, far.url)
                    assertEquals(0, turn.code, turn.text)
                    assertTrue("Hello from afar." in turn.text, turn.text)
                }
            }
        }
    }

    @Test
    fun `the same encrypted, with the certificate that the backend named`() {
        Programs.fakeModel().use { model ->
            model.script("""[[{"text":"Hello in secret."}]]""")
            FarBackend.start(home, model, "--listen", "127.0.0.1:0", "--tls", "--token-file", token.path).use { far ->
                val options = options(far.url).copy(fingerprint = far.fingerprint, tunnel = "far.example.org")
                startBackend(options).use { running ->
                    assertEquals("far.example.org", running.backend.place)
                    val turn = turn(running, far.url)
                    assertEquals(0, turn.code, turn.text)
                    assertTrue("Hello in secret." in turn.text, turn.text)
                    // This end of the tunnel says nothing to anybody; what is lost is the host behind it.
                    far.close()
                    await(running) {
                        val said = (it as? Connection.Connecting)?.message ?: (it as? Connection.Lost)?.message
                        said != null && "far.example.org" in said && "127.0.0.1" !in said
                    }
                }
            }
        }
    }

    @Test
    fun `a backend that dies is missed, and used again when it is back`() {
        Programs.fakeModel().use { model ->
            model.script("""[[{"text":"Back again."}]]""")
            val first = listen(model, 0)
            val url = first.url
            startBackend(options(url)).use { running ->
                first.use { await(running) { it is Connection.Connected } }
                await(running) { it !is Connection.Connected }
                listen(model, url.substringAfterLast(':').toInt()).use {
                    await(running) { it is Connection.Connected }
                    val turn = turn(running, url)
                    assertEquals(0, turn.code, turn.text)
                    assertTrue("Back again." in turn.text, turn.text)
                }
            }
        }
    }

    private class Turn(val code: Int, val text: String)

    private fun turn(running: Running, url: String): Turn {
        val out = ByteArrayOutputStream()
        val print = PrintStream(out, true, Charsets.UTF_8)
        val code = Terminal(options(url), print, print).run(running)
        return Turn(code, out.toString(Charsets.UTF_8))
    }

    private fun options(url: String) = Options(
        directory = project.toString(),
        connect = url,
        tokenFile = token.path,
        headless = true,
        prompt = "Say hello",
    )

    /** The backend makes it. */
    private val token: File get() = home.resolve("token").toFile()
    private val project: Path by lazy { Programs.project("far") }

    private fun await(running: Running, wanted: (Connection) -> Boolean) = runBlocking {
        withTimeout(40_000) { running.backend.connection.first(wanted) }
    }

    private fun listen(model: Programs.FakeModel, port: Int) =
        FarBackend.start(home, model, "--listen", "127.0.0.1:$port", "--token-file", token.path)
}
