package dev.kilo.shared.rpc.ws

import java.net.Socket
import java.security.MessageDigest
import java.security.cert.CertificateException
import java.security.cert.X509Certificate
import java.util.HexFormat
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLEngine
import javax.net.ssl.X509ExtendedTrustManager

/**
 * The one certificate that a backend may show, by its [fingerprint]. [changed] says in words what to do when it shows
 * another one, whose fingerprint it is given. Names and validity don't matter: the certificate itself is known.
 */
public class CertificatePin(private val fingerprint: String, internal val changed: (String) -> String) {
    internal fun context(): SSLContext = trusting { certificate ->
        val found = fingerprintOf(certificate)
        if (!MessageDigest.isEqual(found.toByteArray(), fingerprint.toByteArray())) throw OtherCertificate(found)
    }

    public companion object {
        /** SHA-256 of [certificate], 64 hex digits. */
        public fun fingerprintOf(certificate: X509Certificate): String =
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.encoded))

        /** A TLS context that trusts whom [check] lets pass; it throws [CertificateException] for the others. */
        public fun trusting(check: (X509Certificate) -> Unit): SSLContext =
            SSLContext.getInstance("TLS").apply { init(null, arrayOf(Manager(check)), null) }
    }
}

internal class OtherCertificate(val fingerprint: String) : CertificateException("the certificate is another one")

/** Extended, because around a plain one the JDK checks host names, which mean nothing for a pinned certificate. */
private class Manager(private val check: (X509Certificate) -> Unit) : X509ExtendedTrustManager() {
    private fun server(chain: Array<out X509Certificate>?) {
        check(chain?.firstOrNull() ?: throw CertificateException("The backend shows no certificate."))
    }

    private fun client(): Nothing = throw CertificateException("Only for windows.")

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, type: String?) = server(chain)

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, type: String?, socket: Socket?) = server(chain)

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, type: String?, engine: SSLEngine?) =
        server(chain)

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, type: String?) = client()

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, type: String?, socket: Socket?) = client()

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, type: String?, engine: SSLEngine?) = client()

    override fun getAcceptedIssuers(): Array<X509Certificate> = arrayOf()
}
