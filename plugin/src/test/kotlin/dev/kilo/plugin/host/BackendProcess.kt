package dev.kilo.plugin.host

import dev.kilo.plugin.sideLoader
import java.nio.file.Path
import kotlin.system.exitProcess

/**
 * The backend's side in a process of its own, as on a remote host: serves the plugin's API on its standard streams until
 * they end, then unloads the plugin and ends with 0 if nothing of it is left.
 */
public object BackendProcess {
    @JvmStatic
    public fun main(args: Array<String>) {
        val output = System.out.writer()
        // What somebody prints must not get between the lines.
        System.setOut(System.err)
        Host.plugin = Path.of(System.getProperty("kilo.installed") ?: System.getProperty("kilo.plugin"))
        Host.system = Path.of(args[0])
        Host.projects = Path.of(args[1])
        Host.environment = System.getenv()
        val collected = load()
        serveLines({ Host.routes.link() }, System.`in`.bufferedReader(), output)
        unload()
        collected.check()
        exitProcess(0)
    }

    /** In a frame of its own, so that no local variable keeps a loader alive. */
    private fun load(): Collected {
        val loader = sideLoader("backend", BackendProcess::class.java.classLoader)
        serve(loader)
        return Collected(listOf(loader))
    }
}
