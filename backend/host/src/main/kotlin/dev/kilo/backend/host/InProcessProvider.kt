package dev.kilo.backend.host

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.shared.app.Backend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.rpc.RpcBackend
import dev.kilo.shared.rpc.RpcServer
import dev.kilo.shared.rpc.RpcTiming
import dev.kilo.shared.rpc.channelPair

/** A backend in this process. Frames are encoded all the same, so a window behaves here as it does over a network. */
public class InProcessProvider : LocalBackendProvider {
    override fun start(options: LocalBackendProvider.Options): LocalBackendProvider.Handle {
        val kilo = KiloBackend.start(options)
        val server = RpcServer(kilo, VERSION, timing = RpcTiming.WITHIN_PROCESS)
        val client =
            RpcBackend(
                connector = {
                    val (near, far) = channelPair()
                    server.accept(far)
                    near
                },
                place = kilo.place,
                product = VERSION,
                timing = RpcTiming.WITHIN_PROCESS,
            )
        return object : LocalBackendProvider.Handle {
            override val backend: Backend = client

            override fun close() {
                client.close()
                server.close()
                kilo.close()
            }
        }
    }
}

/** Version of the product as the build wrote it into the jar; a build's own classes folder has none. */
internal val VERSION: String = InProcessProvider::class.java.`package`?.implementationVersion ?: "development"
