package com.intellij.util.net.ssl

import java.security.cert.X509Certificate
import javax.net.ssl.X509TrustManager

public class CertificateManager {
    public val trustManager: ConfirmingTrustManager = ConfirmingTrustManager()

    public companion object {
        @JvmStatic
        public fun getInstance(): CertificateManager = CertificateManager()
    }
}

public class ConfirmingTrustManager : X509TrustManager {
    override fun checkClientTrusted(chain: Array<X509Certificate>, authType: String): Unit = Unit

    override fun checkServerTrusted(chain: Array<X509Certificate>, authType: String): Unit = Unit

    override fun getAcceptedIssuers(): Array<X509Certificate> = arrayOf()
}
