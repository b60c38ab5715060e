package dev.kilo.backend.ide

import com.intellij.platform.rpc.backend.RemoteApiProvider
import dev.kilo.shared.ide.KiloRemoteApi
import kotlinx.coroutines.flow.Flow

/** Makes the backend reachable for the IDE's windows. Named by the module's descriptor. */
internal class KiloApiProvider : RemoteApiProvider {
    override fun RemoteApiProvider.Sink.remoteApis() {
        remoteApi(KiloRemoteApi._generated_RemoteApiDescriptor) { KiloApi() }
    }
}

/** Cheap on purpose: older platforms make it when they start, so the backend is made with the first call. */
internal class KiloApi : KiloRemoteApi {
    private val endpoint get() = KiloService.instance.endpoint

    override suspend fun request(body: String): String = endpoint.request(body)

    override suspend fun events(channel: String): Flow<String> = endpoint.events(channel)
}
