package dev.kilo.frontend.host

import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionReply
import org.assertj.swing.finder.JFileChooserFinder
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.awt.event.KeyEvent
import java.nio.file.Files
import javax.swing.JMenuItem
import javax.swing.MenuSelectionManager

/** What rows show: Markdown, the cards of tools, what one can copy, find and take out. */
internal object BodyScenarios : ScenarioList(
    "Bodies",
    listOf(
        "an answer in Markdown has its tables, lists, code and links, and no HTML" to {
            model.script("""[[{"text":${quoted(MARKDOWN)}}]]""")
            type("Show me everything")
            wait("the answer") { answers().any { "The end" in it } && idle() }
            edt { workspace.current.value.transcript }
            picture("markdown-end")
            scroll(-600)
            picture("markdown-middle")
            scroll(-900)
            picture("markdown-begin")
        },
        "reads and searches are one line that opens to what was found" to {
            model.script(
                """[[{"tool":"read","args":{"filePath":"src/queue.ts"}},{"tool":"grep","args":{"pattern":"queue"}},{"tool":"glob","args":{"pattern":"**/*.ts"}},{"tool":"list","args":{}}],[{"text":"Four looks."}]]""",
            )
            type("Look around")
            wait("the answer") { answers().any { it == "Four looks." } && idle() }
            picture("explore-closed")
            val row = checkNotNull(edt { workspace.current.value.transcript.rows.last { it.body is RowBody.Explore } })
            val parts = (row.body as RowBody.Explore).parts
            open(row.key, *parts.map { "${row.key}:${it.id}" }.toTypedArray())
            wait("what was found") { edt { texts().any { "src/login.test.ts" in it } } }
            picture("explore-open")
        },
        "a command shows its colours, a progress bar its end, and garbage nothing" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"printf '\\033[1;32m PASS \\033[0m src/login.test.ts\\n\\033[31m FAIL \\033[0m src/queue.test.ts\\n\\033[33m    ● queue › idle\\033[0m\\n\\n  10 %%\\r  50 %%\\r 100 %% done\\n\\033]0;title\\007\\033[38;5;39mTests:\\033[0m 13 passed, \\033[31m1 failed\\033[0m, 14 total\\n'; exit 1","description":"Run the tests"}}],[{"text":"One fails."}]]""",
            )
            type("Run them")
            allow()
            wait("the answer") { answers().any { it == "One fails." } && idle() }
            wait("the output") { edt { texts().any { " 100 % done" in it && "10 %\r" !in it } } }
            picture("terminal")
        },
        "edits show their change, todos a list, and a question its answer" to {
            model.script(
                """[[{"tool":"todowrite","args":{"todos":[{"content":"Find the race","status":"completed","priority":"high"},{"content":"Wait for the queue","status":"in_progress","priority":"high"},{"content":"Run the tests","status":"pending","priority":"low"}]}},{"tool":"edit","args":{"filePath":"src/login.test.ts","oldString":"  await sleep(500)","newString":"  await queue.idle()\n  // nothing is left to send"}}],[{"tool":"question","args":{"questions":[{"header":"Name","question":"What shall the test be called?","options":[{"label":"login sends a mail","description":"as now"},{"label":"login waits","description":"new"}]}]}}],[{"text":"It is called so."}]]""",
            )
            type("Change it")
            allow()
            wait("the question") { decisions() > 0 && shown("question.option.0.1") }
            settled()
            click("question.option.0.1")
            wait("the answer") { answers().any { it == "It is called so." } && idle() }
            wait("the answer in its card") { edt { texts().any { "What shall the test be called?" in it } } }
            picture("edit-todos-question")
        },
        "a sub-agent says what it is at, and its report is there when it is done" to {
            model.script(
                """[[{"tool":"task","args":{"description":"Look at the queue","prompt":"Read the queue and say what idle does","subagent_type":"general"}}],[{"tool":"read","args":{"filePath":"src/queue.ts"}}],[{"text":"**idle** resolves when nothing is left to send."}],[{"text":"The sub-agent knows."}]]""",
            )
            type("Ask another")
            wait("the answer") { answers().any { it == "The sub-agent knows." } && idle() }
            val row = checkNotNull(edt { workspace.current.value.transcript.rows.last { it.body is RowBody.Call } })
            open(row.key)
            wait("the report") { edt { texts().any { "resolves when nothing" in it } } }
            check(shown("task.open")) { "there is no way to the sub-agent's session" }
            picture("sub-agent-report")
        },
        "an image that was read is shown small" to {
            val image = java.awt.image.BufferedImage(1600, 900, java.awt.image.BufferedImage.TYPE_INT_RGB)
            val g = image.createGraphics()
            g.paint = java.awt.GradientPaint(0f, 0f, java.awt.Color(0x2B5DA8), 1600f, 900f, java.awt.Color(0xE3A05B))
            g.fillRect(0, 0, 1600, 900)
            g.dispose()
            javax.imageio.ImageIO.write(image, "png", directory.resolve("shot.png").toFile())
            model.script("""[[{"tool":"read","args":{"filePath":"shot.png"}}],[{"text":"A sunset."}]]""")
            type("What is in the picture?")
            wait("the answer") { answers().any { it == "A sunset." } && idle() }
            picture("image")
        },
        "words are found in the whole session, with their number and a way from one to the next" to {
            press(KeyEvent.VK_F, KeyEvent.VK_CONTROL)
            wait("the field") { focus() == "find.words" }
            robot.enterText("nothing is left")
            wait("the places") { edt { finder().state.value.places.size >= 3 && finder().state.value.place != null } }
            picture("find")
            val first = edt { finder().state.value.at }
            press(KeyEvent.VK_ENTER)
            wait("the next place") { edt { finder().state.value.at } != first }
            press(KeyEvent.VK_ENTER)
            wait("the place after") { edt { finder().state.value.at } > 0 }
            picture("find-next")
            press(KeyEvent.VK_ESCAPE)
            wait("the composer") { focus() == "composer" && !shown("find") }
        },
        "a turn and the session are copied and written to a file as Markdown" to {
            scroll(100_000)
            wait("the end of the session") { edt { texts().any { "A sunset." in it } } }
            val surface = edt { surfaces().last { "A sunset." in it.second } }.first
            choose(surface, "menu.turn")
            wait("the turn") { "What is in the picture?" in clipboard() && "A sunset." in clipboard() }
            choose(surface, "menu.session")
            wait("the session") { "Show me everything" in clipboard() && "One fails." in clipboard() }
            check("FAIL" in clipboard() && "\u001b" !in clipboard()) { "the terminal's output is not plain" }
            val file = directory.resolve("out.md").toFile()
            press(KeyEvent.VK_E, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            val chooser = JFileChooserFinder.findFileChooser().using(robot)
            chooser.fileNameTextBox().setText(file.path)
            chooser.approve()
            wait("the file") { file.exists() && "One fails." in file.readText() }
        },
        "code becomes a file where the agent runs, and is never written over another unasked" to {
            model.script("""[[{"text":"Here:\n\n```ts\nexport const made = 1\n```\n"}]]""")
            type("Write something")
            wait("the answer") { answers().any { "const made" in it } && idle() }
            clickLast("code.create")
            wait("the dialog") { shown("file.name") }
            picture("new-file")
            frame.dialog().textBox("file.name").setText("src/made.ts")
            press(KeyEvent.VK_ENTER)
            wait("the file") { Files.exists(directory.resolve("src/made.ts")) }
            check(Files.readString(directory.resolve("src/made.ts")) == "export const made = 1")
        },
        "five megabytes in one line and bombs of marks don't stop the window" to {
            val bomb =
                "${">".repeat(
                    2000,
                )} deep\n\n${"*".repeat(60_000)}\n\n|${"a|".repeat(3000)}\n|${"-|".repeat(3000)}\n\n" +
                    "- x\n".repeat(4000) + "\n\u202eturned \u0000 around\n\nAfter the bomb."
            val command = "head -c 5000000 /dev/zero | tr '\\\\0' x; printf '\\\\033[31mend\\\\033[99999C'"
            model.script(
                """[[{"tool":"bash","args":{"command":"$command","description":"Much in one line"}}],[{"text":${quoted(
                    bomb,
                )}}]]""",
            )
            type("Blow up")
            allow()
            var slowest = 0L
            wait("the answer") {
                val start = System.nanoTime()
                val there = answers().any { "After the bomb." in it } && idle()
                slowest = maxOf(slowest, System.nanoTime() - start)
                there
            }
            check(slowest < 3_000_000_000) { "the window did not answer for ${slowest / 1_000_000} ms" }
            picture("bomb")
            scroll(-2000)
            scroll(100_000)
        },
        "a turn that failed says why, and can be tried again" to {
            model.script(
                """[[{"error":{"status":400,"message":"The model is on strike"}}],[{"text":"Back at work."}]]""",
            )
            type("Fail please")
            wait("the failure") { rows().any { it is RowBody.Failure } && idle() && shown("failure.retry") }
            picture("failure")
            click("failure.retry")
            wait("the answer") { answers().any { it == "Back at work." } && idle() }
        },
    ),
)

private fun Run.finder() = workspace.current.value.finder

private fun Run.clipboard(): String =
    Toolkit.getDefaultToolkit().systemClipboard.getData(DataFlavor.stringFlavor) as? String ?: ""

/** Answers the decision that is about to come with a click. */
internal fun Run.allow() {
    wait("the decision") { permissions() > 0 && shown("permission.once") }
    edt { workspace.reply(workspace.permissions.value.first(), PermissionReply.ONCE) }
    wait("that it runs") {
        rows().any { row ->
            (row as? RowBody.Call)?.part?.state.let {
                it is ToolState.Running ||
                    it is ToolState.Completed
            }
        }
    }
}

/** Takes an item of the menu of [component]. */
private fun Run.choose(component: java.awt.Component, item: String) {
    robot.showPopupMenu(component)
    val found = robot.finder().findByName(item, JMenuItem::class.java)
    edt {
        found.doClick()
        MenuSelectionManager.defaultManager().clearSelectedPath()
    }
    robot.waitForIdle()
}

private fun Run.clickLast(name: String) {
    val buttons = robot.finder().findAll { it.name == name && it.isShowing }
    robot.click(buttons.last())
}

/** Texts that are shown, with their components. */
internal fun Run.surfaces(): List<Pair<java.awt.Component, String>> {
    val out = ArrayList<Pair<java.awt.Component, String>>()
    fun walk(at: java.awt.Container) {
        for (child in at.components) {
            if (!child.isVisible) continue
            val text = child.javaClass.methods.firstOrNull { it.name == "getPlain" }
            if (text != null) out += child to text.invoke(child) as String
            if (child is java.awt.Container) walk(child)
        }
    }
    walk(window.frame.contentPane)
    return out
}

internal fun Run.texts(): List<String> = surfaces().map { it.second }

/** Opens folds of the transcript by their keys. */
internal fun Run.open(vararg keys: String) = edt {
    val view = robot.finder().find { it.javaClass.simpleName == "TranscriptView" && it.isShowing }
    val open = view.javaClass.getMethod("setOpen", String::class.java, Boolean::class.javaPrimitiveType)
    for (key in keys) open.invoke(view, key, true)
    view.javaClass.getMethod("restyle").invoke(view)
}

internal fun Run.scroll(pixels: Int) = edt {
    val view = robot.finder().find { it.javaClass.simpleName == "TranscriptView" && it.isShowing }
    view.javaClass.getMethod("by", Int::class.javaPrimitiveType).invoke(view, pixels)
}

internal fun quoted(text: String) = buildString {
    append('"')
    for (c in text) {
        when (c) {
            '"' -> append("\\\"")
            '\\' -> append("\\\\")
            '\n' -> append("\\n")
            in '\u0000'..'\u001f' -> append("\\u%04x".format(c.code))
            else -> append(c)
        }
    }
    append('"')
}

private const val MARKDOWN = """# How sending works

The queue in `src/queue.ts:2` is **idle** when nothing is left, *not* when it has slept, and ~~500 ms~~ is no answer.

## What happens

1. `login` puts a mail into the queue
   - with the address
   - and the text
     - in two languages
2. The queue sends it
3. The test looks at the outbox

- [x] Find the race
- [ ] Run the tests

> A test that sleeps is a test that fails.
> It only has not done it yet.

| Run | Before | After | What it means for those who wait for it |
|:----|-------:|------:|---|
| alone | 0.9 s | 0.2 s | It is faster, because nothing sleeps |
| 20 times | 11 failures | **none** | It can be trusted |

### Code

```ts
import { queue } from "./queue"

// resolves when nothing is left to send
test("login sends a mail", async () => {
  await login("ada", 3)
  await queue.idle()
})
```

```json
{ "scripts": { "test": "vitest" }, "retries": 2 }
```

See [the manual](https://example.org/manual), https://example.org/queue and [this file](src/queue.ts:3).
A [trap](https://evil.example/login) says where it leads, and <b>HTML</b> stays text:

<div onclick="steal()">not a button</div>

Hebrew: שלום עולם. Emoji: 👩‍💻 🎉. Combining: é ñ.

The end.
"""
