package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.actionSystem.DataKey
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.SelectionModel
import com.intellij.openapi.options.Configurable
import com.intellij.openapi.vfs.VirtualFile
import com.intellij.openapi.wm.ToolWindowFactory
import com.intellij.platform.rpc.backend.RemoteApiProvider
import dev.kilo.plugin.classesNamedBy
import dev.kilo.plugin.parseXml
import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor
import java.awt.Component
import java.awt.Container
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Callable
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import javax.swing.JLabel
import javax.swing.SwingUtilities
import javax.swing.text.JTextComponent

/** What a user does with the plugin, from loading to unloading. Runs within the loader of the fake platform. */
public class Scenario(private val frontend: ClassLoader, private val backend: ClassLoader) : Callable<Unit> {
    private val home: Path = Files.createTempDirectory("kilo-link").toRealPath()

    override fun call() {
        try {
            prepare()
            val front = instances("frontend", frontend)
            val provider = instances("backend", backend).values.filterIsInstance<RemoteApiProvider>().single()
            with(provider) {
                object : RemoteApiProvider.Sink {
                    override fun <T : RemoteApi<Unit>> remoteApi(
                        descriptor: RemoteApiDescriptor<T>,
                        implementation: () -> T,
                    ) = Host.serve(descriptor, implementation)
                }.remoteApis()
            }
            open(front.values.filterIsInstance<ToolWindowFactory>().single())
            work(front)
            settings(front.values.filterIsInstance<Configurable>().single())
        } finally {
            onEdt { Host.unload() }
            await("the CLI to end") { children().isEmpty() }
            await("our threads to end") { threads().isEmpty() }
            onEdt { }
            home.toFile().deleteRecursively()
        }
    }

    private fun prepare() {
        val root = Path.of(System.getProperty("kilo.root"))
        val cli = root.resolve("cli-bundle/dist/kilo")
        check(Files.isExecutable(cli)) { "The CLI is not built ($cli is missing): run `npm run build` first." }
        Host.plugin = Path.of(System.getProperty("kilo.plugin"))
        Host.system = home.resolve("system")
        Host.directory = Files.createDirectories(home.resolve("project"))
        Files.writeString(Host.directory.resolve("a.txt"), "one\ntwo\n")
        Host.environment =
            listOf("CONFIG", "DATA", "STATE", "CACHE").associate { "XDG_${it}_HOME" to home.resolve(it).toString() } +
            mapOf(
                "HOME" to home.toString(),
                "KILO_CLI" to cli.toString(),
                "KILO_DISABLE_MODELS_FETCH" to "1",
                "KILO_TELEMETRY_LEVEL" to "off",
            )
    }

    /** An object of every class that a module's descriptor names. */
    private fun instances(module: String, loader: ClassLoader): Map<String, Any> {
        val text = checkNotNull(loader.getResource("dev.kilo.$module.xml")) { "no descriptor of $module" }.readText()
        return classesNamedBy(parseXml(text).documentElement).associateWith { name ->
            val type = Class.forName(name, true, loader)
            check(type.classLoader === loader) { "$name is not its module's own." }
            type.getDeclaredConstructor().apply { isAccessible = true }.newInstance()
        }
    }

    private fun open(factory: ToolWindowFactory) {
        val window = FakeToolWindow()
        Host.toolWindow = window
        onEdt { factory.createToolWindowContent(Host.project, window) }
        check(window.actions.isNotEmpty())
        await("the chat") { find(window.contents.all.single().component) { it.name == "chat" } != null }
        await("the CLI") { children().isNotEmpty() }
    }

    private fun work(front: Map<String, Any>) {
        val window = checkNotNull(Host.toolWindow)
        val file = FakeFile(Host.directory.resolve("a.txt").toString())
        val files = mapOf<DataKey<*>, Any>(CommonDataKeys.VIRTUAL_FILE_ARRAY to arrayOf<VirtualFile>(file))
        perform(front, "AddFileAction", AnActionEvent(Host.project, files))
        await("the file in the prompt") { texts(window).any { it == "@a.txt " } }

        val editor = AnActionEvent(Host.project, mapOf<DataKey<*>, Any>(CommonDataKeys.EDITOR to FakeEditor(file)))
        perform(front, "ExplainAction", editor)
        await("documents to be saved before the agent reads") { Host.saved.get() > 0 }
        await("the project's files to be refreshed after the turn") {
            Host.refreshed.any { it.toPath() == Host.directory }
        }
    }

    private fun settings(page: Configurable) {
        var component: Component? = null
        onEdt { component = page.createComponent() }
        await("the state of the agent") {
            find(component) {
                it is JLabel && "is running on the project's host" in it.text
            } != null
        }
        onEdt { page.disposeUIResources() }
    }

    private fun perform(front: Map<String, Any>, name: String, event: AnActionEvent) {
        val action = front.entries.single { it.key.endsWith(".$name") }.value as AnAction
        onEdt {
            action.update(event)
            check(event.getPresentation().shown) { "$name is not offered." }
            action.actionPerformed(event)
        }
    }

    private fun texts(window: FakeToolWindow): List<String> {
        val found = ArrayList<String>()
        onEdt {
            find(window.contents.all.single().component) {
                (it as? JTextComponent)?.let { text -> found.add(text.text) } ==
                    null &&
                    false
            }
        }
        return found
    }

    private fun find(component: Component?, test: (Component) -> Boolean): Component? {
        if (component == null || test(component)) return component
        return (component as? Container)?.components?.firstNotNullOfOrNull { find(it, test) }
    }

    private fun children(): List<ProcessHandle> = ProcessHandle.current().descendants().toList()

    private fun threads(): List<String> = Thread.getAllStackTraces().keys.map { it.name }.filter {
        it.startsWith("kilo-") &&
            it != "kilo-http"
    }

    private fun onEdt(block: () -> Unit) = SwingUtilities.invokeAndWait(block)

    private fun await(what: String, condition: () -> Boolean) {
        val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT)
        while (!condition()) {
            check(System.nanoTime() < deadline) { "Waited $LIMIT s for $what. ${Host.notifications}" }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20))
        }
    }

    private companion object {
        const val LIMIT = 40L
    }
}

private class FakeFile(private val place: String) : VirtualFile() {
    override fun getPath(): String = place
}

private class FakeEditor(private val file: VirtualFile) :
    Editor,
    SelectionModel,
    Document {
    override fun getDocument(): Document = this

    override fun getSelectionModel(): SelectionModel = this

    override fun getVirtualFile(): VirtualFile = file

    override fun hasSelection(): Boolean = true

    override fun getSelectedText(): String = "one"

    override fun getSelectionStart(): Int = 0

    override fun getSelectionEnd(): Int = 3

    override fun getLineNumber(offset: Int): Int = 0
}
