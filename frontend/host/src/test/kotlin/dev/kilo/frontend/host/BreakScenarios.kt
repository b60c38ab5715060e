package dev.kilo.frontend.host

import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.session.SessionStatus
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import java.awt.event.KeyEvent
import java.io.File
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import kotlin.concurrent.thread

/** The backend, its agent's server or the line to them goes away in the middle of everything, and comes back. */
internal object BreakScenarios : ScenarioList(
    "Breaks",
    listOf(
        "a cut line in the middle of an answer: typing goes on, nothing is lost and nothing is there twice" to {
            val words = (0 until 60).map { "word $it, " }
            model.script("""[[{"text":"-","deltas":[${words.joinToString(",") { quoted(it) }}],"every":50}]]""")
            type("Tell me")
            wait("the beginning") { answers().any { "word 5," in it } }
            line.cut()
            wait("the banner") { shown("banner") }
            keys("typed while it was cut")
            picture("line-cut")
            line.mend()
            wait("the line") { !shown("banner") }
            wait("the end of the turn") { idle() && answers().any { it.trim() == words.joinToString("").trim() } }
            val kinds = rows().map { it::class.simpleName }
            check(kinds.count { it == "Prompt" } == 1 && kinds.count { it == "Answer" } == 1) { "$kinds" }
            check(frame.textBox("composer").text() == "typed while it was cut") { frame.textBox("composer").text() }
            clear()
        },
        "a prompt that is sent while the line is cut arrives once when it is back" to {
            model.script("""[[{"text":"It arrived."}]]""")
            line.cut()
            wait("the banner") { shown("banner") }
            type("Sent into the dark")
            wait("the prompt") { rows().any { (it as? RowBody.Prompt)?.text == "Sent into the dark" } }
            line.mend()
            wait("the answer") { answers().any { it == "It arrived." } && idle() }
            check(rows().count { (it as? RowBody.Prompt)?.text == "Sent into the dark" } == 1) { "it is there twice" }
        },
        "a cut line while a decision waits and a page of settings is open" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"touch once-only","description":"Make"}}],[{"text":"Made once."}]]""",
            )
            type("Make it")
            wait("the decision") { permissions() == 1 && shown("permission.once") }
            press(KeyEvent.VK_COMMA, KeyEvent.VK_CONTROL)
            wait("the page") { shown("page") }
            line.cut()
            wait("the banner") { shown("banner") }
            picture("line-cut-settings")
            line.mend()
            wait("the line") { !shown("banner") }
            press(KeyEvent.VK_ESCAPE)
            wait("the card") { permissions() == 1 && shown("permission.once") }
            click("permission.once")
            wait("the file") { Files.exists(directory.resolve("once-only")) }
            wait("the answer") { idle() && answers().any { it == "Made once." } && permissions() == 0 }
        },
        "a backend that dies with an answer, a queue and a draft: what was written is kept" to {
            model.script("""[[{"text":"This takes "},{"hang":true}]]""")
            type("Take your time")
            wait("the beginning") { answers().any { it.startsWith("This takes") } }
            keys("waits for its turn")
            press(KeyEvent.VK_ENTER)
            wait("the queue") { edt { workspace.current.value.composer.waiting.value.size } == 1 }
            Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection("a long paste\n".repeat(400)), null)
            press(KeyEvent.VK_V, KeyEvent.VK_CONTROL)
            wait("the chip") { chips() == 1 }
            keys("half a thought")
            model.forget()
            line.kill()
            wait("the banner") { shown("banner") }
            picture("backend-gone")
            keys(" more")
            line.start(model)
            wait("the line") { !shown("banner") }
            wait("the end of the turn") {
                edt { workspace.current.value.status.value } == SessionStatus.Idle &&
                    texts().any { "Try again, or go on" in it }
            }
            picture("backend-back")
            check(frame.textBox("composer").text() == "half a thought more") { frame.textBox("composer").text() }
            check(chips() == 1) { "the attachment is gone" }
            check(edt { workspace.current.value.composer.waiting.value.size } == 1) { "the queue is gone" }
            check(rows().count { (it as? RowBody.Prompt)?.text == "Take your time" } == 1) { "${rows()}" }
            clear()
        },
        "and a decision that was open is told to be gone" to {
            edt { workspace.create() }
            wait("an empty session") { rows().isEmpty() }
            model.script("""[[{"tool":"bash","args":{"command":"touch never","description":"Make"}}]]""")
            type("Make it")
            wait("the decision") { permissions() == 1 && shown("permission.once") }
            line.kill()
            wait("the banner") { shown("banner") }
            line.start(model)
            wait("that it is gone") { !shown("banner") && permissions() == 0 && !shown("permission.once") }
            wait("the notice") { texts().any { "waits no more" in it } }
            check(!Files.exists(directory.resolve("never")))
            model.script("""[[{"text":"As before."}]]""")
            type("Go on")
            wait("the answer") { idle() && answers().any { it == "As before." } }
        },
        "the window's own end of the line is closed with pages open, and no thread complains" to {
            press(KeyEvent.VK_COMMA, KeyEvent.VK_CONTROL)
            wait("the page") { shown("page") }
            line.running.close()
            wait("the banner") { shown("banner") }
            press(KeyEvent.VK_ESCAPE)
            wait("the composer") { shown("composer") }
            keys("@que")
            edt { workspace.current.value.stop() }
            settled()
            clear()
        },
    ),
    guarded = false,
) {
    lateinit var line: BrokenLine

    override fun backend(home: Path, model: Programs.FakeModel): Running = BrokenLine(home).also {
        line = it
        it.start(model)
        it.connect()
    }.running
}

private val line get() = BreakScenarios.line

private fun Run.chips(): Int = edt { workspace.current.value.composer.composition.chips.value.size }

/** A stand-alone backend behind a port of its own that a test can shut, while the backend dies and another comes. */
internal class BrokenLine(private val home: Path) {
    private val socket = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val open = ConcurrentHashMap.newKeySet<Socket>()
    private val token: File = home.resolve("token").toFile()

    @Volatile
    private var far: FarBackend? = null

    @Volatile
    private var up = true
    lateinit var running: Running
        private set

    init {
        thread(isDaemon = true, name = "broken-line") {
            try {
                while (true) socket.accept().let(::pass)
            } catch (_: IOException) {
                // Closed.
            }
        }
    }

    fun start(model: Programs.FakeModel) {
        far = FarBackend.start(home, model, "--listen", "127.0.0.1:0", "--token-file", token.path)
    }

    fun connect() {
        val options = Options(connect = "ws://127.0.0.1:${socket.localPort}", tokenFile = token.path, directory = "")
        val made = startBackend(options)
        running = Running(made.backend) {
            made.close()
            far?.close()
            socket.close()
            cut()
        }
    }

    /** What is open breaks, and nothing new gets through. */
    fun cut() {
        up = false
        open.forEach { it.close() }
    }

    fun mend() {
        up = true
    }

    /** As a crash: nothing is said to anybody. */
    fun kill() {
        far?.close()
        far = null
    }

    private fun pass(from: Socket) {
        val port = far?.port
        if (!up || port == null) return from.close()
        val to = try {
            Socket(InetAddress.getLoopbackAddress(), port)
        } catch (_: IOException) {
            return from.close()
        }
        open += from
        open += to
        if (!up) cut()
        for ((a, b) in listOf(from to to, to to from)) {
            thread(isDaemon = true, name = "broken-line-pipe") {
                try {
                    a.getInputStream().transferTo(b.getOutputStream())
                } catch (_: IOException) {
                    // Cut.
                } finally {
                    a.close()
                    b.close()
                    open -= a
                    open -= b
                }
            }
        }
    }
}
