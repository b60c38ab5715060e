package dev.kilo.frontend.ide

import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.project.DumbAwareAction
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.ToolWindowManager
import dev.kilo.shared.session.SessionStatus

/** An action of a project's chat. Actions that a descriptor names have their texts there. */
internal abstract class ChatAction : DumbAwareAction {
    constructor() : super()

    constructor(text: String) : super(text, null, null)

    override fun getActionUpdateThread(): ActionUpdateThread = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) {
        event.presentation.setEnabledAndVisible(event.project != null && applies(event))
    }

    override fun actionPerformed(event: AnActionEvent) {
        event.project?.let { run(it, event) }
    }

    protected open fun applies(event: AnActionEvent): Boolean = true

    protected abstract fun run(project: Project, event: AnActionEvent)
}

/** Opens the chat and lets it have the focus. */
internal class OpenChatAction : ChatAction() {
    override fun run(project: Project, event: AnActionEvent) = ProjectChats.of(project).show()
}

/** Starts a new conversation in the tab in front. */
internal class NewSessionAction : ChatAction() {
    override fun run(project: Project, event: AnActionEvent) = ProjectChats.of(project).show {
        it.workspace.create()
        it.focus()
    }
}

/** Opens another chat beside those that are open. */
internal class NewTabAction : ChatAction(texts("action.tab")) {
    override fun run(project: Project, event: AnActionEvent) {
        ToolWindowManager.getInstance(project).getToolWindow(TOOL_WINDOW)?.let(ProjectChats.of(project)::addTab)
    }
}

/** Stops the turn that runs in the tab in front. */
internal class StopAction : ChatAction() {
    override fun getActionUpdateThread(): ActionUpdateThread = ActionUpdateThread.EDT

    override fun update(event: AnActionEvent) {
        val session = event.project?.let { ProjectChats.of(it).current?.chat?.workspace?.current?.value }
        event.presentation.setEnabled(session != null && session.status.value != SessionStatus.Idle)
    }

    override fun run(project: Project, event: AnActionEvent) {
        ProjectChats.of(project).current?.chat?.workspace?.current?.value?.stop()
    }
}

/** Adds the selected files and folders to the prompt. */
internal class AddFileAction : ChatAction() {
    override fun applies(event: AnActionEvent): Boolean = files(event).isNotEmpty()

    override fun run(project: Project, event: AnActionEvent) {
        val paths = files(event)
        ProjectChats.of(project).show { chat ->
            chat.write(paths.joinToString("") { "@${within(chat.workspace.directory, it)} " })
        }
    }

    private fun files(event: AnActionEvent): List<String> {
        val several = event.getData(CommonDataKeys.VIRTUAL_FILE_ARRAY)?.map { it.path }
        return several ?: listOfNotNull(event.getData(CommonDataKeys.VIRTUAL_FILE)?.path)
    }
}

/** Something that is done with the text selected in the editor. */
internal abstract class SelectionAction : ChatAction() {
    override fun applies(event: AnActionEvent): Boolean =
        event.getData(CommonDataKeys.EDITOR)?.selectionModel?.hasSelection() == true

    override fun run(project: Project, event: AnActionEvent) {
        val selection = selection(event) ?: return
        ProjectChats.of(project).show { chat ->
            use(chat, selection.copy(path = selection.path?.let { within(chat.workspace.directory, it) }))
        }
    }

    protected abstract fun use(chat: Chat, selection: Selection)

    private fun selection(event: AnActionEvent): Selection? {
        val editor = event.getData(CommonDataKeys.EDITOR) ?: return null
        val marked = editor.selectionModel
        val text = marked.selectedText ?: return null
        val document = editor.document
        val from = document.getLineNumber(marked.selectionStart) + 1
        val to = document.getLineNumber(marked.selectionEnd) + 1
        val file = event.getData(CommonDataKeys.VIRTUAL_FILE) ?: editor.virtualFile
        return Selection(file?.path, from, to, text)
    }
}

/** Adds the selection to the prompt that is being written. */
internal class SendSelectionAction : SelectionAction() {
    override fun use(chat: Chat, selection: Selection) = chat.write(quoted(selection))
}

/** Asks for something about the selection at once. */
internal abstract class AskAction(private val key: String) : SelectionAction() {
    override fun use(chat: Chat, selection: Selection) =
        chat.workspace.current.value.send("${texts(key)}\n\n${quoted(selection)}")
}

internal class ExplainAction : AskAction("prompt.explain")

/** For the text of a problem: a compiler's or a test's output, an exception, a log. */
internal class ExplainProblemAction : AskAction("prompt.problem")

internal class FixAction : AskAction("prompt.fix")

internal class WriteTestsAction : AskAction("prompt.tests")
