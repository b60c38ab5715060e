package dev.kilo.frontend.host

import java.awt.Component
import java.awt.Container
import java.awt.Dialog
import java.awt.Frame
import java.awt.KeyboardFocusManager
import java.awt.Window
import javax.accessibility.AccessibleRole
import javax.swing.AbstractButton
import javax.swing.DefaultButtonModel
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JRadioButton
import javax.swing.JSlider
import javax.swing.JSpinner
import javax.swing.text.JTextComponent

/** What a person without a mouse or a screen would miss. */
internal object Accessibility {
    /**
     * Everything shown in [frame], or in the dialog before it, that can be worked with and has no name or no role, or that
     * Tab does not reach. The transcript is one stop, within which the arrow keys go from row to row; offers are chosen from
     * the text field that they belong to.
     */
    fun faults(frame: Frame): List<String> {
        val root = Window.getWindows().lastOrNull { it is Dialog && it.isModal && it.isShowing } ?: frame
        val reached = cycle(root)
        return shown(root).filter { it.isEnabled && works(it) }.flatMap { part ->
            val context = part.accessibleContext
            val name = context?.accessibleName
            listOfNotNull(
                "has no name".takeIf { name.isNullOrBlank() },
                "has no role".takeIf { context == null || context.accessibleRole == AccessibleRole.UNKNOWN },
                "is not reached by Tab".takeIf { !reaches(part, reached) && !within(part, KEYS_OF_THEIR_OWN) },
            ).map { "${describe(part)} $it" }
        }
    }

    private fun reaches(part: Component, reached: Set<Component>): Boolean = part in reached ||
        (part is JComboBox<*> && part.isEditable && part.editor.editorComponent in reached) ||
        // The arrow keys go from one of a group to the next.
        (part is JRadioButton && group(part).any { it in reached })

    private fun group(button: JRadioButton): List<AbstractButton> =
        (button.model as? DefaultButtonModel)?.group?.elements?.toList().orEmpty()

    private fun within(part: Component, names: Set<String>) =
        generateSequence(part) { it.parent }.any { it.name in names }

    private fun works(part: Component) = part is AbstractButton || part is JTextComponent || part is JList<*> ||
        part is JComboBox<*> || part is JSlider || part is JSpinner || part.isFocusOwner

    private fun shown(root: Container): List<Component> = root.components.filter { it.isVisible }.flatMap { child ->
        // What a list, a table or a choice is made of belongs to it.
        val inner = if (child is Container && child !is JComboBox<*> &&
            child !is JList<*>
        ) {
            shown(child)
        } else {
            emptyList()
        }
        listOf(child).filter { it.isShowing && it is JComponent && !it.visibleRect.isEmpty } + inner
    }

    /** Where Tab leads, all the way round from where the focus is or would be. */
    private fun cycle(root: Container): Set<Component> {
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner
        var now: Component? = owner?.takeIf(root::isAncestorOf) ?: root.focusTraversalPolicy?.getDefaultComponent(root)
        val seen = LinkedHashSet<Component>()
        while (now != null && seen.add(now)) {
            val circle = now.focusCycleRootAncestor ?: root
            now = circle.focusTraversalPolicy.getComponentAfter(circle, now)
        }
        return seen
    }

    private fun describe(part: Component) =
        "${part::class.java.simpleName.ifEmpty { part::class.java.superclass.simpleName }} ${part.name.orEmpty()} " +
            "in ${generateSequence(part.parent) { it.parent }.mapNotNull { it.name }.take(2).joinToString(" in ")}"

    private val KEYS_OF_THEIR_OWN = setOf("transcript", "offers")
}
