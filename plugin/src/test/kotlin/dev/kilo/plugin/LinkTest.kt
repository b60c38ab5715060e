package dev.kilo.plugin

import dev.kilo.backend.testkit.FakeModel
import org.junit.jupiter.api.Test
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.concurrent.Callable

class LinkTest {
    @Test
    fun `the two sides link against the platform, work together over strings, and leave nothing behind`() {
        platformLoader().use { platform ->
            val collected = collected(platform) {
                val frontend = sideLoader("frontend", platform)
                val backend = sideLoader("backend", platform)
                scenario(platform, "Scenario", frontend, backend)
                listOf(frontend, backend)
            }
            collected.run()
        }
    }

    @Test
    fun `in two processes the sides finish a turn, survive a killed backend and leave nothing behind`() {
        FakeModel().use { model ->
            platformLoader().use { platform ->
                val collected = collected(platform) {
                    val frontend = sideLoader("frontend", platform)
                    val inside =
                        ModuleLoader("inside", listOf(classPath("plugin/target/test-classes")), listOf(frontend))
                    scenario(platform, "RemoteScenario", frontend, inside, backendProcess(platform), model.config())
                    listOf(frontend, inside)
                }
                collected.run()
            }
        }
    }

    /** Runs [use] in a frame of its own, so that no local variable keeps a loader alive, and tells how to look for them. */
    private fun collected(platform: ClassLoader, use: () -> List<ClassLoader>): Runnable {
        val type = platform.loadClass("dev.kilo.plugin.host.Collected")
        val collected = type.getConstructor(List::class.java).newInstance(use())
        return Runnable { type.getMethod("check").invoke(collected) }
    }

    private fun scenario(platform: ClassLoader, name: String, vararg args: Any) {
        val type = platform.loadClass("dev.kilo.plugin.host.$name")
        (type.constructors.single().newInstance(*args) as Callable<*>).call()
    }

    /** A JVM with the same platform and, but for the arguments, the backend's side. */
    private fun backendProcess(platform: URLClassLoader): List<String> {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val classPath = platform.urLs.joinToString(File.pathSeparator) { Path.of(it.toURI()).toString() }
        val properties = listOf("kilo.root", "kilo.plugin", "java.awt.headless").map {
            "-D$it=${System.getProperty(it)}"
        }
        return listOf(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1") + properties +
            listOf("-cp", classPath, "dev.kilo.plugin.host.BackendProcess")
    }
}
