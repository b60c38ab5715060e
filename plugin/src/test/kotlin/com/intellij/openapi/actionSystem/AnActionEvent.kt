package com.intellij.openapi.actionSystem

import com.intellij.openapi.project.Project

public open class AnActionEvent(private val ofProject: Project?, private val data: Map<DataKey<*>, Any>) {
    private val own = Presentation()

    public fun getProject(): Project? = ofProject

    @Suppress("UNCHECKED_CAST")
    public fun <T> getData(key: DataKey<T>): T? = data[key] as T?

    public fun getPresentation(): Presentation = own
}

public class Presentation {
    public var shown: Boolean = true
        private set
    public var label: String = ""
        private set

    public fun setText(text: String?) {
        label = text.orEmpty()
    }

    public fun setEnabled(enabled: Boolean) {
        shown = enabled
    }

    public fun setEnabledAndVisible(enabled: Boolean) {
        shown = enabled
    }
}
