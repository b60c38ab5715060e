package dev.kilo.frontend.host

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.ws.WebSocketConnector
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import java.util.ServiceLoader
import java.util.concurrent.atomic.AtomicBoolean

/** The backend that this window uses. Closing it stops what it started and may be called from anywhere, often. */
internal class Running(val backend: Backend, private val stop: () -> Unit) : AutoCloseable {
    private val closed = AtomicBoolean()

    /** Whether it is being stopped on purpose; what breaks from then on is nobody's news. */
    val ended: Boolean get() = closed.get()

    override fun close() {
        if (closed.compareAndSet(false, true)) stop()
    }
}

/** Starts the backend of this process, or connects to the one that was named. */
internal fun startBackend(options: Options): Running {
    val url = options.connect
    if (url != null) {
        val uri = try {
            URI(url)
        } catch (e: java.net.URISyntaxException) {
            throw UsageException("--connect wants ws://host:port, not \"$url\" (${e.reason}).")
        }
        if (uri.scheme != "ws" &&
            uri.scheme != "wss"
        ) {
            throw UsageException("--connect wants ws://host:port, not \"$url\".")
        }
        val token = System.getenv("KILO_TOKEN") ?: options.tokenFile?.let { Files.readString(Path.of(it)).trim() }
        val backend = RpcBackend(WebSocketConnector(uri), "${uri.host}:${uri.port}", VERSION, token)
        return Running(backend, backend::close)
    }
    val provider = ServiceLoader.load(LocalBackendProvider::class.java).firstOrNull()
        ?: throw UsageException(
            "This build has no backend of its own. Name a running one with --connect ws://host:port.",
        )
    val handle = provider.start(LocalBackendProvider.Options(cli = System.getenv("KILO_CLI")))
    return Running(handle.backend, handle::close)
}

internal val VERSION: String = Running::class.java.`package`?.implementationVersion ?: "development"
