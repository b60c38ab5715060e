package dev.kilo.frontend.host

import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionReply
import kotlinx.coroutines.runBlocking
import java.awt.Component
import java.awt.Container
import java.awt.event.KeyEvent
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.DataOutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.Random
import java.util.zip.CRC32
import java.util.zip.DeflaterOutputStream
import javax.imageio.ImageIO
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.ListCellRenderer

/** What models, tools, files and names can do to a window: after each of it the next prompt is answered. */
internal object BadInputScenarios : ScenarioList(
    "BadInput",
    listOf(
        "bombs of Markdown" to {
            val bombs = listOf(
                "> ".repeat(20_000) + "deep",
                (0 until 2000).joinToString("\n") { "  ".repeat(it % 300) + "- item $it" },
                "*a **b ".repeat(50_000),
                "_".repeat(100_000) + "x" + "*".repeat(100_000),
                "|" + "a|".repeat(200) + "\n|" + "-|".repeat(200) + "\n" + ("|" + "b|".repeat(200) + "\n").repeat(1000),
                "```kotlin\n" + "fun f() { /* never closed\n".repeat(20_000),
                (0 until 6000).joinToString(" ") { "[link $it](https://example.org/$it)" },
                "[".repeat(60_000) + "a" + "](b)".repeat(20_000),
                "<div>".repeat(20_000) + "&amp;".repeat(20_000) + "\\".repeat(50_000),
                (0 until 5000).joinToString("\n") { "[r$it]: https://example.org/$it" } + "\n\n" + "[r1] ".repeat(5000),
            )
            for ((i, bomb) in bombs.withIndex()) {
                model.script("""[[{"text":"x","deltas":[${pieces("$bomb\n\nEnd of bomb $i.")}]}]]""")
                type("Bomb $i")
                wait("the end of bomb $i") { idle() && answers().any { "End of bomb $i." in it } }
                lively("bomb $i")
            }
            scroll(-40_000)
            scroll(1_000_000)
            usable("Markdown")
        },
        "what a terminal would obey, and bytes that are no text" to {
            val garbage = ByteArrayOutputStream()
            val random = Random(7)
            for (i in 0 until 3000) {
                garbage.write(ByteArray(60).also(random::nextBytes))
                garbage.write(SEQUENCES[i % SEQUENCES.size].toByteArray())
            }
            garbage.write("\nthe end\n".toByteArray())
            Files.write(directory.resolve("garbage.bin"), garbage.toByteArray())
            bash("cat garbage.bin; head -c 5000000 /dev/zero | tr '\\\\0' y")
            wait("the end") { idle() && answers().any { it == "Ran." } }
            lively("garbage")
            unseen()
            usable("garbage")
        },
        "signs that turn or hide text are seen in commands, names of files and links" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"echo safe \u202e# txt.exe\u2066 \u200brm","description":"\u202eharmless"}}],[{"tool":"write","args":{"filePath":"a\u202etxt.js","content":"// \u2066 if (admin) \u2069\nrun()\n"}}],[{"text":"See [here\u202e](https://example.org/\u202egro) and a\u200bb."}]]""",
            )
            type("Turn it round")
            wait("the command") { permissions() == 1 && shown("permission.once") }
            wait("what is hidden") { texts().any { "safe \ufffd# txt.exe\ufffd \ufffdrm" in it } }
            unseen()
            picture("bidi-command")
            click("permission.always")
            wait("the rules") { shown("rules") }
            unseen()
            click("permission.once")
            wait("the file") { permissions() == 1 && texts().any { "\ufffd if (admin) \ufffd" in it } }
            unseen()
            picture("bidi-file")
            click("permission.once")
            wait("the end") { idle() && answers().any { "See [here" in it } }
            unseen()
            usable("bidi")
        },
        "heaps of marks on one letter" to {
            val heap = "z" + "\\u0300\\u0301\\u0489".repeat(30_000)
            model.script("""[[{"text":"x","deltas":["$heap and then"]}]]""")
            type("Zalgo")
            wait("the end") { idle() && answers().any { it.endsWith("and then") } }
            lively("marks")
            usable("marks")
        },
        "pictures that are huge, broken, bombs or none" to {
            val solid = BufferedImage(9000, 9000, BufferedImage.TYPE_BYTE_BINARY)
            ImageIO.write(solid, "png", directory.resolve("bomb.png").toFile())
            Files.write(directory.resolve("declared.png"), png(20_000, 20_000, ByteArray(64)))
            Files.write(directory.resolve("broken.png"), png(300, 300, ByteArray(10)).copyOf(60))
            Files.write(directory.resolve("endless.png"), png(60_000, 60_000, ByteArray(50_000_000)))
            val svg = """<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><script>1</script></svg>"""
            Files.writeString(directory.resolve("a.svg"), svg)
            val names = listOf("bomb.png", "declared.png", "broken.png", "endless.png", "a.svg")
            val calls = names.joinToString(",") { """{"tool":"read","args":{"filePath":"$it"}}""" }
            model.script("""[[$calls],[{"text":"Looked."}]]""")
            type("Look at them")
            wait("the end") { idle() && answers().any { it == "Looked." } }
            picture("bad-pictures")
            lively("pictures")
            usable("pictures")
        },
        "nothing that others wrote is taken for HTML" to {
            val name = "$MARKUP.txt".replace("/", "_")
            model.script(
                """[[{"tool":"write","args":{"filePath":${quoted(
                    name,
                )},"content":${quoted(
                    MARKUP,
                )}}},{"tool":"grep","args":{"pattern":${quoted(
                    MARKUP,
                )}}},{"tool":"todowrite","args":{"todos":[{"content":${quoted(
                    MARKUP,
                )},"status":"pending","priority":"high"}]}}],[{"tool":"question","args":{"questions":[{"header":${quoted(
                    MARKUP,
                )},"question":${quoted(
                    MARKUP,
                )},"options":[{"label":${quoted(
                    MARKUP,
                )},"description":${quoted(
                    MARKUP,
                )}}]}]}}],[{"tool":"nothing$MARKUP","args":{}},{"text":${quoted(
                    "$MARKUP [$MARKUP](https://e.example/$MARKUP)",
                )}}],[{"error":{"status":400,"message":${quoted(MARKUP)}}}]]""",
            )
            type(MARKUP)
            wait("the permission") { permissions() == 1 && shown("permission.once") }
            plain("a permission")
            click("permission.once")
            wait("the question") { decisions() == 1 && shown("question.option.0.0") }
            plain("a question")
            press(KeyEvent.VK_P, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the page") { shown("decisions.list") }
            plain("decisions")
            press(KeyEvent.VK_ESCAPE)
            click("question.option.0.0")
            wait("the end") { idle() && rows().any { it is RowBody.Failure } }
            plain("a transcript")
            val id = checkNotNull(edt { workspace.current.value.id })
            val title = "$MARKUP\nsecond line\n${"long ".repeat(1000)}"
            runBlocking { workspace.app.backend.sessions.rename(workspace.directory, id, title) }
            wait("its name") { edt { workspace.sessions.value.any { it.title.startsWith(MARKUP) } } }
            plain("a title")
            for (key in listOf(KeyEvent.VK_S, KeyEvent.VK_D)) {
                press(key, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
                wait("the page") { shown("page") }
                robot.waitForIdle()
                plain("page $key")
                picture("markup-${if (key == KeyEvent.VK_S) "sessions" else "changes"}")
                press(KeyEvent.VK_ESCAPE)
                wait("the composer") { shown("composer") }
            }
            press(KeyEvent.VK_E, KeyEvent.VK_CONTROL)
            wait("the switcher") { focus() == "picker.search" }
            plain("the switcher")
            press(KeyEvent.VK_ESCAPE)
            press(KeyEvent.VK_M, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the models") { shown("picker.list") }
            check(list("picker.list").any { MARKUP in it }) { "the project's models are not offered" }
            plain("the models")
            press(KeyEvent.VK_ESCAPE)
            picture("markup-chat")
            usable("markup")
        },
        "a link says where it leads" to {
            model.script(
                """[[{"text":"[https://good.example](https://evil.example/x) [run](javascript:alert(1)) [share](//evil.example/share) [open](file://evil.example/share/a.exe) [user](https://good.example@evil.example/) [scheme](ms-msdt:/id)"}]]""",
            )
            type("Links")
            wait("the end") { idle() && answers().any { "evil.example" in it } }
            wait("their targets") { texts().any { "(evil.example)" in it } }
            val shown = texts().last { "(evil.example)" in it }
            val targets = listOf(
                "javascript:alert(1)",
                "//evil.example/share",
                "file://evil.example/share/a.exe",
                "https://good.example@evil.example/",
                "ms-msdt:/id",
            )
            for (target in targets) {
                check(target in shown) { "$target is not shown in: $shown" }
            }
            usable("links")
        },
        "an answer of a hundred thousand lines" to {
            val pieces = (0 until 1000).joinToString(",") { piece ->
                quoted((0 until 100).joinToString("") { "line ${piece * 100 + it}\n" })
            }
            model.script("""[[{"text":"x","deltas":[$pieces,"the last line"]}]]""")
            type("Write a lot")
            wait("the beginning") { answers().any { it.contains("line 100\n") } }
            keys("typed meanwhile")
            wait("the end") { idle() && answers().any { it.endsWith("the last line") } }
            check(frame.textBox("composer").text() == "typed meanwhile") { frame.textBox("composer").text() }
            clear()
            lively("many lines")
            usable("many lines")
        },
        "thousands of calls in one turn, and a name without an end" to {
            val long = "n".repeat(230) + ".ts"
            Files.writeString(directory.resolve(long), "1\n")
            val turns = (0 until TURNS).joinToString(",") { turn ->
                val reads = (0 until 100).joinToString(",") {
                    """{"tool":"read","args":{"filePath":"${if (it == 50) long else "src/queue.ts"}","limit":${turn * 100 + it + 1}}}"""
                }
                val lists = (0 until 60).joinToString(",") {
                    """{"tool":"todowrite","args":{"todos":[{"content":"step $turn $it","status":"pending","priority":"low"}]}}"""
                }
                "[$reads,$lists]"
            }
            model.script("""[$turns,[{"text":"All called."}]]""")
            type("Call everything")
            wait("the end", 60) { idle() && answers().any { it == "All called." } }
            lively("many calls")
            scroll(-30_000)
            scroll(1_000_000)
            picture("many-calls")
            usable("many calls")
        },
        "all of that stays in bounds" to {
            System.gc()
            val used = (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) / 1_000_000
            println("The l BadInput heap after all: $used MB")
            check(used < MOST_HEAP) { "$used MB are held" }
            val id = checkNotNull(edt { workspace.current.value.id })
            edt { workspace.create() }
            wait("an empty session") { rows().isEmpty() }
            edt { workspace.select(id) }
            wait("the session again") { rows().size > 5 }
            lively("opening it again")
            usable("all")
        },
    ),
    // It has a bound of its own.
    guarded = false,
) {
    /** A project whose own files have such names. */
    override fun prepare(project: Path) {
        Files.writeString(
            project.resolve("kilo.json"),
            """{"provider":{"own":{"npm":"@ai-sdk/openai-compatible","name":${quoted(
                MARKUP,
            )},"options":{"baseURL":"http://127.0.0.1:9/v1","apiKey":"k"},"models":{"m":{"name":${quoted(
                MARKUP,
            )}}}}},"agent":{"helper":{"mode":"primary","description":${quoted(
                MARKUP,
            )},"prompt":"x"}},"command":{"markup":{"template":"x","description":${quoted(MARKUP)}}}}""",
        )
    }
}

private const val MARKUP = "<html><b>bold</b><img src='file:///nowhere.png'>"
private const val MOST_HEAP = 350
private const val TURNS = 8
private const val SLOW = 1000L

/** Cursor moves, a link, titles, colours without an end, and beginnings of sequences that never end. */
private val SEQUENCES = listOf(
    "\u001b[2J\u001b[1;1H",
    "\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007",
    "\u001b]0;title\u0007",
    "\u001b[38;5;999999999999m",
    "\u001b[999999999999C",
    "\u001bP1;2|",
    "\u009b31m",
    "\u0000\u0001\u0007\b\b\b\r",
    "\u001b[",
    "\u001b]52;c;aGFjaw==\u0007",
    "\u202e\u2066\u200b",
    "\n",
)

private fun Run.bash(command: String) {
    model.script("""[[{"tool":"bash","args":{"command":"$command","description":"Run"}}],[{"text":"Ran."}]]""")
    type("Run it")
    wait("the decision") { permissions() > 0 && shown("permission.once") }
    edt { workspace.reply(workspace.permissions.value.first(), PermissionReply.ONCE) }
    wait("that it ran") {
        rows().any { ((it as? RowBody.Call)?.part?.state) is ToolState.Completed }
    }
}

/** In pieces as a model sends them: a frame of megabytes is none of the window's troubles. */
private fun pieces(text: String) = text.chunked(40_000).joinToString(",") { quoted(it) }

/** The next prompt is answered, and it is seen. */
private fun Run.usable(after: String) {
    model.forget()
    model.script("""[[{"text":"Still here after $after."}]]""")
    type("And now")
    wait("an answer after $after") { idle() && texts().any { it == "Still here after $after." } }
    plain(after)
}

/** No event since the last look held the thread that paints for long. */
private fun lively(what: String) {
    val busiest = EdtGuard.busiest()
    println("The l busiest event of $what took $busiest ms")
    check(busiest < SLOW) { "$what held the thread that paints for $busiest ms" }
}

/** No text that is shown has anything in it that can't be seen. */
private fun Run.unseen() {
    for (text in texts()) {
        val bad = text.find {
            it in '\u202a'..'\u202e' || it in '\u2066'..'\u2069' || it in "\u200b\u001b\u0000"
        }
        check(bad == null) { "U+%04X is in what is shown: %s".format(bad?.code, text.take(200)) }
    }
}

/** Nothing in any window, list, choice or tooltip is shown as HTML. */
private fun Run.plain(where: String) = edt {
    val found = ArrayList<String>()
    fun look(component: Component, way: String) {
        val here = "$way > ${component.javaClass.simpleName}(${component.name})"
        if (component is JComponent) {
            if (component.getClientProperty("html") != null) found += here
            val tip = component.toolTipText
            if (tip != null) {
                val made = component.createToolTip()
                made.tipText = MARKUP
                if (made.getClientProperty("html") != null && tip.contains("<html>")) found += "$here, its tooltip"
            }
        }
        @Suppress("UNCHECKED_CAST")
        if (component is JList<*>) {
            val renderer = component.cellRenderer as ListCellRenderer<Any?>
            for (i in 0 until minOf(component.model.size, 50)) {
                val value = component.model.getElementAt(i)
                look(
                    renderer.getListCellRendererComponent(component as JList<out Any?>, value, i, i == 0, false),
                    here,
                )
            }
        }
        @Suppress("UNCHECKED_CAST")
        if (component is JComboBox<*>) {
            val renderer = (component.renderer ?: return) as ListCellRenderer<Any?>
            for (i in 0 until minOf(component.itemCount, 50)) {
                val value = component.getItemAt(i)
                look(renderer.getListCellRendererComponent(JList<Any?>(), value, i, i == 0, false), here)
            }
        }
        if (component is Container) component.components.forEach { look(it, here) }
    }
    for (window in java.awt.Window.getWindows()) if (window.isShowing) look(window, "")
    check(found.isEmpty()) { "HTML in $where:\n${found.joinToString("\n")}" }
}

/** A picture that says to be [width] by [height] and has [pixels] compressed in it. */
private fun png(width: Int, height: Int, pixels: ByteArray): ByteArray {
    val out = ByteArrayOutputStream()
    out.write(byteArrayOf(0x89.toByte(), 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))
    fun chunk(type: String, body: ByteArray) {
        val data = DataOutputStream(out)
        data.writeInt(body.size)
        val named = type.toByteArray() + body
        data.write(named)
        data.writeInt(CRC32().apply { update(named) }.value.toInt())
    }
    val head = ByteArrayOutputStream()
    DataOutputStream(head).apply {
        writeInt(width)
        writeInt(height)
        write(byteArrayOf(8, 2, 0, 0, 0))
    }
    chunk("IHDR", head.toByteArray())
    val packed = ByteArrayOutputStream()
    DeflaterOutputStream(packed).use { it.write(pixels) }
    chunk("IDAT", packed.toByteArray())
    chunk("IEND", ByteArray(0))
    return out.toByteArray()
}
