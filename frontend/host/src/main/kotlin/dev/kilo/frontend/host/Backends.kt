package dev.kilo.frontend.host

import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.ws.WebSocketConnector
import java.io.IOException
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

/** Starts the backend of this process, or connects to the one that was named. [ask] decides about a stranger. */
internal fun startBackend(options: Options, pins: Pins = Pins(), ask: (Stranger) -> Boolean = { false }): Running {
    if (options.connect != null) {
        val uri = backendAddress(options.connect)
        val token = token(options)
        val pin = if (uri.scheme == "wss") {
            Trust(pins, ask).pin(uri, options.fingerprint, remember = options.tunnel == null)
        } else {
            null
        }
        val place = options.tunnel ?: Trust.place(uri)
        val backend = RpcBackend(WebSocketConnector(uri, pin, place), place, VERSION, token)
        return Running(backend, backend::close)
    }
    val provider = ServiceLoader.load(LocalBackendProvider::class.java).firstOrNull()
        ?: throw UsageException(
            "This build has no backend of its own. Name a running one with --connect host:port.",
        )
    val handle = provider.start(LocalBackendProvider.Options(cli = System.getenv("KILO_CLI")))
    return Running(handle.backend, handle::close)
}

/** Where [text] of `--connect` leads. Throws [UsageException]. */
internal fun backendAddress(text: String): URI {
    val uri = try {
        URI(if ("://" in text) text else "wss://$text")
    } catch (_: java.net.URISyntaxException) {
        null
    }
    if (uri == null || uri.scheme !in setOf("ws", "wss") || uri.host == null || uri.port !in 1..65535) {
        throw UsageException("--connect wants host:port or wss://host:port, not \"$text\".")
    }
    // Before names are looked up: a name is this machine only if it says so.
    val here = uri.host == "localhost" || uri.host == "[::1]" || LOOPBACK.matches(uri.host)
    if (uri.scheme == "ws" && !here) {
        throw UsageException(
            "ws:// sends the token unencrypted, so it is only for this machine. Use wss://${uri.host}:${uri.port}; " +
                "a backend that listens on an address of the network speaks it.",
        )
    }
    return uri
}

private val LOOPBACK = Regex("127\\.\\d+\\.\\d+\\.\\d+")

/** The token that the backend wants. Never on the command line: others could read it there. */
private fun token(options: Options): String {
    System.getenv("KILO_TOKEN")?.trim()?.ifEmpty { null }?.let { return it }
    val file = options.tokenFile
        ?: throw UsageException(
            "The backend wants a token: give it in KILO_TOKEN or with --token-file FILE. " +
                "The backend has it in ~/.local/state/kilo/backend-token, unless it was started with another.",
        )
    return try {
        Files.readString(Path.of(file)).trim().ifEmpty { throw UsageException("The token file $file is empty.") }
    } catch (e: IOException) {
        throw UsageException("The token file $file can't be read (${e::class.simpleName}).")
    }
}

internal val VERSION: String = Running::class.java.`package`?.implementationVersion ?: "development"
