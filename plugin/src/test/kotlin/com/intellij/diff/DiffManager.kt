package com.intellij.diff

import com.intellij.diff.contents.DocumentContent
import com.intellij.diff.requests.DiffRequest
import com.intellij.diff.requests.SimpleDiffRequest
import com.intellij.openapi.project.Project
import dev.kilo.plugin.host.Host
import javax.swing.SwingUtilities

public abstract class DiffManager {
    public abstract fun showDiff(project: Project?, request: DiffRequest)

    public companion object {
        @JvmStatic
        public fun getInstance(): DiffManager = object : DiffManager() {
            override fun showDiff(project: Project?, request: DiffRequest) {
                check(SwingUtilities.isEventDispatchThread()) { "Viewers are opened on the UI thread only." }
                val sides = (request as SimpleDiffRequest).sides.map { (it as Text).text }
                Host.shownDiffs.add(sides[0] to sides[1])
            }
        }
    }
}

private class Text(val text: String) : DocumentContent

public abstract class DiffContentFactory {
    public abstract fun create(project: Project?, text: String): DocumentContent

    public companion object {
        @JvmStatic
        public fun getInstance(): DiffContentFactory = object : DiffContentFactory() {
            override fun create(project: Project?, text: String): DocumentContent = Text(text)
        }
    }
}
