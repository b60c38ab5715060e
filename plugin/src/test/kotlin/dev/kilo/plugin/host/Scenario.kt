package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.actionSystem.DataKey
import com.intellij.openapi.options.Configurable
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.VirtualFile
import java.awt.Component
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Callable
import javax.swing.JLabel
import javax.swing.text.JTextComponent

/** What a user does with the plugin, from loading to unloading. Runs within the loader of the fake platform. */
public class Scenario(private val frontend: ClassLoader, private val backend: ClassLoader) : Callable<Unit> {
    private val home: Path = Files.createTempDirectory("kilo-link").toRealPath()

    override fun call() {
        try {
            prepare()
            val front = instances("frontend", frontend)
            serve(backend)
            bare(front.values.filterIsInstance<Configurable>().single())
            openToolWindow(front)
            await("the CLI") { children().isNotEmpty() }
            work(front)
            keys()
            insert()
            settings(front.values.filterIsInstance<Configurable>().single())
        } finally {
            unload()
            home.toFile().deleteRecursively()
        }
    }

    private fun prepare() {
        Host.plugin = Path.of(System.getProperty("kilo.plugin"))
        Host.system = home.resolve("system")
        Host.projects = home
        Files.createDirectories(Host.project.directory)
        Files.writeString(Host.project.directory.resolve("a.txt"), "one\ntwo\n")
        Host.environment = environmentBelow(home)
    }

    private fun work(front: Map<String, Any>) {
        val window = checkNotNull(Host.project.toolWindow)
        val file = FakeFile(Host.project.directory.resolve("a.txt").toString())
        val files = mapOf<DataKey<*>, Any>(CommonDataKeys.VIRTUAL_FILE_ARRAY to arrayOf<VirtualFile>(file))
        perform(front, "AddFileAction", AnActionEvent(Host.project, files))
        await("the file in the prompt") { texts(window).any { it == "@a.txt " } }

        val editor = AnActionEvent(Host.project, mapOf<DataKey<*>, Any>(CommonDataKeys.EDITOR to FakeEditor(file)))
        perform(front, "ExplainAction", editor)
        await("documents to be saved before the agent reads") { Host.saved.get() > 0 }
        await("the project's files to be refreshed after the turn") {
            Host.refreshed.any { it.toPath() == Host.project.directory }
        }
    }

    /** The chat's keys come before the IDE's, but only while they mean something to it. */
    private fun keys() {
        fun perform(key: String) = onEdt {
            val action = checkNotNull(Host.keys[key]) { "$key is not registered: ${Host.keys.keys}" }
            val event = AnActionEvent(Host.project, emptyMap())
            action.update(event)
            check(event.getPresentation().shown) { "$key is not offered." }
            action.actionPerformed(event)
        }
        perform("ctrl pressed COMMA")
        val chat = find(checkNotNull(Host.project.toolWindow).contents.all.single().component) { it.name == "chat" }
        await("the page of settings") { onEdt { find(chat) { it.name == "page" && it.isVisible } != null } }
        perform("ctrl pressed COMMA")
        await("the agent to be idle") {
            val event = AnActionEvent(Host.project, emptyMap())
            onEdt { checkNotNull(Host.keys["pressed ESCAPE"]).update(event) }
            !event.getPresentation().shown
        }
    }

    /** Code goes to the caret of the editor in front, with the line ends that its document has. */
    private fun insert() {
        val editor = FakeEditor(FakeFile(Host.project.directory.resolve("a.txt").toString()))
        val service = Class.forName("dev.kilo.frontend.ide.CaretKt", true, frontend)
        val insert = service.getMethod("insertAtCaret", Project::class.java, String::class.java)

        fun put(text: String) = onEdt { insert.invoke(null, Host.project, text) as Boolean }
        check(!put("nowhere")) { "There was no editor." }
        Host.editor = editor
        check(put("a\r\nb"))
        check(put("!"))
        check(editor.text == "a\nb!") { "The editor has ${editor.text}" }
    }

    /** Without a chat the page shows the settings of a project that is open. */
    private fun bare(page: Configurable) {
        var component: Component? = null
        onEdt { component = page.createComponent() }
        await("the settings without a chat") {
            onEdt { find(component) { it.javaClass.simpleName == "SettingsView" } != null }
        }
        onEdt { page.disposeUIResources() }
    }

    private fun settings(page: Configurable) {
        var component: Component? = null
        onEdt { component = page.createComponent() }
        await("the state of the agent") {
            find(component) { it is JLabel && "is running on the project's host" in it.text } != null
        }
        onEdt { page.disposeUIResources() }
    }

    private fun texts(window: FakeToolWindow): List<String> {
        val found = ArrayList<String>()
        onEdt {
            find(window.contents.all.single().component) {
                if (it is JTextComponent) found.add(it.text)
                false
            }
        }
        return found
    }
}
