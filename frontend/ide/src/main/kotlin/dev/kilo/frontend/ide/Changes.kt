package dev.kilo.frontend.ide

import com.intellij.diff.DiffContentFactory
import com.intellij.diff.DiffManager
import com.intellij.diff.requests.SimpleDiffRequest
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.project.Project
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.FileChange
import javax.swing.JMenuItem
import javax.swing.JPopupMenu

/** Shows what the session in front changed in the IDE's diff viewer; asks for the file when there are several. */
internal class ShowChangesAction : ChatAction(texts("action.changes")) {
    override fun run(project: Project, event: AnActionEvent) {
        val tab = ProjectChats.of(project).current ?: return
        val changes = tab.chat?.workspace?.current?.value?.diff?.value.orEmpty()
        if (changes.size == 1) return tab.compare(changes.first())
        val menu = JPopupMenu()
        for (change in changes) {
            menu.add(
                JMenuItem().apply {
                    putClientProperty("html.disable", true)
                    text = change.file
                    addActionListener { tab.compare(change) }
                },
            )
        }
        if (changes.isEmpty()) menu.add(JMenuItem(texts("changes.none")).apply { isEnabled = false })
        menu.show(tab.component, 0, 0)
    }
}

/** Opens the IDE's diff viewer on [change]: the whole file, or its changed places when the file has changed since. */
internal suspend fun showDiff(project: Project, change: FileChange) {
    val patch = change.patch.orEmpty()
    val file = change.file.file
    val whole = change.before?.let { before -> change.after?.let { after -> before to after } }
    val (before, after) = whole ?: run {
        val now = if (change.file.kind == ChangeKind.DELETED) "" else KiloFrontend.instance.readFile(project, file)
        wholeSides(patch, now) ?: sidesOf(patch)
    }
    val contents = DiffContentFactory.getInstance()
    val request =
        SimpleDiffRequest(
            file,
            contents.create(project, before),
            contents.create(project, after),
            texts("changes.before"),
            texts("changes.after"),
        )
    DiffManager.getInstance().showDiff(project, request)
}

/** The changed places of a unified diff as they were and as they are, without what lies between. */
internal fun sidesOf(patch: String): Pair<String, String> {
    val before = StringBuilder()
    val after = StringBuilder()
    var inside = false
    for (line in patch.lineSequence()) {
        val hunk = line.startsWith("@@")
        if (hunk) {
            if (inside) for (side in listOf(before, after)) side.append("\n")
            inside = true
            continue
        }
        if (!inside || line.isEmpty()) continue
        val text = line.drop(1)
        when (line.first()) {
            '-' -> before.appendLine(text)

            '+' -> after.appendLine(text)

            ' ' -> for (side in listOf(before, after)) side.appendLine(text)

            // The end of a file without a line feed, or the head of the next file.
            '\\' -> Unit

            else -> inside = false
        }
    }
    return before.toString() to after.toString()
}
