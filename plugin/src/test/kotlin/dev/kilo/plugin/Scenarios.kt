package dev.kilo.plugin

import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.concurrent.Callable

/** Runs [use] in a frame of its own, so that no local variable keeps a loader alive, and tells how to look for them. */
internal fun collected(platform: ClassLoader, use: () -> List<ClassLoader>): Runnable {
    val type = platform.loadClass("dev.kilo.plugin.host.Collected")
    val collected = type.getConstructor(List::class.java).newInstance(use())
    return Runnable { type.getMethod("check").invoke(collected) }
}

internal fun scenario(platform: ClassLoader, name: String, vararg args: Any) {
    val type = platform.loadClass("dev.kilo.plugin.host.$name")
    (type.constructors.single().newInstance(*args) as Callable<*>).call()
}

/** A JVM with the same platform and, but for the arguments, the backend's side. */
internal fun backendProcess(platform: URLClassLoader, vararg more: String): List<String> {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val classPath = platform.urLs.joinToString(File.pathSeparator) { Path.of(it.toURI()).toString() }
    val properties = listOf("kilo.root", "kilo.plugin", "java.awt.headless").map {
        "-D$it=${System.getProperty(it)}"
    }
    return listOf(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1") + properties + more +
        listOf("-cp", classPath, "dev.kilo.plugin.host.BackendProcess")
}
