package com.intellij.openapi.fileEditor

import dev.kilo.plugin.host.Host
import javax.swing.SwingUtilities

public abstract class FileDocumentManager {
    public abstract fun saveAllDocuments()

    public companion object {
        @JvmStatic
        public fun getInstance(): FileDocumentManager = object : FileDocumentManager() {
            override fun saveAllDocuments() {
                check(SwingUtilities.isEventDispatchThread()) { "Documents are saved on the UI thread only." }
                Host.saved.incrementAndGet()
            }
        }
    }
}
