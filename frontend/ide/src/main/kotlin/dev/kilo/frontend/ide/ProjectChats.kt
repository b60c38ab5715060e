package dev.kilo.frontend.ide

import com.intellij.ide.ui.LafManagerListener
import com.intellij.openapi.Disposable
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.components.Service
import com.intellij.openapi.editor.colors.EditorColorsListener
import com.intellij.openapi.editor.colors.EditorColorsManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.ToolWindow
import com.intellij.openapi.wm.ToolWindowManager
import com.intellij.ui.content.ContentFactory
import dev.kilo.frontend.ui.Appearance
import kotlinx.coroutines.CoroutineScope
import java.awt.Font

/** The font of the editor's colour scheme, for code in the chat. */
private fun editorFont(): Font {
    val scheme = EditorColorsManager.getInstance().globalScheme
    return Font(scheme.editorFontName, Font.PLAIN, scheme.editorFontSize)
}

/** The chats of one project's tool window. Used on the UI thread. */
@Service(Service.Level.PROJECT)
internal class ProjectChats(private val project: Project, private val scope: CoroutineScope) : Disposable {
    private val tabs = LinkedHashMap<Any, ChatTab>()

    init {
        Appearance.codeFont = editorFont()
        val bus = ApplicationManager.getApplication().messageBus.connect(this)
        bus.subscribe(LafManagerListener.TOPIC, LafManagerListener { restyle() })
        bus.subscribe(EditorColorsManager.TOPIC, EditorColorsListener { restyle() })
    }

    private val window: ToolWindow? get() = ToolWindowManager.getInstance(project).getToolWindow(TOOL_WINDOW)

    /** The chat in front, null when the tool window was never opened. */
    val current: ChatTab? get() = window?.contentManager?.selectedContent?.let(tabs::get)

    fun addTab(toolWindow: ToolWindow) {
        val contents = toolWindow.contentManager
        val tab = ChatTab(project, scope) { toolWindow.isVisible }
        val number = contents.contentCount + 1
        val title = if (number == 1) texts("tab.first") else texts("tab.more", number)
        val content = ContentFactory.getInstance().createContent(tab.component, title, false)
        tabs[content] = tab
        content.setCloseable(number > 1)
        content.setPreferredFocusableComponent(tab.component)
        content.setDisposer {
            tabs.remove(content)
            tab.dispose()
        }
        contents.addContent(content)
        contents.setSelectedContent(content)
    }

    /** Opens the tool window and hands the chat in front to [action], as soon as it is there. */
    fun show(action: (Chat) -> Unit = Chat::focus) {
        val toolWindow = window ?: return
        toolWindow.activate { current?.whenReady(action) }
    }

    private fun restyle() {
        Appearance.codeFont = editorFont()
        for (tab in tabs.values) tab.restyle()
    }

    override fun dispose() {
        for (tab in tabs.values.toList()) tab.dispose()
        tabs.clear()
    }

    companion object {
        fun of(project: Project): ProjectChats = project.getService(ProjectChats::class.java)
    }
}
