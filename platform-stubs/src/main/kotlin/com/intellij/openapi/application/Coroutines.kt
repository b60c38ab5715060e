package com.intellij.openapi.application

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.Dispatchers

public val Dispatchers.EDT: CoroutineContext
    get() = throw UnsupportedOperationException()
