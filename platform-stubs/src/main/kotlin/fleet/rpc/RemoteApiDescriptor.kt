package fleet.rpc

public interface RemoteApiDescriptor<T : RemoteApi<*>> {
    public fun getSignature(methodName: String): RpcSignature

    public fun clientStub(proxy: suspend (String, Array<Any?>) -> Any?): T

    public fun getApiFqn(): String

    public suspend fun call(impl: T, methodName: String, args: Array<Any?>): Any?
}
