package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.editor.CaretModel
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.editor.SelectionModel
import com.intellij.openapi.vfs.VirtualFile
import com.intellij.openapi.wm.ToolWindowFactory
import com.intellij.platform.rpc.backend.RemoteApiProvider
import dev.kilo.plugin.classesNamedBy
import dev.kilo.plugin.parseXml
import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor
import java.awt.Component
import java.awt.Container
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.lang.reflect.InvocationTargetException
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import javax.swing.SwingUtilities

/** An object of every class that a module's descriptor names. */
internal fun instances(module: String, loader: ClassLoader): Map<String, Any> {
    val text = checkNotNull(loader.getResource("dev.kilo.$module.xml")) { "no descriptor of $module" }.readText()
    return classesNamedBy(parseXml(text).documentElement).associateWith { name ->
        val type = Class.forName(name, true, loader)
        check(type.classLoader === loader) { "$name is not its module's own." }
        type.getDeclaredConstructor().apply { isAccessible = true }.newInstance()
    }
}

/** Lets the backend's module register what windows can call. */
internal fun serve(backend: ClassLoader) {
    val provider = instances("backend", backend).values.filterIsInstance<RemoteApiProvider>().single()
    with(provider) {
        object : RemoteApiProvider.Sink {
            override fun <T : RemoteApi<Unit>> remoteApi(descriptor: RemoteApiDescriptor<T>, implementation: () -> T) =
                Host.serve(descriptor, implementation)
        }.remoteApis()
    }
}

/** Opens the tool window of [project] and waits for its chat. */
internal fun openToolWindow(front: Map<String, Any>, project: FakeProject = Host.project): FakeToolWindow {
    val factory = front.values.filterIsInstance<ToolWindowFactory>().single()
    val window = FakeToolWindow()
    project.toolWindow = window
    onEdt { factory.createToolWindowContent(project, window) }
    check(window.actions.isNotEmpty())
    await("the chat of $project") { find(window.contents.all.single().component) { it.name == "chat" } != null }
    return window
}

/** Offers and performs the action of class [name]. */
internal fun perform(front: Map<String, Any>, name: String, event: AnActionEvent) {
    val action = front.entries.single { it.key.endsWith(".$name") }.value as AnAction
    onEdt {
        action.update(event)
        check(event.getPresentation().shown) { "$name is not offered." }
        action.actionPerformed(event)
    }
}

internal fun find(component: Component?, test: (Component) -> Boolean): Component? {
    if (component == null || test(component)) return component
    return (component as? Container)?.components?.firstNotNullOfOrNull { find(it, test) }
}

internal fun children(): List<ProcessHandle> = ProcessHandle.current().descendants().toList()

internal fun ownThreads(): List<String> = Thread.getAllStackTraces().keys.map { it.name }.filter {
    it.startsWith("kilo-") && it != "kilo-http"
}

internal fun <T> onEdt(block: () -> T): T {
    var result: Result<T>? = null
    SwingUtilities.invokeAndWait { result = runCatching(block) }
    return checkNotNull(result).getOrThrow()
}

internal fun await(what: String, condition: () -> Boolean) {
    val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT)
    while (!condition()) {
        check(System.nanoTime() < deadline) { "Waited $LIMIT s for $what. ${Host.notifications}" }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20))
    }
}

/** Looks at the window through a class that lives behind the frontend's loader. */
internal class Peeking(frontend: ClassLoader, inside: ClassLoader) {
    private val peek: Any

    init {
        val service = Host.project.services.get(Class.forName("dev.kilo.frontend.ide.ProjectChats", true, frontend))
        peek = inside.loadClass("dev.kilo.plugin.inside.Peek").getConstructor(Any::class.java).newInstance(service)
    }

    fun see(what: String, vararg args: String): Any? = try {
        peek.javaClass.getMethod(what, *args.map { it.javaClass }.toTypedArray()).invoke(peek, *args)
    } catch (e: InvocationTargetException) {
        throw e.targetException
    }
}

/** Where the tests' CLI is. */
internal fun builtCli(): Path {
    val cli = Path.of(System.getProperty("kilo.root")).resolve("cli-bundle/dist/kilo")
    check(Files.isExecutable(cli)) { "The CLI is not built ($cli is missing): run `npm run build` first." }
    return cli
}

/** An environment in which the CLI finds nothing of the developer's. */
internal fun environmentBelow(home: Path): Map<String, String> =
    listOf("CONFIG", "DATA", "STATE", "CACHE").associate { "XDG_${it}_HOME" to home.resolve(it).toString() } +
        mapOf(
            "HOME" to home.toString(),
            "KILO_CLI" to builtCli().toString(),
            "KILO_DISABLE_MODELS_FETCH" to "1",
            "KILO_TELEMETRY_LEVEL" to "off",
        )

/** Ends the plugin's part in this process as the platform would, and waits until nothing of it runs. */
internal fun unload() {
    onEdt { Host.unload() }
    await("the CLI to end") { children().none { "kilo" in it.info().commandLine().orElse("") } }
    await("our threads to end") { ownThreads().isEmpty() }
    onEdt { }
}

/** Whether loaders that nobody should hold any more are gone within a deadline. */
public class Collected(loaders: List<ClassLoader>) {
    private val gone = ReferenceQueue<ClassLoader>()
    private val left = loaders.map { PhantomReference(it, gone) }.toMutableSet<Any>()

    public fun check() {
        val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT)
        while (left.isNotEmpty() && System.nanoTime() < deadline) {
            System.gc()
            gone.remove(POLL)?.let(left::remove)
        }
        check(left.isEmpty()) { "${left.size} class loaders of the plugin are still in use after it was unloaded." }
    }
}

private const val LIMIT = 40L
private const val POLL = 200L

internal class FakeFile(private val place: String) : VirtualFile() {
    override fun getPath(): String = place
}

/** An editor in which [selected] is selected, all of its text. */
internal class FakeEditor(private val file: VirtualFile, selected: String = "one") :
    Editor,
    SelectionModel,
    CaretModel,
    Document {
    private var content = selected
    private var marked = true
    private var caret = selected.length

    override fun getDocument(): Document = this

    override fun isViewer(): Boolean = false

    override fun isWritable(): Boolean = true

    override fun getSelectionModel(): SelectionModel = this

    override fun getCaretModel(): CaretModel = this

    override fun getVirtualFile(): VirtualFile = file

    override fun hasSelection(): Boolean = marked

    override fun getSelectedText(): String = content

    override fun getText(): String = content

    override fun getSelectionStart(): Int = 0

    override fun getSelectionEnd(): Int = content.length

    override fun getLineNumber(offset: Int): Int = 0

    override fun getOffset(): Int = caret

    override fun moveToOffset(offset: Int) {
        caret = offset
    }

    override fun replaceString(startOffset: Int, endOffset: Int, s: CharSequence) {
        check(Host.writing) { "Documents are changed in a write command only." }
        check('\r' !in s) { "An editor's document has no \\r." }
        content = content.replaceRange(startOffset, endOffset, s)
        marked = false
    }
}
