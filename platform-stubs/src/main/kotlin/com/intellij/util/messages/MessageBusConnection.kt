package com.intellij.util.messages

import com.intellij.openapi.Disposable

public interface SimpleMessageBusConnection {
    public fun <L : Any> subscribe(topic: Topic<L>, handler: L)
}

public interface MessageBusConnection :
    SimpleMessageBusConnection,
    Disposable
