package com.intellij.openapi.application

import dev.kilo.plugin.host.Host

/** Takes the place of the stub, as all classes of these packages do: what the fake host does is here, in test code only. */
public class ApplicationManager {
    public companion object {
        @JvmStatic
        public fun getApplication(): Application = Host.application
    }
}

public class PathManager {
    public companion object {
        @JvmStatic
        public fun getSystemPath(): String = Host.system.toString()
    }
}
