package com.intellij.util.messages

import com.intellij.openapi.Disposable

public interface MessageBus : Disposable {
    public fun connect(parentDisposable: Disposable): MessageBusConnection
}
