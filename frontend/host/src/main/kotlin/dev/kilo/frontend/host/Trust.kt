package dev.kilo.frontend.host

import dev.kilo.shared.rpc.ws.CertificatePin
import java.io.IOException
import java.net.InetSocketAddress
import java.net.Socket
import java.net.SocketTimeoutException
import java.net.URI
import java.security.cert.X509Certificate
import javax.net.ssl.SSLException
import javax.net.ssl.SSLSocket

/** A backend that is seen for the first time. */
internal data class Stranger(val place: String, val fingerprint: String) {
    /** As the backend prints it. */
    val readable: String get() = fingerprint.uppercase().chunked(2).joinToString(":")
}

/**
 * Decides which certificate a backend must show. A `given` fingerprint goes first and is remembered; then what is
 * remembered holds; else the user is asked.
 */
internal class Trust(private val pins: Pins, private val ask: (Stranger) -> Boolean) {
    /** Throws [IOException] or [UsageException] in words for people. */
    fun pin(uri: URI, given: String?, remember: Boolean = true): CertificatePin {
        val place = place(uri)
        if (given != null) {
            val wanted = Pins.fingerprint(given)
                ?: throw UsageException(
                    "--fingerprint wants the 64 hex digits that the backend prints, not \"$given\".",
                )
            // Remembered only when the backend has shown it: a mistyped one must not replace a good one.
            if (remember && pins.find(place) != wanted && shown(uri) == wanted) pins.put(place, wanted)
            return CertificatePin(wanted) { found ->
                "$place shows another certificate than --fingerprint names. Expected: $wanted. Shown: $found. " +
                    "Compare with what the backend prints when it starts; if it differs, somebody else answers there."
            }
        }
        val known = pins.find(place) ?: first(uri, place)
        return CertificatePin(known) { found -> changed(place, known, found) }
    }

    private fun first(uri: URI, place: String): String {
        val stranger = Stranger(place, shown(uri))
        if (!ask(stranger)) {
            throw IOException(
                "$place is not trusted, so Kilo does not connect. Its certificate has the SHA-256 fingerprint " +
                    "${stranger.readable}. If the backend printed the same, start again with " +
                    "--fingerprint ${stranger.fingerprint}",
            )
        }
        pins.put(place, stranger.fingerprint)
        return stranger.fingerprint
    }

    private fun changed(place: String, known: String, found: String) =
        "$place shows another certificate than before: somebody else may answer there, so Kilo does not connect. " +
            "Known: $known. Shown: $found. If the backend was set up anew, compare with what it prints. " +
            "Then remove the line of $place from ${pins.file} or start with --fingerprint $found"

    /** The fingerprint that the backend shows. Nothing else is sent. */
    private fun shown(uri: URI): String {
        val place = place(uri)
        var seen: X509Certificate? = null
        var connected = false
        val context = CertificatePin.trusting { seen = it }
        try {
            Socket().use { plain ->
                plain.soTimeout = MILLIS
                plain.connect(InetSocketAddress(uri.host.removeSurrounding("[", "]"), uri.port), MILLIS)
                connected = true
                (context.socketFactory.createSocket(plain, uri.host, uri.port, true) as SSLSocket).use {
                    it.startHandshake()
                }
            }
        } catch (e: SocketTimeoutException) {
            val what = if (connected) "accepts connections, but does not speak TLS there" else "can't be reached"
            throw IOException("$place $what: no answer within ${MILLIS / 1000} s.", e)
        } catch (e: SSLException) {
            val message = "What answers at $place does not speak TLS, so it is no backend for wss (${e.message})."
            throw IOException(message, e)
        } catch (e: IOException) {
            throw IOException("No Kilo backend answers at $place (${e.message ?: e::class.simpleName}).", e)
        }
        return seen?.let(CertificatePin::fingerprintOf) ?: throw IOException("$place shows no certificate.")
    }

    companion object {
        private const val MILLIS = 10_000

        fun place(uri: URI): String = "${uri.host}:${uri.port}"
    }
}
