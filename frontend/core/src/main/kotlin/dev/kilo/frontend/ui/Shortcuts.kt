package dev.kilo.frontend.ui

import java.awt.event.ActionEvent
import java.awt.event.InputEvent
import java.awt.event.KeyEvent
import java.util.Locale
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.KeyStroke

/**
 * Something that a key does. Its name is the text `shortcut.ID`, the heading it stands under in the list
 * `shortcut.group.GROUP`, where the group is the id up to the first dot. [action] is null where the component that has
 * the focus handles the keys itself.
 */
public class Shortcut internal constructor(
    public val id: String,
    public val keys: List<KeyStroke>,
    internal val action: (() -> Unit)?,
    internal val applies: () -> Boolean = { true },
) {
    public val text: String get() = Strings["shortcut.$id"]
    internal val group: String get() = Strings["shortcut.group.${id.substringBefore('.')}"]

    /** Null when the key belongs to the component that has the focus. */
    public val run: (() -> Unit)? get() = action

    /** Whether it would do something now; where not, its keys are left to whatever is around the chat. */
    public val enabled: Boolean get() = applies()
}

/** Every action of the chat that has a key. They work while the focus is inside [target]. EDT only. */
internal class Shortcuts(private val target: JComponent) {
    private val known = LinkedHashMap<String, Shortcut>()

    /** In the order in which they were added. */
    val all: List<Shortcut> get() = known.values.toList()

    /**
     * [action] runs at any of [keys], which are written as `KeyStroke.getKeyStroke` takes them. On a Mac `ctrl` means
     * the command key. The first one is shown. A key does one thing: one that is taken is a mistake of the program.
     */
    fun add(id: String, vararg keys: String, applies: () -> Boolean = { true }, action: () -> Unit) {
        val shortcut = Shortcut(id, keys.map(::stroke), action, applies)
        val taken = known.values.find { it.id != id && it.action != null && it.keys.any(shortcut.keys::contains) }
        check(taken == null) { "$id and ${taken?.id} want the same key." }
        known[id] = shortcut
        for (key in shortcut.keys) target.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(key, id)
        target.actionMap.put(
            id,
            object : AbstractAction() {
                override fun actionPerformed(e: ActionEvent?) = action()

                override fun isEnabled() = applies()
            },
        )
    }

    /** Lists [keys] that a component of the chat binds itself, by [bind] or in its own way. */
    fun note(id: String, vararg keys: String) {
        known[id] = Shortcut(id, keys.map(::stroke), null)
    }

    /** [name] with its key, for a tooltip. */
    fun tip(name: String, id: String): String = known[id]?.keys?.firstOrNull()?.let { "$name (${show(it)})" } ?: name

    companion object {
        /** As keyboards of the language have it on them, which Java does not know for all. */
        private val HELD = listOf(
            InputEvent.META_DOWN_MASK to "key.meta",
            InputEvent.CTRL_DOWN_MASK to "key.ctrl",
            InputEvent.ALT_DOWN_MASK to "key.alt",
            InputEvent.SHIFT_DOWN_MASK to "key.shift",
        )
        private val NAMED = mapOf(
            KeyEvent.VK_ENTER to "key.enter",
            KeyEvent.VK_SPACE to "key.space",
            KeyEvent.VK_ESCAPE to "key.escape",
            KeyEvent.VK_BACK_SPACE to "key.backspace",
            KeyEvent.VK_DELETE to "key.delete",
            KeyEvent.VK_UP to "key.up",
            KeyEvent.VK_DOWN to "key.down",
            KeyEvent.VK_LEFT to "key.left",
            KeyEvent.VK_RIGHT to "key.right",
            KeyEvent.VK_HOME to "key.home",
            KeyEvent.VK_END to "key.end",
            KeyEvent.VK_PAGE_UP to "key.pageup",
            KeyEvent.VK_PAGE_DOWN to "key.pagedown",
        )
        private val mac = System.getProperty("os.name").lowercase(Locale.ROOT).startsWith("mac")

        fun stroke(text: String): KeyStroke = requireNotNull(
            KeyStroke.getKeyStroke(if (mac) text.replace("ctrl", "meta") else text),
        ) { "$text is no key stroke" }

        /** As people write it: `Ctrl+Shift+N`. */
        fun show(key: KeyStroke): String {
            val modifiers = if (mac) {
                InputEvent.getModifiersExText(key.modifiers)
            } else {
                HELD.filter { (mask, _) -> key.modifiers and mask != 0 }.joinToString("+") { (_, id) -> Strings[id] }
            }
            val name = when (key.keyCode) {
                0 -> key.keyChar.toString()
                KeyEvent.VK_SLASH -> "/"
                KeyEvent.VK_PLUS -> "+"
                KeyEvent.VK_MINUS -> "-"
                KeyEvent.VK_EQUALS -> "="
                KeyEvent.VK_COMMA -> ","
                KeyEvent.VK_PERIOD -> "."
                else -> NAMED[key.keyCode]?.let { Strings[it] } ?: KeyEvent.getKeyText(key.keyCode)
            }
            return if (modifiers.isEmpty()) name else "$modifiers+$name"
        }

        /** Binds [key] on [target] while it has the focus itself. */
        fun bindFocused(target: JComponent, key: String, action: () -> Unit) =
            bind(target, key, JComponent.WHEN_FOCUSED, action)

        /** Binds [key] on [target] while it or something inside it has the focus. */
        fun bind(target: JComponent, key: String, action: () -> Unit) =
            bind(target, key, JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT, action)

        private fun bind(target: JComponent, key: String, condition: Int, action: () -> Unit) {
            val stroke = stroke(key)
            target.getInputMap(condition).put(stroke, stroke.toString())
            target.actionMap.put(
                stroke.toString(),
                object : AbstractAction() {
                    override fun actionPerformed(e: ActionEvent?) = action()
                },
            )
        }
    }
}
