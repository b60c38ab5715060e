package dev.kilo.backend.ide

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.IOException
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.SocketAddress
import java.net.URI

class EnvironmentTest {
    private val office = Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("proxy.office", 3128))

    @Test
    fun `the IDE's proxy reaches the CLI`() {
        val found = proxyVariables(Fixed(listOf(office)), mapOf("PATH" to "/bin", "NO_PROXY" to "intern"))
        assertEquals("http://proxy.office:3128", found["HTTPS_PROXY"])
        assertEquals("http://proxy.office:3128", found["HTTP_PROXY"])
        assertEquals("intern", found["NO_PROXY"])
        assertEquals("1", found["NODE_USE_ENV_PROXY"])
    }

    @Test
    fun `a proxy of the login shell comes before the IDE's`() {
        assertEquals(
            emptyMap<String, String>(),
            proxyVariables(Fixed(listOf(office)), mapOf("https_proxy" to "http://mine:1")),
        )
    }

    @Test
    fun `without a proxy nothing is set`() {
        assertEquals(emptyMap<String, String>(), proxyVariables(Fixed(listOf(Proxy.NO_PROXY)), emptyMap()))
        assertEquals(emptyMap<String, String>(), proxyVariables(null, emptyMap()))
    }

    private class Fixed(private val answer: List<Proxy>) : ProxySelector() {
        override fun select(uri: URI): List<Proxy> = answer

        override fun connectFailed(uri: URI, address: SocketAddress, cause: IOException) = Unit
    }
}
