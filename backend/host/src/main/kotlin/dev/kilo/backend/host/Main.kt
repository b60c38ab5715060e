package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcServer
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.UnknownHostException
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import kotlin.system.exitProcess

private const val USAGE = """kilo-backend --listen HOST:PORT [--token-file FILE]

Runs the Kilo backend for windows on this or another machine. Port 0 takes a free one.
The token that windows must give is taken from KILO_TOKEN, or from the token file, which is made when it is missing
(default: ~/.local/state/kilo/backend-token)."""

/** Command line of the stand-alone backend. */
internal data class HostOptions(val host: String, val port: Int, val tokenFile: Path?)

internal class UsageException(message: String) : Exception(message)

internal fun parseOptions(args: List<String>): HostOptions {
    var listen: String? = null
    var tokenFile: Path? = null
    val rest = args.iterator()
    while (rest.hasNext()) {
        val name = rest.next()
        val inline = name.substringAfter('=', "")
        val value =
            when {
                inline.isNotEmpty() -> inline
                rest.hasNext() -> rest.next()
                else -> throw UsageException("$name needs a value.")
            }
        when (name.substringBefore('=')) {
            "--listen" -> listen = value
            "--token-file" -> tokenFile = Path.of(value)
            else -> throw UsageException("There is no option ${name.substringBefore('=')}.")
        }
    }
    val address = listen ?: throw UsageException("Say where to listen: --listen 127.0.0.1:0")
    val port = address.substringAfterLast(':', "").toIntOrNull()?.takeIf { it in 0..65535 }
    val host = address.substringBeforeLast(':').removeSurrounding("[", "]")
    if (port == null || host.isEmpty()) throw UsageException("--listen wants HOST:PORT, not \"$address\".")
    return HostOptions(host, port, tokenFile)
}

/** Where to listen. Refuses anything but loopback: without TLS the token would travel in the clear. */
internal fun listenAddress(options: HostOptions): InetSocketAddress {
    val address =
        try {
            InetAddress.getByName(options.host)
        } catch (_: UnknownHostException) {
            throw UsageException("The host \"${options.host}\" is not known.")
        }
    if (!address.isLoopbackAddress) {
        throw UsageException(
            "Kilo listens without encryption, so only on this machine's own addresses (127.0.0.1), " +
                "not on ${options.host}. Reach it from elsewhere through a tunnel: ssh -L PORT:127.0.0.1:PORT USER@HOST",
        )
    }
    return InetSocketAddress(address, options.port)
}

public fun main(args: Array<String>) {
    if (args.any { it == "--help" || it == "-h" }) return println(USAGE)
    try {
        serve(parseOptions(args.toList()))
    } catch (e: UsageException) {
        System.err.println("${e.message}\n\n$USAGE")
        exitProcess(2)
    } catch (e: IOException) {
        System.err.println(e.message)
        exitProcess(1)
    }
}

private fun serve(options: HostOptions) {
    val address = listenAddress(options)
    val token = System.getenv("KILO_TOKEN")?.ifBlank { null } ?: tokenFrom(options.tokenFile ?: defaultTokenFile())
    val backend = KiloBackend.start(LocalBackendProvider.Options())
    val server = RpcServer(backend, VERSION, authorize = { sameToken(token, it) })
    val host = WebSocketHost(address, server)
    val stopped = CountDownLatch(1)
    Runtime.getRuntime().addShutdownHook(
        Thread {
            host.close()
            server.close()
            backend.close()
            stopped.countDown()
        },
    )
    val port =
        try {
            host.start()
        } catch (e: ExecutionException) {
            throw IOException("Kilo can't listen on ${options.host}:${options.port}: ${e.cause?.message}", e)
        }
    println("kilo backend listening on ws://${options.host}:$port")
    stopped.await()
}

private fun defaultTokenFile(): Path {
    val state = System.getenv("XDG_STATE_HOME")?.ifBlank { null } ?: "${System.getProperty("user.home")}/.local/state"
    return Path.of(state, "kilo", "backend-token")
}
