package dev.kilo.frontend.ide

import com.intellij.ide.plugins.PluginManager
import com.intellij.openapi.Disposable
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.application.EDT
import com.intellij.openapi.components.Service
import com.intellij.openapi.project.Project
import com.intellij.platform.project.ProjectId
import com.intellij.platform.project.projectIdOrNull
import com.intellij.platform.rpc.RemoteApiProviderService
import dev.kilo.frontend.model.composer.FileViewStore
import dev.kilo.frontend.model.settings.AppearanceSettings
import dev.kilo.frontend.ui.Elsewhere
import dev.kilo.shared.ide.KiloRemoteApi
import dev.kilo.shared.ide.remote
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcJson
import dev.kilo.shared.rpc.ide.IdeCallException
import dev.kilo.shared.rpc.ide.IdeConnector
import dev.kilo.shared.rpc.ide.IdeRequest
import dev.kilo.shared.rpc.ide.ask
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlin.coroutines.ContinuationInterceptor

/** The connection of this IDE's windows to the backend, whichever process that runs in. */
@Service(Service.Level.APP)
internal class KiloFrontend(internal val scope: CoroutineScope) : Disposable {
    private val turn = Mutex()

    /** What the chats keep of their views. */
    val view: FileViewStore = FileViewStore(viewFolder())

    /** How all chats look, used on the UI thread. */
    val appearance: AppearanceSettings by lazy {
        AppearanceSettings(view, CoroutineScope(scope.coroutineContext + edt))
    }

    @Volatile
    private var connected: RpcBackend? = null

    /** The backend; connected on first use, and by itself again after breaks. */
    suspend fun backend(): RpcBackend = turn.withLock {
        connected ?: connect(if (calls().remote) "remote" else "local").also { connected = it }
    }

    /** The project's real directory, on the machine where it lies. */
    suspend fun directory(project: Project): String = calls().ask(IdeRequest.Directory(id(project)))

    /** Shows a file of the project in the editor. */
    suspend fun openFile(project: Project, path: String, line: Int) {
        calls().ask(IdeRequest.OpenFile(id(project), path, line))
    }

    /** The text of a file as it is now, empty when there is none. [path] lies in the project's directory. */
    suspend fun readFile(project: Project, path: String): String = calls().ask(IdeRequest.ReadFile(id(project), path))

    /** Decisions that the chat [tab] of [project] knows of; every tab of a project knows the same. Null forgets the tab. */
    fun report(tab: Any, project: Project, count: Int?) = waiting.update { old ->
        if (count == null) old - tab else old + (tab to Pending(project, count))
    }

    /** What projects other than [own] wait for, by their names. */
    fun elsewhere(own: Project): Flow<List<Elsewhere>> = waiting.map { all ->
        all.values.filter { it.project !== own && it.count > 0 }.distinctBy { it.project }.map { pending ->
            Elsewhere(pending.project.name, pending.count) { ProjectChats.of(pending.project).show() }
        }
    }

    /** A chat that is open, of whichever project. */
    fun chat(): Chat? = waiting.value.keys.filterIsInstance<ChatTab>().firstNotNullOfOrNull { it.chat }

    private data class Pending(val project: Project, val count: Int)

    private val waiting = MutableStateFlow<Map<Any, Pending>>(emptyMap())

    private suspend fun calls(): KiloRemoteApi =
        RemoteApiProviderService.resolve(KiloRemoteApi._generated_RemoteApiDescriptor)

    private fun connect(place: String) = RpcBackend(IdeConnector { calls() }, place, version)

    private fun id(project: Project): String {
        val id =
            project.projectIdOrNull() ?: throw IdeCallException("The project is not ready yet. Try again in a moment.")
        return RpcJson.encodeToString(ProjectId.serializer(), id)
    }

    override fun dispose() {
        connected?.close()
    }

    companion object {
        val instance: KiloFrontend get() = ApplicationManager.getApplication().getService(KiloFrontend::class.java)

        private val version: String get() = PluginManager.getPluginByClass(KiloFrontend::class.java)?.version
            ?: "development"
    }
}

/** The UI thread, in the form that view models want. */
internal val edt: CoroutineDispatcher
    get() = Dispatchers.EDT[ContinuationInterceptor] as CoroutineDispatcher
