package dev.kilo.frontend.ide

import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CustomShortcutSet
import com.intellij.openapi.project.DumbAwareAction
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.Shortcut
import javax.swing.KeyStroke

/**
 * Lets the chat's keys come before the IDE's own while the focus is in [view]: the IDE looks for its actions before Swing
 * sees a key, and many keys of the chat mean something in the editor. Where a field has a use of its own for a key, the
 * action stands aside.
 */
internal fun registerKeys(view: ChatView) {
    for (shortcut in view.keys) {
        if (shortcut.run == null) continue
        for (key in shortcut.keys) {
            KeyAction(view, shortcut, key).registerCustomShortcutSet(CustomShortcutSet(key), view)
        }
    }
}

private class KeyAction(private val view: ChatView, private val shortcut: Shortcut, private val key: KeyStroke) :
    DumbAwareAction(shortcut.text, null, null) {
    override fun getActionUpdateThread(): ActionUpdateThread = ActionUpdateThread.EDT

    override fun update(event: AnActionEvent) {
        event.presentation.setEnabled(shortcut.enabled && view.takes(key))
    }

    override fun actionPerformed(event: AnActionEvent) {
        shortcut.run?.invoke()
    }
}
