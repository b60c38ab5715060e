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
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import javax.swing.UIManager
import kotlin.coroutines.ContinuationInterceptor

/** The connection of this IDE's windows to the backend, whichever process that runs in. */
@Service(Service.Level.APP)
internal class KiloFrontend(internal val scope: CoroutineScope) : Disposable {
    private val turn = Mutex()

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
        // Views listen to Swing's defaults for as long as their classes are loaded: that would keep them loaded for ever.
        val own = javaClass.classLoader
        val listeners = UIManager.getPropertyChangeListeners().filter { it.javaClass.classLoader === own }
        listeners.forEach(UIManager::removePropertyChangeListener)
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
