package dev.kilo.frontend.host.gallery

import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress

/** A page that the agent can fetch, on this machine. */
internal class WebPage : AutoCloseable {
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    val url: String get() = "http://127.0.0.1:${server.address.port}/manual/mails"

    init {
        server.createContext("/") { exchange ->
            val body = PAGE.toByteArray()
            exchange.responseHeaders.add("content-type", "text/html; charset=utf-8")
            exchange.sendResponseHeaders(200, body.size.toLong())
            exchange.responseBody.use { it.write(body) }
        }
        server.start()
    }

    override fun close() = server.stop(0)

    private companion object {
        const val PAGE = "<html><head><title>Sending mails</title></head><body><h1>Sending mails</h1>" +
            "<p>Every mail goes through the queue.</p><ul><li>Wait for <code>queue.idle()</code> in tests</li>" +
            "<li>Three tries, 100 ms apart and doubling</li></ul></body></html>"
    }
}
