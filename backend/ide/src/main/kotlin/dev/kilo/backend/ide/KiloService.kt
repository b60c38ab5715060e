package dev.kilo.backend.ide

import com.intellij.ide.plugins.PluginManager
import com.intellij.openapi.Disposable
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.application.PathManager
import com.intellij.openapi.components.Service
import dev.kilo.backend.ide.unpack.CliUnpacker
import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.backend.workspace.realDirectory
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.ide.IdeCallException
import dev.kilo.shared.rpc.ide.IdeEndpoint
import dev.kilo.shared.rpc.ide.IdeRequest
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.nio.file.Path
import kotlin.concurrent.thread

/** The one backend of this IDE host. Made with the first call of a window, gone with the plugin or the IDE. */
@Service(Service.Level.APP)
internal class KiloService : Disposable {
    private val plugin = PluginManager.getPluginByClass(KiloService::class.java)
    private val backend = PreparedBackend(::start, ::saveDocuments)
    private val server = RpcServer(backend, plugin?.version ?: "development")
    val endpoint: IdeEndpoint = IdeEndpoint({ server.accept(it) }, ::answer)

    /** Called on the UI thread, which must not wait until the CLI is gone. */
    override fun dispose() {
        thread(name = "kilo-stop", isDaemon = true) {
            server.close()
            backend.close()
        }
    }

    private suspend fun start(progress: (CliState.Starting) -> Unit): KiloBackend = withContext(Dispatchers.IO) {
        val system = Path.of(PathManager.getSystemPath(), "kilo")
        val environment = cliEnvironment(system)
        val named = listOf(environment["KILO_CLI"], System.getenv("KILO_CLI")).firstOrNull { !it.isNullOrBlank() }
        val packed = plugin?.pluginPath?.resolve("cli")
        val cli = if (named == null && packed != null) unpack(packed, system.resolve("cli"), progress) else null
        KiloBackend.start(LocalBackendProvider.Options(cli?.toString(), environment))
    }

    private fun unpack(packed: Path, home: Path, progress: (CliState.Starting) -> Unit): Path? {
        var last = -1
        return CliUnpacker(packed, home).unpack { done, all ->
            val percent = if (all <= 0) 0 else (done * 100 / all).toInt().coerceIn(0, 100)
            if (percent != last) progress(CliState.Starting("Unpacking the agent, once for this version …", percent))
            last = percent
        }
    }

    private suspend fun answer(request: IdeRequest): String = when (request) {
        is IdeRequest.Directory -> {
            val project = findProject(request.project)
            // Without the CLI, which may have to be unpacked: meanwhile the window shows how that goes.
            val directory = realDirectory(directoryOf(project))
            project.getService(ProjectFiles::class.java).follow(backend, directory)
            directory
        }

        is IdeRequest.OpenFile -> {
            openFile(findProject(request.project), request)
            ""
        }

        is IdeRequest.ReadFile -> {
            val project = findProject(request.project)
            readFile(realDirectory(directoryOf(project)), request.path)
        }

        is IdeRequest.Frame -> error("Frames go to their channel.")
    }

    companion object {
        val instance: KiloService get() = ApplicationManager.getApplication().getService(KiloService::class.java)
    }
}
