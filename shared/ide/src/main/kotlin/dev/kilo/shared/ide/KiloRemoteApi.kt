package dev.kilo.shared.ide

import dev.kilo.shared.rpc.ide.IdeCalls
import fleet.rpc.ParameterDescriptor
import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor
import fleet.rpc.RemoteKind
import fleet.rpc.RpcSignature
import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.builtins.serializer

/**
 * What the two sides of the plugin say to each other through the IDE. Only strings cross, so that neither the versions of
 * serialization libraries nor of our own types have to agree.
 */
public interface KiloRemoteApi :
    RemoteApi<Unit>,
    IdeCalls {
    override suspend fun request(body: String): String

    override suspend fun events(channel: String): Flow<String>

    /** Written by hand, with the name that the platform's own compiler plugin would give it: newer tools look for it. */
    @Suppress("ClassName", "ktlint:standard:class-naming")
    public object _generated_RemoteApiDescriptor : RemoteApiDescriptor<KiloRemoteApi> {
        private val text get() = RemoteKind.Data(String.serializer())

        override fun getApiFqn(): String = "dev.kilo.shared.ide.KiloRemoteApi"

        override fun getSignature(methodName: String): RpcSignature = when (methodName) {
            REQUEST -> RpcSignature(REQUEST, arrayOf(ParameterDescriptor("body", text)), text)

            EVENTS -> RpcSignature(
                EVENTS,
                arrayOf(ParameterDescriptor("channel", text)),
                RemoteKind.Flow(text, false),
            )

            else -> throw unknown(methodName)
        }

        override fun clientStub(proxy: suspend (String, Array<Any?>) -> Any?): KiloRemoteApi = Stub(proxy)

        override suspend fun call(impl: KiloRemoteApi, methodName: String, args: Array<Any?>): Any? =
            when (methodName) {
                REQUEST -> impl.request(args.single() as String)
                EVENTS -> impl.events(args.single() as String)
                else -> throw unknown(methodName)
            }

        private fun unknown(method: String) = IllegalArgumentException("Kilo's remote API has no method $method.")

        internal const val REQUEST = "request"
        internal const val EVENTS = "events"
    }
}

/** Whether the backend runs in another process than this one. Within one process the platform hands out the backend's own object. */
public val KiloRemoteApi.remote: Boolean get() = this is Stub

private class Stub(private val proxy: suspend (String, Array<Any?>) -> Any?) : KiloRemoteApi {
    override suspend fun request(body: String): String =
        proxy(KiloRemoteApi._generated_RemoteApiDescriptor.REQUEST, arrayOf(body)) as String

    override suspend fun events(channel: String): Flow<String> {
        @Suppress("UNCHECKED_CAST")
        return proxy(KiloRemoteApi._generated_RemoteApiDescriptor.EVENTS, arrayOf(channel)) as Flow<String>
    }
}
