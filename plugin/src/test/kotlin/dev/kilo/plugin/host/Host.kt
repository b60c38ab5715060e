package dev.kilo.plugin.host

import com.intellij.notification.Notification
import com.intellij.openapi.Disposable
import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.application.Application
import com.intellij.openapi.application.ModalityState
import com.intellij.openapi.editor.Editor
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.ToolWindow
import com.intellij.ui.content.Content
import com.intellij.ui.content.ContentManager
import com.intellij.util.messages.MessageBus
import com.intellij.util.messages.MessageBusConnection
import com.intellij.util.messages.Topic
import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import java.io.File
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import javax.swing.JComponent
import javax.swing.SwingUtilities

/** As much of an IDE as the plugin's two sides ask of it. The sides share nothing but what passes [resolve]. */
internal object Host {
    lateinit var plugin: Path
    lateinit var system: Path

    /** Where the projects lie, each in the folder with its name. */
    lateinit var projects: Path
    lateinit var environment: Map<String, String>

    val saved = AtomicInteger()
    val refreshed = ConcurrentLinkedQueue<File>()
    val notifications = ConcurrentLinkedQueue<String>()

    /** Those of [notifications] that have neither expired nor been answered. */
    val open = ConcurrentLinkedQueue<Notification>()
    val application = FakeApplication()
    val project = FakeProject("sample")
    val other = FakeProject("other")

    /** The editor in front. */
    @Volatile
    var editor: Editor? = null

    /** Whether documents may be changed. */
    @Volatile
    var writing = false

    /** Actions that stand before the keymap, by their key. */
    val keys = ConcurrentHashMap<String, AnAction>()
    val shownDiffs = ConcurrentLinkedQueue<Pair<String, String>>()
    val routes = Routes()

    fun <T : RemoteApi<Unit>> serve(descriptor: RemoteApiDescriptor<T>, implementation: () -> T) =
        routes.set(Served(descriptor, implementation()))

    fun <T : RemoteApi<Unit>> resolve(descriptor: RemoteApiDescriptor<T>): T = routes.resolve(descriptor)

    fun unload() {
        for (open in listOf(project, other)) {
            open.toolWindow?.dispose()
            open.toolWindow = null
            open.services.dispose()
        }
        application.services.dispose()
        keys.clear()
        editor = null
        open.clear()
        routes.set(null)
    }
}

/** Makes services on first use, with the constructors that the platform knows. */
internal class Services(private val project: Project?) {
    private val made = LinkedHashMap<Class<*>, Any>()
    private val scopes = ArrayList<CoroutineScope>()

    private var disposed = false

    @Synchronized
    fun <T> get(type: Class<T>): T {
        check(!disposed) { "The container is disposed." }
        return type.cast(made.getOrPut(type) { make(type) })
    }

    private fun make(type: Class<*>): Any {
        val constructor = type.declaredConstructors.single {
            it.parameterTypes.all { p ->
                p == Project::class.java ||
                    p == CoroutineScope::class.java
            }
        }
        val args = constructor.parameterTypes.map { if (it == Project::class.java) project else scope() }
        constructor.isAccessible = true
        return constructor.newInstance(*args.toTypedArray())
    }

    private fun scope() = CoroutineScope(SupervisorJob() + Dispatchers.Default).also(scopes::add)

    fun dispose() {
        val all =
            synchronized(this) {
                disposed = true
                made.values.toList().also { made.clear() }
            }
        scopes.forEach { it.cancel() }
        scopes.clear()
        all.filterIsInstance<Disposable>().forEach(Disposable::dispose)
    }
}

internal class FakeApplication : Application {
    val services = Services(null)
    private val bus = FakeBus()

    override fun invokeLater(runnable: Runnable, state: ModalityState) = SwingUtilities.invokeLater(runnable)

    override fun <T> getService(type: Class<T>): T = services.get(type)

    override fun getMessageBus(): MessageBus = bus

    override fun isDisposed(): Boolean = false

    override fun dispose() = Unit
}

internal class FakeProject(private val title: String) : Project {
    val services = Services(this)
    var toolWindow: FakeToolWindow? = null
    val directory: Path get() = Host.projects.resolve(title)
    private val bus = FakeBus()

    override fun getName(): String = title

    override fun getBasePath(): String = directory.toString()

    override fun <T> getService(type: Class<T>): T = services.get(type)

    override fun getMessageBus(): MessageBus = bus

    override fun isDisposed(): Boolean = false

    override fun dispose() = Unit
}

internal class FakeBus : MessageBus {
    override fun connect(parentDisposable: Disposable): MessageBusConnection = object : MessageBusConnection {
        override fun <L : Any> subscribe(topic: Topic<L>, handler: L) = Unit

        override fun dispose() = Unit
    }

    override fun dispose() = Unit
}

internal class FakeToolWindow : ToolWindow {
    val contents = FakeContents()
    var actions: List<AnAction> = emptyList()

    override fun getContentManager(): ContentManager = contents

    override fun activate(runnable: Runnable?) {
        runnable?.run()
    }

    override fun isVisible(): Boolean = true

    override fun setTitleActions(list: List<AnAction>) {
        actions = list
    }

    fun dispose() = contents.all.toList().forEach { it.dispose() }
}

internal class FakeContents : ContentManager {
    val all = CopyOnWriteArrayList<FakeContent>()
    private var selected: Content? = null

    override fun addContent(content: Content) {
        all.add(content as FakeContent)
    }

    override fun setSelectedContent(content: Content) {
        selected = content
    }

    override fun getSelectedContent(): Content? = selected

    override fun getContentCount(): Int = all.size
}

internal class FakeContent(val component: JComponent) : Content {
    private var disposer: Disposable? = null

    override fun setCloseable(closeable: Boolean) = Unit

    override fun setDisposer(own: Disposable) {
        disposer = own
    }

    override fun setPreferredFocusableComponent(component: JComponent) = Unit

    fun dispose() {
        disposer?.dispose()
    }
}
