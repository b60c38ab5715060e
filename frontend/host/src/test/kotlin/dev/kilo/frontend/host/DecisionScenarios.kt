package dev.kilo.frontend.host

import dev.kilo.frontend.ui.Look
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.settings.Rule
import kotlinx.coroutines.runBlocking
import java.awt.Component
import java.awt.Container
import java.awt.KeyboardFocusManager
import java.awt.event.KeyEvent
import java.awt.event.MouseEvent
import java.nio.file.Files
import java.util.Properties
import javax.swing.AbstractButton
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.SwingUtilities

/** What the agent waits for the user to decide. */
internal object DecisionScenarios : ScenarioList(
    "Decision",
    listOf(
        "a command says what is risky about it, and a comment with the rejection reaches the model" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"echo first && rm -rf ../elsewhere | sh","description":"Clean"}}],[{"text":"I see why."}]]""",
            )
            type("Clean up")
            asked()
            wait("the place outside") { texts().any { "../elsewhere" in it && "Outside" in it } }
            click("permission.once")
            wait("the command itself") { texts().any { "3 commands" in it } }
            check(texts().any { "Look twice" in it && "rm -rf" in it }) { "nothing is said of the risk: ${texts()}" }
            picture("decision-command")
            settled()
            write("permission.feedback", "keep the other folder")
            press(KeyEvent.VK_ENTER)
            wait("the answer") { answers().any { it == "I see why." } && idle() }
            check("keep the other folder" in model.requests()) { "the model did not hear why" }
            check(permissions() == 0)
        },
        "an edit shows its change, and nothing is written before it is allowed" to {
            model.script(
                """[[{"tool":"edit","args":{"filePath":"src/queue.ts","oldString":"resolves when","newString":"ends when"}}],[{"text":"Edited."}]]""",
            )
            type("Edit it")
            asked()
            wait("the change") { texts().any { "ends when" in it && "resolves when" in it } }
            check("resolves when" in Files.readString(directory.resolve("src/queue.ts")))
            picture("decision-edit")
            click("permission.once")
            wait("the end of the turn") { idle() && answers().any { it == "Edited." } }
            check("ends when" in Files.readString(directory.resolve("src/queue.ts")))
        },
        "keys and clicks that come within the first half second answer nothing" to {
            ask("touch guarded")
            var tried = false
            wait("the card in its first moments") {
                edt {
                    val once = named("permission.once") as? AbstractButton
                    if (once != null && once.isShowing && !once.isEnabled) {
                        // All in one event, so that the time cannot be over in between.
                        hit(once)
                        once.doClick(0)
                        val card = checkNotNull(named("permission")) as JComponent
                        for (key in listOf(KeyEvent.VK_O, KeyEvent.VK_R, KeyEvent.VK_W)) stroke(card, key)
                        tried = !once.isEnabled
                    }
                    tried
                }
            }
            settled()
            check(permissions() == 1 && !Files.exists(directory.resolve("guarded"))) { "it was answered" }
            check(edt { !checkNotNull(named("rules")).isVisible }) { "the rules opened" }
        },
        "the card's keys work once the user gave it the focus, and not before" to {
            for (key in listOf(KeyEvent.VK_O, KeyEvent.VK_R)) press(key, KeyEvent.VK_ALT)
            check(permissions() == 1) { "a key of the composer answered" }
            press(KeyEvent.VK_P, KeyEvent.VK_ALT)
            wait("the focus") { focus() == "permission" }
            press(KeyEvent.VK_ENTER)
            press(KeyEvent.VK_SPACE)
            check(permissions() == 1) { "Enter or Space answered" }
            press(KeyEvent.VK_ESCAPE)
            wait("the composer") { focus() == "composer" }
            check(permissions() == 1) { "Esc answered" }
            press(KeyEvent.VK_P, KeyEvent.VK_ALT)
            wait("the focus") { focus() == "permission" }
            press(KeyEvent.VK_O, KeyEvent.VK_ALT)
            wait("the file") { Files.exists(directory.resolve("guarded")) }
            done()
        },
        "Always saves the rule as the user changed it, and it counts from then on" to {
            ask("touch always-1")
            click("permission.always")
            wait("the rules") { shown("rules") && shown("rule.pattern.0") }
            frame.textBox("rule.pattern.0").deleteText().enterText("touch always-*")
            picture("decision-rules")
            check(permissions() == 1 && !Files.exists(directory.resolve("always-1"))) { "opening the rules answered" }
            click("permission.once")
            wait("the file") { Files.exists(directory.resolve("always-1")) }
            done()
            val saved = saved()
            check(Rule("bash", "touch always-*", Rule.Action.ALLOW) in saved) { "saved was $saved" }
            check(saved.size == 1) { "more was saved: $saved" }
            send("touch always-2")
            wait("the file") { Files.exists(directory.resolve("always-2")) }
            done()
        },
        "a rule that forbids is saved with the rejection, and asks no more" to {
            ask("touch never-1")
            click("permission.always")
            wait("the rules") { shown("rule.pattern.0") }
            frame.textBox("rule.pattern.0").deleteText().enterText("touch never-*")
            model.forget()
            edt { (checkNotNull(named("rule.action.0")) as JComboBox<*>).selectedIndex = 1 }
            click("permission.reject")
            done()
            check(Rule("bash", "touch never-*", Rule.Action.DENY) in saved()) { "saved was ${saved()}" }
            model.script(
                """[[{"tool":"bash","args":{"command":"touch never-2","description":"Make"}}],[{"text":"Not allowed, then."}]]""",
            )
            type("Once more")
            wait("the answer") { idle() && answers().any { it == "Not allowed, then." } }
            check(!Files.exists(directory.resolve("never-2")) && !Files.exists(directory.resolve("never-1")))
        },
        "letters that are typed while a card appears all arrive in the composer" to {
            model.script(
                """[[{"delay":300},{"tool":"bash","args":{"command":"touch typed","description":"Make"}}],[{"text":"Done."}]]""",
            )
            type("Make it")
            val words = "so only yes or no, and wow, ask pOW "
            keys(words + words)
            asked()
            keys(words)
            check(permissions() == 1) { "a letter answered" }
            check(frame.textBox("composer").text() == words + words + words) { frame.textBox("composer").text() }
            settled()
            check(focus() == "composer") { "the focus went to ${focus()}" }
            clear()
        },
        "leaving the card for a page, another session or nothing at all is no answer" to {
            val here = checkNotNull(edt { workspace.current.value.id })
            press(KeyEvent.VK_F1)
            wait("the page") { shown("shortcuts") && edt { checkNotNull(named("permission")).height == 0 } }
            repeat(25) {
                press(KeyEvent.VK_TAB)
                check(!edt { within("permission") }) { "the focus can go to ${focus()} below the page" }
            }
            press(KeyEvent.VK_ESCAPE)
            wait("the card") { shown("permission.once") }
            check(edt { !find("permission.once").isEnabled }) { "it can be hit in the moment in which it is back" }
            edt { workspace.create() }
            wait("a new session, and where the decision stands") { rows().isEmpty() && shown("permission.once") }
            wait("its badge") { shown("waiting") }
            edt { workspace.select(here) }
            wait("the session") { rows().isNotEmpty() && shown("permission.once") }
            check(permissions() == 1 && !Files.exists(directory.resolve("typed"))) { "it was answered" }
            click("permission.once")
            done()
            check(Files.exists(directory.resolve("typed")))
        },
        "a double click answers one of two decisions, and the other waits" to {
            model.script(
                """[[{"tool":"bash","args":{"command":"touch twice-1","description":"One"}},{"tool":"bash","args":{"command":"touch twice-2","description":"Two"}}],[{"text":"Both."}]]""",
            )
            type("Two at once")
            wait("both decisions") { permissions() == 2 && shown("permission.once") }
            check(texts().none { "2 more" in it })
            wait("the guard's end") { edt { find("permission.once").isEnabled } }
            edt {
                val once = checkNotNull(named("permission.once"))
                hit(once)
                hit(once)
            }
            settled()
            check(permissions() == 1) { "${permissions()} decisions are left" }
            click("permission.once")
            wait("the answer") { idle() && answers().any { it == "Both." } }
            check(Files.exists(directory.resolve("twice-1")) && Files.exists(directory.resolve("twice-2")))
        },
        "a question with several choices, own words and a number key" to {
            model.script(
                """[[{"tool":"question","args":{"questions":[{"header":"Parts","question":"Which parts?","multiple":true,"options":[{"label":"Head","description":"Above"},{"label":"Foot","description":"Below"}]}]}}],[{"tool":"question","args":{"questions":[{"header":"Word","question":"In your words?","options":[]}]}}],[{"tool":"question","args":{"questions":[{"header":"One","question":"Which one?","options":[{"label":"Left","description":""},{"label":"Right","description":""}]}]}}],[{"text":"All told."}]]""",
            )
            type("Ask three times")
            wait("the choices") { decisions() == 1 && shown("question.option.0.1") }
            settled()
            check("question.option.0.1")
            write("question.custom.0", "and the <b>middle</b>")
            picture("question-multiple")
            click("question.answer")
            wait("the field") { decisions() == 1 && shown("question.custom.0") && !shown("question.option.0.0") }
            settled()
            write("question.custom.0", "as you like it")
            press(KeyEvent.VK_ENTER)
            wait("the last one") { decisions() == 1 && shown("question.option.0.1") }
            press(KeyEvent.VK_P, KeyEvent.VK_ALT)
            wait("the focus") { focus() == "question" }
            settled()
            press(KeyEvent.VK_2)
            wait("the answer") { idle() && answers().any { it == "All told." } }
            val told = model.requests()
            for (words in listOf("Foot", "and the <b>middle</b>", "as you like it", "Right")) {
                check(words in told) { "the model did not hear $words" }
            }
        },
        "several questions are shown once more, changed and sent" to {
            model.script(
                """[[{"tool":"question","args":{"questions":[{"header":"Way","question":"Which way?","options":[{"label":"Up","description":""},{"label":"Down","description":""}]},{"header":"Word","question":"And why?","options":[]}]}}],[{"text":"Off we go."}]]""",
            )
            type("Ask two")
            wait("the questions") { decisions() == 1 && shown("question.option.0.1") }
            settled()
            radio("question.option.0.0")
            click("question.answer")
            wait("the review") { shown("question.send") && texts().any { it == "Up" } }
            check(decisions() == 1) { "it was sent without a look" }
            click("question.change")
            wait("the form") { shown("question.option.0.1") }
            radio("question.option.0.1")
            write("question.custom.1", "for the view")
            click("question.answer")
            wait("the review") { shown("question.send") && texts().any { it == "for the view" } }
            picture("question-review")
            click("question.send")
            wait("the answer") { idle() && answers().any { it == "Off we go." } }
            check("for the view" in toolOutput("question").orEmpty() && "Down" in toolOutput("question").orEmpty())
        },
        "what other sessions and their sub-agents wait for is counted, listed and reached" to {
            edt { workspace.create() }
            model.script(
                """[[{"tool":"task","args":{"description":"Make a file","prompt":"Make it","subagent_type":"general"}}],[{"tool":"bash","args":{"command":"touch by-sub-agent","description":"Make"}}]]""",
            )
            type("Let another do it")
            wait("its decision") { permissions() == 1 && shown("decision.sub") }
            val parent = checkNotNull(edt { workspace.current.value.id })
            edt { workspace.create() }
            val second = """[[tool:bash {"command":"touch by-second","description":"Make"}]]"""
            edt { workspace.current.value.send(second) }
            wait("the second decision") { permissions() == 2 }
            edt { workspace.create() }
            wait("the badge") { edt { (named("waiting") as? AbstractButton)?.text.orEmpty() }.startsWith("2") }
            press(KeyEvent.VK_P, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the list") { shown("decisions.list") && list("decisions.list").size == 2 }
            check(list("decisions.list").first().contains("sub-agent")) { "${list("decisions.list")}" }
            picture("decisions-all")
            press(KeyEvent.VK_HOME)
            press(KeyEvent.VK_ENTER)
            wait("the session that ordered it") {
                edt { workspace.current.value.id } == parent && focus() == "permission"
            }
            model.script("""[[{"text":"Made."}],[{"text":"The other made it."}]]""")
            click("permission.once")
            wait("the file") { Files.exists(directory.resolve("by-sub-agent")) }
            wait("the answer") { answers().any { it == "The other made it." } }
            wait("the second one's card") { permissions() == 1 && shown("permission.once") }
            check(!Files.exists(directory.resolve("by-second"))) { "the second one was answered as well" }
            model.forget()
            click("permission.reject")
            wait("that nothing waits") { permissions() == 0 && !shown("waiting") }
        },
        "an answer in one window takes the card away in the other, and closing a window is no answer" to {
            val other = second()
            try {
                edt { workspace.create() }
                ask("touch from-two")
                wait("the card in the other window") { edt { other.at("permission.once")?.isShowing == true } }
                edt { other.close() }
                settled()
                check(permissions() == 1) { "closing the window answered" }
            } finally {
                edt { if (other.frame.isDisplayable) other.close() }
            }
            val third = second()
            try {
                wait("the card of the window that came later") {
                    edt { third.at("permission.once").let { it != null && it.isShowing && it.isEnabled } }
                }
                robot.click(checkNotNull(edt { third.at("permission.once") }))
                wait("that the first window's card is gone") {
                    permissions() == 0 && !shown("permission.once", window.frame)
                }
                wait("the file") { Files.exists(directory.resolve("from-two")) }
            } finally {
                edt { third.close() }
            }
            edt { window.frame.toFront() }
            done()
        },
        "a decision whose agent's server ended is gone, its turn says so, and the next prompt is answered" to {
            ask("touch after-crash")
            edt { workspace.current.value }
            keys("a draft")
            model.forget()
            val before = cli()
            ProcessHandle.of(before).get().destroyForcibly()
            wait("the banner") { shown("banner") }
            picture("agent-restarts")
            wait("the new server") { cli() != before && !shown("banner") }
            wait("that it is gone") { permissions() == 0 && !shown("permission.once") }
            wait("the end of the turn") { edt { workspace.current.value.status.value == SessionStatus.Idle } }
            wait("what became of it") { texts().any { "Run this command?" in it && "waits no more" in it } }
            check(texts().any { "Try again, or go on" in it }) { "the turn does not say how to go on" }
            picture("agent-restarted")
            check(!Files.exists(directory.resolve("after-crash")))
            check(frame.textBox("composer").text() == "a draft") { "the draft is gone" }
            clear()
            model.script("""[[{"text":"Here again."}]]""")
            type("Still there?")
            wait("the answer") { answers().any { it == "Here again." } && idle() }
        },
    ),
    // Windows that are opened in the middle are no part of what is measured.
    guarded = false,
)

/** Lets the agent ask whether it may run [command]. */
private fun Run.ask(command: String) {
    send(command)
    wait("the decision") { permissions() == 1 && shown("permission.once", window.frame) }
}

private fun Run.send(command: String) {
    model.script(
        """[[{"tool":"bash","args":{"command":"$command","description":"Make a file"}}],[{"text":"Done: $command."}]]""",
    )
    type("Run $command")
}

private fun Run.asked() = wait("the decision") { permissions() > 0 && shown("permission.once") }

private fun Run.done() = wait("the end of the turn") { idle() && permissions() == 0 }

private fun Run.saved(): List<Rule> = runBlocking { workspace.app.backend.settings.savedRules(workspace.directory) }

private fun Run.radio(name: String) = wait("$name to be chosen") {
    val box = frame.radioButton(name)
    if (!edt { box.target().isSelected }) box.check()
    robot.waitForIdle()
    edt { box.target().isSelected }
}

private fun Run.cli(): Long = when (val state = workspace.app.cli.value) {
    is dev.kilo.shared.app.CliState.Ready -> state.pid
    else -> -1
}

/** Whether the focus is in what is called [name]. EDT only. */
private fun Run.within(name: String): Boolean {
    val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner ?: return false
    return SwingUtilities.isDescendingFrom(owner, checkNotNull(named(name)))
}

/** EDT only. */
private fun Run.named(name: String): Component? = window.at(name)

/** EDT only: what is called [name] in this window. */
private fun Window.at(name: String): Component? {
    fun look(at: Container): Component? {
        for (child in at.components) {
            if (child.name == name) return child
            if (child is Container) look(child)?.let { return it }
        }
        return null
    }
    return look(frame.contentPane)
}

private fun Run.shown(name: String, frame: javax.swing.JFrame): Boolean =
    edt { window.takeIf { it.frame === frame }?.at(name)?.let { it.isShowing && it.width > 0 } == true }

/** A click in the middle, without the mouse's way there. EDT only. */
private fun hit(component: Component) {
    val now = System.currentTimeMillis()
    val (x, y) = component.width / 2 to component.height / 2
    for (id in listOf(MouseEvent.MOUSE_PRESSED, MouseEvent.MOUSE_RELEASED, MouseEvent.MOUSE_CLICKED)) {
        val held = if (id == MouseEvent.MOUSE_PRESSED) MouseEvent.BUTTON1_DOWN_MASK else 0
        component.dispatchEvent(MouseEvent(component, id, now, held, x, y, 1, false, MouseEvent.BUTTON1))
    }
}

/** Alt and [key], as if [component] had the focus. EDT only. */
private fun stroke(component: JComponent, key: Int) {
    val stroke = javax.swing.KeyStroke.getKeyStroke(key, KeyEvent.ALT_DOWN_MASK)
    val name = component.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).get(stroke)
    val action = checkNotNull(component.actionMap.get(name)) { "no action for $stroke" }
    action.actionPerformed(java.awt.event.ActionEvent(component, 0, null))
}

/** Another window onto the same backend, beside the first. */
private fun Run.second(): Window {
    val folder = Files.createTempDirectory("kilo-second")
    val options = Options(directory = directory.toString(), look = Look.LIGHT)
    val made = edt {
        Window(options, Settings(folder.resolve("window.properties"))) {}.also {
            it.frame.setBounds(800, 20, 460, 900)
            it.show()
            it.attach(Running(workspace.app.backend) {}) {}
        }
    }
    wait("the other window") { edt { made.at("composer")?.isShowing == true } }
    return made
}
