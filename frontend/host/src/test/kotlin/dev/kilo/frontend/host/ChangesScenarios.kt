package dev.kilo.frontend.host

import dev.kilo.frontend.model.changes.OpenChange
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.permission.PermissionReply
import org.assertj.swing.fixture.JListFixture
import org.assertj.swing.fixture.JMenuItemFixture
import java.awt.event.KeyEvent
import java.nio.file.Files
import javax.swing.JList
import javax.swing.JMenuItem

/** What the agent changed, and taking it back. */
internal object ChangesScenarios : ScenarioList(
    "Changes",
    listOf(
        "a turn ends with the files that it changed" to {
            val many = (1..60).joinToString("\\n") { "export const value$it = $it" }
            model.script(
                """[[{"tool":"edit","args":{"filePath":"src/login.test.ts","oldString":"  await sleep(500)","newString":"  await queue.idle()"}},
                    {"tool":"edit","args":{"filePath":"src/login.test.ts","oldString":"toHaveLength(1)","newString":"toHaveLength(2)"}},
                    {"tool":"write","args":{"filePath":"src/values.ts","content":"$many\n"}}],
                    [{"tool":"bash","args":{"command":"rm package.json","description":"Remove a file"}}],[{"text":"Three files."}]]""",
            )
            type("Change some files")
            allow { idle() && rows().any { it is RowBody.Changes } }
            val expected = setOf("src/login.test.ts", "src/values.ts", "package.json")
            // What the last step changed is counted after the turn has ended.
            wait("the three files") {
                rows().filterIsInstance<RowBody.Changes>().single().files.map { it.file }.toSet() == expected
            }
            wait("the card") { shown("turn.changes") }
            check(focus() == "composer") { "the focus went to ${focus()}" }
            picture("changes-turn")
        },
        "the page shows one file after the other, in one column and side by side" to {
            click("strip.files")
            wait("the page") { shown("changes.files") && opened() }
            select("src/login.test.ts")
            picture("changes-inline")
            click("changes.sides")
            picture("changes-sides")
            click("changes.tree")
            picture("changes-tree")
            click("changes.tree")
            click("changes.sides")
            press(KeyEvent.VK_F7)
            press(KeyEvent.VK_F7)
            wait("the next file") { file() != "src/login.test.ts" }
        },
        "a hunk is undone on the disk, and brought back" to {
            select("src/login.test.ts")
            val before = Files.readString(file)
            wait("a button") { shown("hunk.undo.0") }
            click("hunk.undo.0")
            wait("the earlier line") { "sleep(500)" in Files.readString(file) }
            wait("the way back") { shown("changes.back") && !working() }
            picture("changes-undone")
            click("changes.back")
            wait("the change again") { Files.readString(file) == before && !working() }
        },
        "a file that was edited since is left alone, and the page says why" to {
            val before = Files.readString(file)
            Files.writeString(file, before + "// mine\n")
            select("src/login.test.ts")
            click("changes.undo.file")
            wait("the reason") { note().contains("was changed after the agent") && !working() }
            check(Files.readString(file) == before + "// mine\n") { "the edit is lost" }
            picture("changes-conflict")
            Files.writeString(file, before)
        },
        "a new file is kept, and the page closes with Esc" to {
            select("src/values.ts")
            click("changes.keep.file")
            wait("that it is settled") { listed().none { it == "src/values.ts" } && !working() }
            check(Files.exists(directory.resolve("src/values.ts"))) { "it is gone" }
            press(KeyEvent.VK_ESCAPE)
            wait("the conversation") { shown("composer") && !shown("changes.files") }
        },
        "rolling back shows what goes, undoes it, and redo brings all back" to {
            model.script(
                """[[{"tool":"write","args":{"filePath":"src/queue.ts","content":"export const queue = 1\n"}}],[{"text":"Rewritten."}]]""",
            )
            type("Rewrite the queue")
            allow { idle() && answers().any { it == "Rewritten." } }
            val queue = directory.resolve("src/queue.ts")
            wait("the change of the turn") { rows().count { it is RowBody.Changes } == 2 }
            press(KeyEvent.VK_BACK_SPACE, KeyEvent.VK_CONTROL, KeyEvent.VK_ALT)
            wait("the question") { shown("rollback.yes") && frame.button("rollback.yes").isEnabled }
            check("queue = 1" in Files.readString(queue)) { "undone before it was confirmed" }
            picture("rollback-ask")
            click("rollback.yes")
            wait("the earlier file") { "async idle" in Files.readString(queue) }
            wait("the banner") { shown("rollback.done") }
            wait("the prompt's text") { frame.textBox("composer").text() == "Rewrite the queue" }
            check(answers().none { it == "Rewritten." }) { "the answer is still shown" }
            picture("rollback-done")
            clear()
            click("rollback.all")
            wait("the change again") { "queue = 1" in Files.readString(queue) }
            wait("the answer again") { answers().any { it == "Rewritten." } && !shown("rollback.done") }
        },
        "the working tree can be compared with the newest commit" to {
            press(KeyEvent.VK_D, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the page") { shown("changes.files") }
            click("changes.scope")
            wait("the choice") { shown("picker.list") }
            JListFixture(robot, find("picker.list") as JList<*>).clickItem(1)
            wait("the list") { listed().contains("src/values.ts") && opened() }
            picture("changes-uncommitted")
            robot.focus(find("changes.files"))
            press(KeyEvent.VK_ESCAPE)
            wait("the conversation") { shown("composer") }
        },
        "2,000 files and a file of 50,000 lines open at once, and are undone together" to {
            val command = "mkdir many && for i in $(seq 2000); do echo \$i > many/\$i.txt; done; seq 50000 > long.txt"
            model.script(
                """[[{"tool":"bash","args":{"command":"$command","description":"Make many files"}}],[{"text":"Many."}]]""",
            )
            type("Make many files")
            allow { idle() && answers().any { it == "Many." } }
            wait("the files") { edt { workspace.current.value.diff.value.size > 2000 } }
            click("strip.files")
            wait("the page") { shown("changes.files") && listed().size > 2000 && opened() }
            val start = System.nanoTime()
            select("long.txt")
            val lines = edt { (workspace.current.value.changes.open.value as OpenChange.Shown).document?.lines?.size }
            check(lines == 50_000) { "$lines lines" }
            println("A new file of 50,000 lines was shown after ${(System.nanoTime() - start) / 1_000_000} ms.")
            picture("changes-many")
            click("changes.undo.all")
            wait("the question") { shown("changes.undo.all.yes") }
            JMenuItemFixture(robot, find("changes.undo.all.yes") as JMenuItem).click()
            wait("that they are gone") { !Files.exists(directory.resolve("long.txt")) && !working() }
            check(!Files.exists(directory.resolve("many"))) { "some are left" }
            wait("an empty list") { listed().isEmpty() }
            picture("changes-none")
            press(KeyEvent.VK_ESCAPE)
        },
    ),
)

/** Says yes to what the agent asks, until [done]. */
private fun Run.allow(done: () -> Boolean) = wait("the end of the turn") {
    edt { workspace.permissions.value.forEach { workspace.reply(it, PermissionReply.ONCE) } }
    done()
}

private fun Run.listed(): List<String> = edt { workspace.current.value.changes.files.value.map { it.file } }

private fun Run.file(): String? = edt {
    (workspace.current.value.changes.open.value as? OpenChange.Shown)?.change?.file?.file
}

private fun Run.opened(): Boolean = file() != null

private fun Run.working(): Boolean = edt { workspace.current.value.changes.working.value }

private fun Run.note(): String = edt { workspace.current.value.changes.note.value.orEmpty() }

private fun Run.select(name: String) {
    edt { workspace.current.value.changes.select(name) }
    wait("$name to be open") { file() == name }
}
