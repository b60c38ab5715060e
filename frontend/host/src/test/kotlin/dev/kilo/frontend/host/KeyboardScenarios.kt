package dev.kilo.frontend.host

import dev.kilo.shared.model.ModelRef
import java.awt.Component
import java.awt.KeyboardFocusManager
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.awt.event.KeyEvent
import javax.accessibility.AccessibleRole
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JPopupMenu
import javax.swing.MenuSelectionManager

/** The window without a mouse. */
internal object KeyboardScenarios : ScenarioList(
    "Keyboard",
    listOf(
        "the conversation is one stop of the Tab key, and leads back to the composer" to {
            model.script(
                """[[{"text":"Looking."},{"tool":"read","input":{"filePath":"src/queue.ts"}}],""" +
                    """[{"text":"See [the guide](https://example.org/guide) and [queue](src/queue.ts#L2).\n\n```ts\nqueue.idle()\n```\n\nDone."}]]""",
            )
            type("Where is the queue?")
            wait("the answer") { answers().any { "Done." in it } && idle() }
            press(KeyEvent.VK_T, KeyEvent.VK_ALT)
            wait("a row with the focus") { row() != null }
            press(KeyEvent.VK_TAB)
            check(row() == null) { "Tab stays in the conversation: ${row()}" }
            press(KeyEvent.VK_TAB, KeyEvent.VK_SHIFT)
            wait("the conversation again") { row() != null }
            press(KeyEvent.VK_TAB, KeyEvent.VK_SHIFT)
            check(row() == null) { "Shift+Tab stays in the conversation: ${row()}" }
            press(KeyEvent.VK_T, KeyEvent.VK_ALT)
            wait("a row with the focus") { row() != null }
            press(KeyEvent.VK_ESCAPE)
            wait("the composer") { focus() == "composer" }
        },
        "arrow keys go from row to row, and each says what it is" to {
            press(KeyEvent.VK_T, KeyEvent.VK_ALT)
            wait("a row") { row() != null }
            val names = HashSet<String>()
            repeat(8) {
                row()?.let(names::add)
                press(KeyEvent.VK_UP)
            }
            row()?.let(names::add)
            check(names.any { it.startsWith("You: Where is the queue?") }) { names.toString() }
            check(names.any { it.startsWith("Answer: See") }) { names.toString() }
            picture("keyboard-row")
        },
        "Enter opens what a row has, and folds it again" to {
            to("Looked at")
            val before = edt { window.frame.height to height() }
            press(KeyEvent.VK_ENTER)
            wait("it to be open") { height() > before.second }
            press(KeyEvent.VK_ENTER)
            wait("it to be folded") { height() == before.second }
        },
        "the links and the code of an answer are walked, followed and copied" to {
            to("Answer: See")
            press(KeyEvent.VK_RIGHT)
            wait("the first link") { described().startsWith("Link to https://example.org/guide") }
            picture("keyboard-link")
            press(KeyEvent.VK_RIGHT)
            wait("the second link") { "queue.ts" in described() }
            press(KeyEvent.VK_ENTER)
            check("queue.ts" in clipboard()) { "Without an editor its path is copied, not ${clipboard()}" }
            // The bar with the buttons stands above the code.
            var steps = 0
            while (!described().startsWith("Code.") && steps++ < 6) press(KeyEvent.VK_RIGHT)
            check(described().startsWith("Code.")) { "no code after $steps steps: ${described()}" }
            press(KeyEvent.VK_C, KeyEvent.VK_CONTROL)
            check(clipboard().trim() == "queue.idle()") { clipboard() }
            picture("keyboard-code")
            repeat(steps + 2) { press(KeyEvent.VK_LEFT) }
            wait("the row itself") { owner()?.accessibleContext?.accessibleRole == AccessibleRole.LIST_ITEM }
        },
        "the menu of a row opens by keyboard" to {
            to("You: Where")
            press(KeyEvent.VK_F10, KeyEvent.VK_SHIFT)
            wait("the menu") { edt { MenuSelectionManager.defaultManager().selectedPath.size > 1 } }
            val menu = edt { MenuSelectionManager.defaultManager().selectedPath.first().component as JPopupMenu }
            check(menu.name == "row.menu")
            edt { MenuSelectionManager.defaultManager().clearSelectedPath() }
        },
        "a mode and a model are picked by typing and arrows" to {
            keys("")
            press(KeyEvent.VK_M, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the picker") { shown("picker.list") }
            wait("its keys") { focus()?.startsWith("picker") == true }
            val all = edt { (find("picker.list") as JList<*>).model.size }
            if (edt { shown("picker.search") }) {
                robot.enterText("thinker")
                wait("what fits") { edt { (find("picker.list") as JList<*>).model.size } < all }
            } else {
                press(KeyEvent.VK_DOWN)
            }
            press(KeyEvent.VK_ENTER)
            wait("the other model") { edt { workspace.current.value.choice.value.model } == ModelRef("fake", "m2") }
            wait("the composer") { focus() == "composer" }
            val mode = edt { workspace.current.value.choice.value.agent }
            press(KeyEvent.VK_PERIOD, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the modes") { shown("picker.list") && focus()?.startsWith("picker") == true }
            press(KeyEvent.VK_ESCAPE)
            wait("no picker") { !shown("picker.list") }
            check(edt { workspace.current.value.choice.value.agent } == mode) { "Esc is no choice." }
            press(KeyEvent.VK_R, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
            wait("the efforts") { shown("picker.list") && focus()?.startsWith("picker") == true }
            press(KeyEvent.VK_DOWN)
            press(KeyEvent.VK_ENTER)
            wait("an effort") { edt { workspace.current.value.choice.value.variant } != null }
        },
        "a new session offers to go on with an earlier one" to {
            val before = edt { workspace.current.value.id }
            press(KeyEvent.VK_N, KeyEvent.VK_CONTROL)
            wait("the offer") { shown("empty.recent") }
            picture("empty-recent")
            frame.button("empty.recent").click()
            wait("the earlier session") { edt { workspace.current.value.id } == before }
        },
    ),
)

private fun Run.owner(): Component? = edt { KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner }

/** The row that has the focus, or in which it is, by its name. */
private fun Run.row(): String? = edt {
    generateSequence(KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner) { it.parent }
        .firstOrNull { it.accessibleContext?.accessibleRole == AccessibleRole.LIST_ITEM }
        ?.accessibleContext?.accessibleName
}

private fun Run.described(): String = edt {
    KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner?.accessibleContext?.accessibleDescription.orEmpty()
}

private fun Run.clipboard(): String =
    edt { Toolkit.getDefaultToolkit().systemClipboard.getData(DataFlavor.stringFlavor) as String }

private fun Run.height(): Int = edt {
    (KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner as JComponent).height
}

/** Moves the focus to the row whose name begins with [name]. */
private fun Run.to(name: String) {
    press(KeyEvent.VK_T, KeyEvent.VK_ALT)
    wait("a row") { row() != null }
    repeat(20) { press(KeyEvent.VK_DOWN) }
    repeat(20) {
        if (row().orEmpty().startsWith(name)) return
        press(KeyEvent.VK_UP)
    }
    check(row().orEmpty().startsWith(name)) { "no row $name; the rows are ${rows().map { it::class.simpleName }}" }
}
