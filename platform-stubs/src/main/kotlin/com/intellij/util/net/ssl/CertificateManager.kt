package com.intellij.util.net.ssl

public class CertificateManager private constructor() {
    public val trustManager: ConfirmingTrustManager
        get() = throw UnsupportedOperationException()

    public companion object {
        @JvmStatic
        public fun getInstance(): CertificateManager = throw UnsupportedOperationException()
    }
}
