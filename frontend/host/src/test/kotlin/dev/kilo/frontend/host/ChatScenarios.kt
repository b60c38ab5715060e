package dev.kilo.frontend.host

import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.model.ModelRef
import java.awt.event.KeyEvent
import java.nio.file.Files

/** The way through a conversation: prompt, answer, decisions, failures, sessions. */
internal object ChatScenarios : ScenarioList(
    "Chat",
    listOf(
        "a typed prompt is sent with Enter and its answer streams in" to {
            model.script("""[[{"text":"Hello **Ada**, this is the answer.","every":5}]]""")
            type("Say hello")
            wait("the answer") { answers().any { "this is the answer" in it } }
            wait("the end of the turn") { idle() }
            check(rows().any { it is RowBody.Footer }) { "no footer" }
        },
        "Allow once changes the file on disk, and the decision never had the focus" to {
            model.script(
                """[[{"tool":"edit","args":{"filePath":"src/login.test.ts","oldString":"sleep(500)","newString":"queue.idle()"}}],[{"text":"Changed."}]]""",
            )
            type("Wait for the queue")
            val before = Files.readString(file)
            wait("the decision") { permissions() > 0 && shown("permission.once") }
            picture("decision")
            check(focus() == "composer") { "the focus went to ${focus()}" }
            check(Files.readString(file) == before) { "changed before it was allowed" }
            click("permission.once")
            wait("the changed file") { "queue.idle()" in Files.readString(file) }
            wait("the end of the turn") { idle() && answers().any { it == "Changed." } }
        },
        "keys that are meant for the composer do not answer a decision" to {
            model.script("""[[{"tool":"bash","args":{"command":"touch made-by-agent","description":"Make a file"}}]]""")
            type("Make a file")
            wait("the decision") { permissions() > 0 && shown("permission.reject") }
            keys("yo a ")
            check(permissions() == 1) { "a key answered" }
            click("permission.reject")
            wait("the end of the turn") { idle() }
            check(!Files.exists(directory.resolve("made-by-agent"))) { "it ran although it was rejected" }
            clear()
        },
        "a decision that is made with the keys gives the focus back to the composer" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"touch by-keys","description":"Make a file"}}],[{"text":"Made."}]]""",
            )
            type("Make a file by keys")
            wait("the decision") { permissions() > 0 && shown("permission.once") }
            press(KeyEvent.VK_P, KeyEvent.VK_ALT)
            wait("the focus on the decision") { focus() == "permission" }
            wait("the guard to end") { edt { find("permission.once").isEnabled } }
            press(KeyEvent.VK_O, KeyEvent.VK_ALT)
            wait("the focus in the composer") { focus() == "composer" }
            wait("the end of the turn") { idle() && answers().any { it == "Made." } }
        },
        "a question is answered by a click on an option, and by nothing that is meant for the composer" to {
            model.script(
                """[[{"tool":"question","args":{"questions":[{"header":"Color","question":"Which color shall the button have?","options":[{"label":"Red","description":"As warnings have it"},{"label":"Blue","description":"As links have it"}]}]}}],[{"text":"Blue it is."}]]""",
            )
            type("Give it a color")
            wait("the question") { decisions() > 0 && shown("question.option.0.1") }
            picture("question")
            check(focus() == "composer") { "the focus went to ${focus()}" }
            keys("ad ")
            check(decisions() == 1) { "a key answered" }
            clear()
            click("question.option.0.1")
            wait("the answer") { answers().any { it == "Blue it is." } }
            wait("the end of the turn") { idle() && decisions() == 0 }
            check(toolOutput("question").orEmpty().contains("\"Blue\"")) { "the model heard ${toolOutput("question")}" }
        },
        "several questions take check marks and own words, and can be dismissed" to {
            val questions =
                """{"questions":[{"header":"Files","question":"Which files?","multiple":true,"options":[{"label":"login.test.ts","description":""},{"label":"queue.ts","description":"The queue itself"}]},{"header":"Name","question":"What shall it be called?","options":[]}]}"""
            model.script(
                """[[{"tool":"question","args":$questions}],[{"text":"Thanks."}],[{"tool":"question","args":$questions}]]""",
            )
            type("Ask me")
            wait("the questions") { decisions() > 0 && shown("question.answer") }
            click("question.answer")
            // The hint moves the boxes above it up: only then may the mouse aim at them.
            wait("the hint") { shown("question.hint") }
            robot.waitForIdle()
            check(decisions() == 1) { "an empty answer was sent" }
            check("question.option.0.0")
            check("question.option.0.1")
            write("question.custom.1", "Ada")
            picture("questions")
            click("question.answer")
            wait("the review") { shown("question.send") }
            check(decisions() == 1) { "it was sent without a review" }
            picture("questions-review")
            click("question.send")
            wait("the answer") { answers().any { it == "Thanks." } && idle() }
            val heard = toolOutput("question").orEmpty()
            check("\"login.test.ts\", \"queue.ts\"" in heard && "\"Ada\"" in heard) { heard }
            type("Ask me again")
            wait("the questions") { decisions() > 0 && shown("question.dismiss") }
            click("question.dismiss")
            wait("the end of the turn") { idle() && decisions() == 0 }
        },
        "what a sub-agent asks is decided in the session that sent it" to {
            model.script(
                """[[{"tool":"task","args":{"description":"Name the queue","prompt":"Change it","subagent_type":"general"}}],[{"tool":"edit","args":{"filePath":"src/queue.ts","oldString":"resolves","newString":"ends"}}],[{"text":"Changed."}],[{"text":"The sub-agent is done."}]]""",
            )
            type("Let another do it")
            wait("the decision") { permissions() > 0 && shown("permission.once") && shown("decision.sub") }
            picture("sub-agent")
            click("permission.once")
            wait("the changed file") { "ends when" in Files.readString(directory.resolve("src/queue.ts")) }
            wait("the end of the turn") { idle() && answers().any { it == "The sub-agent is done." } }
        },
        "Stop ends a turn that hangs" to {
            model.script("""[[{"text":"This takes "},{"hang":true}]]""")
            type("Take your time")
            wait("the beginning of the answer") { answers().any { it.startsWith("This takes") } }
            click("stop")
            wait("the end of the turn") { idle() }
            wait("the mark of the stop") { rows().any { it is RowBody.Failure && it.stopped } }
        },
        "a provider's error is one readable message and the session goes on" to {
            model.script("""[[{"error":{"status":400,"message":"The model is on strike"}}],[{"text":"Back again."}]]""")
            type("Fail please")
            wait("the message") { rows().any { it is RowBody.Failure && "on strike" in it.error.message } }
            wait("the end of the turn") { idle() }
            type("And again")
            wait("the answer") { answers().any { it == "Back again." } }
            wait("the end of the turn") { idle() }
        },
        "a model and a provider that do not exist are one readable message each" to {
            for (model in listOf(ModelRef("fake", "nowhere"), ModelRef("nobody", "m1"))) {
                val before = problems()
                edt { workspace.current.value.pick(model = model) }
                type("Ask $model")
                wait("a message about $model") { problems().size > before.size }
                val new = problems().drop(before.size)
                check(new.size == 1 && new[0].isNotBlank() && "Exception" !in new[0]) { "$new" }
                clear()
            }
            edt { workspace.current.value.pick(model = ModelRef("fake", "m1")) }
            this.model.script("""[[{"text":"Back again."}]]""")
            val known = answers().size
            type("And now")
            wait("the answer") { answers().size > known }
            wait("the end of the turn") { idle() }
        },
        "a session can be renamed and deleted" to {
            val model = edt { workspace.current.value }
            edt { model.rename("Queue work") }
            wait("the new name") { edt { workspace.sessions.value.any { it.title == "Queue work" } } }
            val id = checkNotNull(edt { model.id })
            this.model.script("""[[{"text":"Another."}]]""")
            edt { workspace.create() }
            type("Something else")
            wait("the other session") { answers().any { it == "Another." } && idle() }
            val other = checkNotNull(edt { workspace.current.value.id })
            edt { workspace.delete(other) }
            wait("that it is gone") { edt { workspace.sessions.value.none { it.id == other } } }
            edt { workspace.select(id) }
            wait("the first session") { answers().any { it == "Back again." } }
        },
        "a new session is empty and the old one comes back with all it had" to {
            val before = edt { workspace.current.value.id }
            edt { workspace.create() }
            wait("an empty session") { rows().isEmpty() }
            edt { workspace.select(checkNotNull(before)) }
            wait("the old session") { answers().any { it == "Back again." } }
        },
    ),
)
