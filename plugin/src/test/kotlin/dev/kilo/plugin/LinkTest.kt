package dev.kilo.plugin

import dev.kilo.backend.testkit.FakeModel
import org.junit.jupiter.api.Test

class LinkTest {
    @Test
    fun `the two sides link against a platform without version control, work over strings, and leave nothing behind`() {
        platformLoader(vcs = false).use { platform ->
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
                    val vcs = vcsLoader(frontend, platform)
                    val java = backendProcess(platform)
                    scenario(platform, "RemoteScenario", frontend, inside, vcs, java, model.config(), model.url)
                    listOf(frontend, inside, vcs)
                }
                collected.run()
            }
        }
    }
}
