package dev.kilo.frontend.host

import java.awt.event.KeyEvent

/** The list of sessions and the ways between them. */
internal object SessionsScenarios : ScenarioList(
    "Sessions",
    listOf(
        "F1 lists all keys, and Esc leads back to where one was" to {
            keys("half a thought")
            press(KeyEvent.VK_F1)
            wait("the list of keys") { shown("shortcuts") && !shown("composer") }
            picture("shortcuts")
            press(KeyEvent.VK_ESCAPE)
            wait("the composer") { shown("composer") && focus() == "composer" }
            check(frame.textBox("composer").text() == "half a thought") { "the draft is gone" }
            clear()
        },
    ),
)
