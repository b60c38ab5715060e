package fleet.rpc

public class ParameterDescriptor(public val parameterName: String, public val parameterKind: RemoteKind)
