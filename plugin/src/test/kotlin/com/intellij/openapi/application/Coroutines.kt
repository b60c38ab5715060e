package com.intellij.openapi.application

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import javax.swing.SwingUtilities
import kotlin.coroutines.CoroutineContext

public val Dispatchers.EDT: CoroutineContext get() = Edt

private object Edt : CoroutineDispatcher() {
    override fun dispatch(context: CoroutineContext, block: Runnable) = SwingUtilities.invokeLater(block)
}
