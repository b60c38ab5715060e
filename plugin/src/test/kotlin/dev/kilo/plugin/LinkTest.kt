package dev.kilo.plugin

import org.junit.jupiter.api.Test
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.Callable

class LinkTest {
    @Test
    fun `the two sides link against the platform, work together over strings, and leave nothing behind`() {
        platformLoader().use { platform ->
            val gone = ReferenceQueue<ClassLoader>()
            val references = drive(platform, gone)
            val left = references.toMutableSet()
            val deadline = System.nanoTime() + LIMIT
            while (left.isNotEmpty() && System.nanoTime() < deadline) {
                System.gc()
                gone.remove(POLL)?.let(left::remove)
            }
            check(left.isEmpty()) { "${left.size} class loaders of the plugin are still in use after it was unloaded." }
        }
    }

    /** In a frame of its own, so that no local variable keeps a loader alive. */
    private fun drive(platform: ClassLoader, gone: ReferenceQueue<ClassLoader>): List<PhantomReference<ClassLoader>> {
        val frontend = sideLoader("frontend", platform)
        val backend = sideLoader("backend", platform)
        val type = platform.loadClass("dev.kilo.plugin.host.Scenario")
        val scenario = type.getConstructor(
            ClassLoader::class.java,
            ClassLoader::class.java,
        ).newInstance(frontend, backend)
        (scenario as Callable<*>).call()
        return listOf(PhantomReference(frontend, gone), PhantomReference(backend, gone))
    }

    private companion object {
        const val LIMIT = 30_000_000_000L
        const val POLL = 200L
    }
}
