package com.intellij.util

import dev.kilo.plugin.host.Host
import javax.swing.SwingUtilities

public class EnvironmentUtil {
    public companion object {
        @JvmStatic
        public fun getEnvironmentMap(): Map<String, String> {
            check(!SwingUtilities.isEventDispatchThread()) { "The login shell was asked on the UI thread." }
            return Host.environment
        }
    }
}
