package dev.kilo.vcs

import com.intellij.openapi.editor.Document
import com.intellij.openapi.vcs.CommitMessageI

/** Where a commit's message is edited. Used on the UI thread. */
internal class MessageField(private val control: CommitMessageI, private val document: Document?) {
    /** What is written there; null where the commit window does not tell. */
    val text: String? get() = document?.text

    fun fill(message: String) = control.setCommitMessage(message)
}
