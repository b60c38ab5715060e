package dev.kilo.plugin

import org.junit.jupiter.api.Test
import java.util.concurrent.Callable

class LinkTest {
    @Test
    fun `the two sides link against the platform, work together over strings, and end with the plugin`() {
        platformLoader().use { platform ->
            val type = platform.loadClass("dev.kilo.plugin.host.Scenario")
            val scenario = type.getConstructor(ClassLoader::class.java, ClassLoader::class.java)
            (
                scenario.newInstance(
                    sideLoader("frontend", platform),
                    sideLoader("backend", platform),
                ) as Callable<*>
                ).call()
        }
    }
}
