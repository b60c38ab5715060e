package com.intellij.openapi.vfs

import dev.kilo.plugin.host.Host
import java.io.File

public open class VfsUtil {
    public companion object {
        @JvmStatic
        @Suppress("UNUSED_PARAMETER")
        public fun markDirtyAndRefresh(
            async: Boolean,
            recursive: Boolean,
            reloadChildren: Boolean,
            vararg files: File,
        ) {
            check(async) { "A refresh that waits may deadlock." }
            Host.refreshed.addAll(files)
        }
    }
}
