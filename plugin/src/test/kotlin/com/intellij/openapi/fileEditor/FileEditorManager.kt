package com.intellij.openapi.fileEditor

import com.intellij.openapi.editor.Editor
import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host
import javax.swing.SwingUtilities

public abstract class FileEditorManager {
    public abstract fun getSelectedTextEditor(): Editor?

    public companion object {
        @JvmStatic
        public fun getInstance(project: Project): FileEditorManager = object : FileEditorManager() {
            override fun getSelectedTextEditor(): Editor? {
                check(SwingUtilities.isEventDispatchThread()) { "The editor is asked for on the UI thread only." }
                return Host.editor
            }
        }
    }
}
