package fleet.rpc

import kotlinx.serialization.KSerializer

public sealed interface RemoteKind {
    public class Data(public val serializer: KSerializer<*>) : RemoteKind

    public class Flow(public val elementKind: RemoteKind, public val nullable: Boolean) : RemoteKind
}
