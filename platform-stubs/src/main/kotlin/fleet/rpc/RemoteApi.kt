package fleet.rpc

public interface RemoteApi<Metadata>
