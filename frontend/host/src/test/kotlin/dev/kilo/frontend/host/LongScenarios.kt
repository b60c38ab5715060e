package dev.kilo.frontend.host

import java.awt.Dimension
import java.awt.event.KeyEvent

/** Transcripts that are large in some way. */
internal object LongScenarios :
    ScenarioList(
        "Long",
        listOf(
            "a line without an end, and a window that changes its size and font meanwhile" to {
                val line = "x".repeat(LINE)
                val words = (0 until 600).joinToString(",") { "\"word $it of many, \"" }
                model.script("""[[{"text":"-","deltas":["$line"," and then ",$words],"every":1}]]""")
                type("Tell me everything")
                wait("the beginning") { answers().any { it.isNotEmpty() } }
                val size = onEdt { window.frame.size }
                for (width in listOf(420, 900, 640)) onEdt { window.frame.size = Dimension(width, size.height) }
                onEdt { window.zoom(2) }
                wait("the end of the turn") { idle() }
                onEdt { window.zoom(0) }
                onEdt { window.frame.size = size }
                check(answers().last().endsWith("word 599 of many, ")) { "the answer is not whole" }
            },
            "the keyboard alone reads older answers, goes from prompt to prompt and back to the newest" to {
                repeat(3) { at ->
                    val paragraphs = (0 until 12).joinToString("\\n\\n") {
                        "Paragraph $it of answer $at. " +
                            "word ".repeat(40)
                    }
                    model.script("""[[{"text":"$paragraphs"}]]""")
                    type("Question $at")
                    wait("the end of the turn") { idle() && answers().last().contains("answer $at") }
                }
                check(view().stuck) { "it does not follow" }
                press(KeyEvent.VK_UP, KeyEvent.VK_ALT)
                wait("a place above the end") { !view().stuck }
                picture("previous-prompt")
                press(KeyEvent.VK_DOWN, KeyEvent.VK_ALT)
                press(KeyEvent.VK_END, KeyEvent.VK_CONTROL)
                wait("the end") { view().stuck }
            },
        ),
    )

private const val LINE = 1_000_000

/** What the transcript tells of itself. */
private class Told(val stuck: Boolean)

private fun Run.view(): Told = onEdt {
    val jump = robot.finder().findAll { it.name == "Jump to newest" && it.isVisible && it.isShowing }
    Told(jump.isEmpty())
}
