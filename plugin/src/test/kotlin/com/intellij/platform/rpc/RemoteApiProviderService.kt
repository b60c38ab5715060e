package com.intellij.platform.rpc

import dev.kilo.plugin.host.Host
import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor

public interface RemoteApiProviderService {
    public companion object {
        public suspend fun <T : RemoteApi<Unit>> resolve(descriptor: RemoteApiDescriptor<T>): T =
            Host.resolve(descriptor)
    }
}
