package dev.kilo.frontend.ide

import com.intellij.openapi.command.WriteCommandAction
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.project.Project

/**
 * Puts [text] into the editor in front, in place of what is selected there, as one step that can be undone. False when no
 * editor is open or it can't be written to. On the UI thread.
 */
internal fun insertAtCaret(project: Project, text: String): Boolean {
    val editor = FileEditorManager.getInstance(project).selectedTextEditor ?: return false
    if (editor.isViewer || !editor.document.isWritable) return false
    // The editor's texts have no other line ends.
    val plain = text.replace("\r\n", "\n").replace('\r', '\n')
    WriteCommandAction.runWriteCommandAction(project) {
        val selection = editor.selectionModel
        val marked = selection.hasSelection()
        val from = if (marked) selection.selectionStart else editor.caretModel.offset
        editor.document.replaceString(from, if (marked) selection.selectionEnd else from, plain)
        editor.caretModel.moveToOffset(from + plain.length)
    }
    return true
}
