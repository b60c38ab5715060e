package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcServer
import java.io.IOException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import kotlin.system.exitProcess

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
    // The token would travel in the clear: only this machine's own addresses do without encryption.
    val identity =
        if (options.tls || !address.address.isLoopbackAddress) {
            Identity.from(options.state.resolve("backend-certificate.pem"))
        } else {
            null
        }
    val given = System.getenv("KILO_TOKEN")?.ifBlank { null }
    val tokenFile = options.tokenFile ?: options.state.resolve("backend-token")
    val token = given ?: tokenFrom(tokenFile)
    val backend = KiloBackend.start(LocalBackendProvider.Options())
    val server = RpcServer(backend, VERSION, authorize = { sameToken(token, it) })
    val host = WebSocketHost(address, server, identity?.context())
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
    val source = if (given != null) "in KILO_TOKEN" else tokenFile.toString()
    println(announcement(options, port, identity, source))
    while (!stopped.await(1, TimeUnit.SECONDS)) {
        if (options.linger != null && host.idle() >= options.linger) {
            System.err.println("No window has been connected for ${options.linger}: the backend ends.")
            exitProcess(0)
        }
    }
}

/** The first line is for programs, the rest for people who start a window elsewhere. */
private fun announcement(options: HostOptions, port: Int, identity: Identity?, token: String): String {
    if (identity == null) return "kilo backend listening on ws://${options.urlHost}:$port"
    val url = "wss://${options.urlHost}:$port"
    val readable = identity.fingerprint.uppercase().chunked(2).joinToString(":")
    return """
        |kilo backend listening on $url sha256:${identity.fingerprint}
        |  fingerprint  $readable
        |  token        $token
        |  window       npm start -- --connect wss://THIS-MACHINE:$port --directory DIR --token-file COPY-OF-THE-TOKEN
    """.trimMargin()
}
