package dev.kilo.backend.host

import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.UnknownHostException
import java.nio.file.Path
import kotlin.time.Duration

internal const val USAGE = """kilo-backend --listen HOST:PORT [options]

Runs the Kilo backend for windows on this or another machine. Port 0 takes a free one.

  --tls               encrypt on this machine's own addresses too; on all others it always does
  --token-file FILE   the token that windows must give (default: backend-token in the state folder, made when missing);
                      KILO_TOKEN in the environment goes first
  --state DIR         folder of the token and of the certificate (default: ~/.local/state/kilo)
  --linger DURATION   end when no window has been connected for so long, for example 30m
  --help

The first line on stdout says where it listens, with TLS also the certificate's fingerprint:
  kilo backend listening on wss://HOST:PORT sha256:HEX"""

/** Command line of the stand-alone backend. */
internal data class HostOptions(
    val host: String,
    val port: Int,
    val tls: Boolean = false,
    val tokenFile: Path? = null,
    val state: Path = defaultState(),
    val linger: Duration? = null,
) {
    /** The address as part of a URL. */
    val urlHost: String get() = if (':' in host) "[$host]" else host
}

internal class UsageException(message: String) : Exception(message)

internal fun parseOptions(args: List<String>): HostOptions {
    var options = HostOptions("", 0)
    val rest = args.iterator()
    while (rest.hasNext()) {
        val arg = rest.next()
        val name = arg.substringBefore('=')
        fun value(): String = when {
            '=' in arg -> arg.substringAfter('=')
            rest.hasNext() -> rest.next()
            else -> throw UsageException("$name needs a value.")
        }
        options =
            when (name) {
                "--listen" -> listen(options, value())
                "--tls" -> options.copy(tls = true)
                "--token-file" -> options.copy(tokenFile = Path.of(value()))
                "--state" -> options.copy(state = Path.of(value()))
                "--linger" -> options.copy(linger = duration(value()))
                else -> throw UsageException("There is no option $name.")
            }
    }
    if (options.host.isEmpty()) throw UsageException("Say where to listen: --listen 127.0.0.1:0")
    return options
}

private fun listen(options: HostOptions, address: String): HostOptions {
    val port = address.substringAfterLast(':', "").toIntOrNull()?.takeIf { it in 0..65535 }
    val host = address.substringBeforeLast(':').removeSurrounding("[", "]")
    if (port == null || host.isEmpty()) throw UsageException("--listen wants HOST:PORT, not \"$address\".")
    return options.copy(host = host, port = port)
}

private fun duration(text: String): Duration = Duration.parseOrNull(text)?.takeIf { it.isPositive() }
    ?: throw UsageException("--linger wants a duration such as 30m or 90s, not \"$text\".")

/** Where to listen. */
internal fun listenAddress(options: HostOptions): InetSocketAddress = try {
    InetSocketAddress(InetAddress.getByName(options.host), options.port)
} catch (_: UnknownHostException) {
    throw UsageException("The host \"${options.host}\" is not known.")
}

private fun defaultState(): Path {
    val state = System.getenv("XDG_STATE_HOME")?.ifBlank { null } ?: "${System.getProperty("user.home")}/.local/state"
    return Path.of(state, "kilo")
}
