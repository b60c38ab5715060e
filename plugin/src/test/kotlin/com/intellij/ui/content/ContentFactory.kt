package com.intellij.ui.content

import dev.kilo.plugin.host.FakeContent
import javax.swing.JComponent

public interface ContentFactory {
    public fun createContent(component: JComponent?, displayName: String?, isLockable: Boolean): Content

    public companion object {
        @JvmStatic
        public fun getInstance(): ContentFactory = object : ContentFactory {
            override fun createContent(component: JComponent?, displayName: String?, isLockable: Boolean) =
                FakeContent(checkNotNull(component))
        }
    }
}
