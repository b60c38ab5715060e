package dev.kilo.frontend.ide

import com.intellij.ide.BrowserUtil
import com.intellij.openapi.Disposable
import com.intellij.openapi.project.Project
import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.Elsewhere
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.settings.SettingsView
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import java.awt.BorderLayout
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import javax.swing.JButton
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.SwingConstants

/** A chat that can be used: its view models and its view. */
internal class Chat(val app: AppModel, val workspace: WorkspaceModel, private val view: ChatView) : AutoCloseable {
    fun focus() = view.focus()

    fun write(text: String) = view.write(text)

    fun restyle() = view.restyle()

    /** All settings of this chat's project, for a place of their own; whoever takes them closes them. */
    fun settings(): SettingsView = SettingsView(SettingsModel(workspace), view.host)

    override fun close() {
        view.close()
        workspace.close()
        app.close()
    }
}

/** One tab of the tool window. Shows why there is no chat for as long as there is none. */
internal class ChatTab(private val project: Project, parent: CoroutineScope, private val visible: () -> Boolean) :
    Disposable {
    private val scope = CoroutineScope(parent.coroutineContext + SupervisorJob(parent.coroutineContext[Job]) + edt)
    private val waiting = ArrayList<(Chat) -> Unit>()
    val component: JPanel = JPanel(BorderLayout())

    /** Null until the project's directory is known. */
    var chat: Chat? = null
        private set

    init {
        connect()
    }

    /** Calls [action] with the chat, now or when it is there. */
    fun whenReady(action: (Chat) -> Unit) {
        chat?.let(action) ?: waiting.add(action)
    }

    fun restyle() {
        chat?.restyle()
    }

    override fun dispose() {
        scope.cancel()
        if (chat != null) KiloFrontend.instance.report(this, project, null)
        chat?.close()
        chat = null
        waiting.clear()
        component.removeAll()
    }

    private fun connect() {
        fill(JLabel(texts("connecting"), SwingConstants.CENTER))
        scope.launch {
            try {
                val frontend = KiloFrontend.instance
                val directory = frontend.directory(project)
                ready(AppModel(frontend.backend(), scope, edt, frontend.view, frontend.appearance), directory)
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                fill(failure(readable(e)))
            }
        }
    }

    private fun ready(app: AppModel, directory: String) {
        val workspace = app.open(directory)
        val view = ChatView(app, workspace, Host(workspace))
        registerKeys(view)
        fill(view)
        val made = Chat(app, workspace, view)
        chat = made
        Balloons(project, made, visible).follow(scope)
        scope.launch { workspace.decisions.collect { KiloFrontend.instance.report(this@ChatTab, project, it.size) } }
        waiting.toList().forEach { it(made) }
        waiting.clear()
    }

    /** Opens the IDE's diff viewer on a file of the session's changes. */
    fun compare(file: ChangedFile) {
        val chat = chat ?: return
        val workspace = chat.workspace
        val session = workspace.current.value.id ?: return
        compare {
            chat.app.backend.changes.file(workspace.directory, ChangeScope.OfSession(session), file.file, file.from)
        }
    }

    private fun compare(change: suspend () -> FileChange) {
        scope.launch {
            try {
                showDiff(project, change())
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                chat?.app?.notices?.post("${texts("diff.failed")} ${readable(e)}")
            }
        }
    }

    private fun failure(message: String): JPanel {
        val retry = JButton(texts("retry")).apply { addActionListener { connect() } }
        val line = JPanel().apply { add(retry) }
        return JPanel(BorderLayout()).apply {
            add(JLabel(html(message), SwingConstants.CENTER), BorderLayout.CENTER)
            add(line, BorderLayout.SOUTH)
        }
    }

    private fun fill(content: java.awt.Component) {
        component.removeAll()
        component.add(content, BorderLayout.CENTER)
        component.revalidate()
        component.repaint()
    }

    /** The IDE has its own themes and zoom, which the view follows. */
    private inner class Host(private val workspace: WorkspaceModel) : ViewHost {
        override val themes: Boolean = false
        override val diffs: Boolean = true
        override val elsewhere: StateFlow<List<Elsewhere>> =
            KiloFrontend.instance.elsewhere(project).stateIn(scope, SharingStarted.Eagerly, emptyList())

        override fun diff(change: FileChange) = compare { change }

        override val files: Boolean = true

        override fun browse(url: String) = BrowserUtil.browse(url)

        /** On the side of the project's files, which may be another machine; the IDE shows the editor here. */
        override fun open(path: String, line: Int?) {
            scope.launch {
                try {
                    KiloFrontend.instance.openFile(project, path, line ?: 1)
                } catch (e: CancellationException) {
                    throw e
                } catch (e: Exception) {
                    chat?.app?.notices?.post("${texts("open.failed")} ${readable(e)}")
                }
            }
        }

        override val inserts: Boolean = true

        override fun insert(text: String) {
            if (insertAtCaret(project, text)) return
            Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(text), null)
            chat?.app?.notices?.post(texts("insert.copied"))
        }

        /** On top of the IDE's own font and zoom, for the chats alone. */
        override fun zoom(step: Int) = workspace.app.appearance.zoom(step)

        override fun theme(look: Look) = Unit
    }
}
