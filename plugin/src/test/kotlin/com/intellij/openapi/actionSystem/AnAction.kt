package com.intellij.openapi.actionSystem

import com.intellij.openapi.project.PossiblyDumbAware
import dev.kilo.plugin.host.Host
import javax.swing.Icon
import javax.swing.JComponent
import javax.swing.KeyStroke

public abstract class AnAction public constructor(text: String?, description: String?, icon: Icon?) :
    ActionUpdateThreadAware,
    PossiblyDumbAware {
    public constructor() : this(null, null, null)

    protected fun setEnabledInModalContext(enabled: Boolean): Unit = Unit

    public fun registerCustomShortcutSet(shortcutSet: ShortcutSet, component: JComponent?) {
        Host.keys[(shortcutSet as CustomShortcutSet).key.toString()] = this
    }

    public abstract fun actionPerformed(event: AnActionEvent?)

    public open fun update(event: AnActionEvent): Unit = Unit
}

public class CustomShortcutSet(internal val key: KeyStroke) : ShortcutSet
