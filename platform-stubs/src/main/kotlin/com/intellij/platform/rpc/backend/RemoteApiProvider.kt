package com.intellij.platform.rpc.backend

import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor

public interface RemoteApiProvider {
    public fun Sink.remoteApis()

    public interface Sink {
        public fun <T : RemoteApi<Unit>> remoteApi(descriptor: RemoteApiDescriptor<T>, implementation: () -> T)
    }
}
