package dev.kilo.backend.ide

import com.intellij.openapi.diagnostic.Logger
import com.intellij.util.EnvironmentUtil
import com.intellij.util.net.ssl.CertificateManager
import java.io.IOException
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import java.security.cert.X509Certificate
import java.util.Base64
import javax.net.ssl.X509TrustManager

/**
 * What the CLI runs with: the environment of the user's login shell, which an IDE started from a desktop does not have,
 * and the IDE's own proxy and certificates where the shell names none. Blocks: the shell is asked on first use.
 */
internal fun cliEnvironment(folder: Path): Map<String, String> {
    val shell = EnvironmentUtil.getEnvironmentMap()
    return shell + proxyVariables(ProxySelector.getDefault(), shell) + certificateVariables(folder, shell)
}

/** The variables that make the CLI use the proxy that [selector] names for a foreign host; none when [environment] has one. */
internal fun proxyVariables(selector: ProxySelector?, environment: Map<String, String>): Map<String, String> {
    val named = environment.keys.any { it.uppercase() in setOf("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") }
    if (selector == null || named) return emptyMap()
    val proxy = selector.select(URI("https://models.example.org/")).firstOrNull { it.type() == Proxy.Type.HTTP }
    val address = proxy?.address() as? InetSocketAddress ?: return emptyMap()
    val url = "http://${address.hostString}:${address.port}"
    return mapOf(
        "HTTPS_PROXY" to url,
        "HTTP_PROXY" to url,
        "NO_PROXY" to (environment["NO_PROXY"] ?: environment["no_proxy"] ?: "localhost,127.0.0.1,::1"),
        "NODE_USE_ENV_PROXY" to "1",
    )
}

private fun certificateVariables(folder: Path, environment: Map<String, String>): Map<String, String> {
    if (NODE_CERTIFICATES in environment) return emptyMap()
    val trusted: X509TrustManager = CertificateManager.getInstance().trustManager
    val file = folder.resolve("certificates.pem")
    return try {
        Files.createDirectories(folder)
        Files.writeString(file, pem(trusted.acceptedIssuers))
        mapOf(NODE_CERTIFICATES to file.toString())
    } catch (e: IOException) {
        Logger.getInstance(KiloService::class.java).warn("Kilo can't hand over the IDE's certificates", e)
        emptyMap()
    }
}

/** [certificates] in the text form that Node reads. */
internal fun pem(certificates: Array<X509Certificate>): String {
    val encoder = Base64.getMimeEncoder(PEM_LINE, "\n".toByteArray())
    return certificates.joinToString("") {
        "-----BEGIN CERTIFICATE-----\n${encoder.encodeToString(it.encoded)}\n-----END CERTIFICATE-----\n"
    }
}

private const val NODE_CERTIFICATES = "NODE_EXTRA_CA_CERTS"
private const val PEM_LINE = 64
