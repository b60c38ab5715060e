package fleet.rpc

public class RpcSignature(
    public val methodName: String,
    public val parameters: Array<ParameterDescriptor>,
    public val returnType: RemoteKind,
)
