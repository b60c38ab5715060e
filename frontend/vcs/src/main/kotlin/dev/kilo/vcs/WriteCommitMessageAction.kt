package dev.kilo.vcs

import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.DataKey
import com.intellij.openapi.editor.Document
import com.intellij.openapi.project.DumbAwareAction
import com.intellij.openapi.vcs.VcsDataKeys

/** Lets the agent write the message of a commit; while it writes, stops it. Named by the module's descriptor. */
internal class WriteCommitMessageAction : DumbAwareAction() {
    init {
        // The commit window may be a dialog.
        setEnabledInModalContext(true)
    }

    override fun getActionUpdateThread(): ActionUpdateThread = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) {
        val project = event.project
        val shown = project != null && event.getData(VcsDataKeys.COMMIT_MESSAGE_CONTROL) != null
        event.presentation.setEnabledAndVisible(shown)
        if (!shown) return
        val writing = CommitMessages.of(project).writing
        event.presentation.setText(texts(if (writing) "action.stop" else "action.write"))
    }

    override fun actionPerformed(event: AnActionEvent) {
        val project = event.project ?: return
        val control = event.getData(VcsDataKeys.COMMIT_MESSAGE_CONTROL) ?: return
        CommitMessages.of(project).toggle(MessageField(control, event.getData(DOCUMENT)))
    }

    private companion object {
        /**
         * The field's text, to tell a proposal that still stands there. By name: the platform's own constant for it is not in every
         * version, and a missing constant would break the action, while a missing value is only nothing to compare with.
         */
        val DOCUMENT: DataKey<Document> = DataKey.create("COMMIT_MESSAGE_DOCUMENT")
    }
}
