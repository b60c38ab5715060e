package dev.kilo.backend.host

import okhttp3.tls.HandshakeCertificates
import okhttp3.tls.HeldCertificate
import java.io.IOException
import java.nio.file.Path
import java.security.MessageDigest
import java.util.Date
import java.util.HexFormat
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext

/** Who this backend is to windows: a self-signed certificate. They know it by its [fingerprint]. */
internal class Identity private constructor(private val held: HeldCertificate) {
    /** SHA-256 of the certificate, 64 hex digits. */
    val fingerprint: String =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(held.certificate.encoded))

    fun context(): SSLContext = HandshakeCertificates.Builder().heldCertificate(held).build().sslContext()

    companion object {
        private const val YEARS = 20L

        /** The certificate and key in [file], made when it does not exist; nobody but its owner may read it. */
        fun from(file: Path): Identity {
            val text =
                ownFile(file, "certificate file") { make().let { it.certificatePem() + it.privateKeyPkcs8Pem() } }
            val held =
                try {
                    HeldCertificate.decode(text)
                } catch (e: IllegalArgumentException) {
                    throw IOException("The certificate file $file is damaged. $RENEW", e)
                }
            if (held.certificate.notAfter.before(Date())) {
                throw IOException("The certificate in $file has expired. $RENEW")
            }
            return Identity(held)
        }

        private const val RENEW =
            "Remove it, and a new one is made; windows then ask again whether they may trust this backend."

        private fun make(): HeldCertificate = HeldCertificate
            .Builder()
            .commonName("Kilo backend")
            .duration(YEARS * 365, TimeUnit.DAYS)
            .build()
    }
}
