package com.intellij.openapi.application

import kotlinx.coroutines.Dispatchers
import kotlin.coroutines.CoroutineContext

public val Dispatchers.EDT: CoroutineContext
    get() = throw UnsupportedOperationException()
