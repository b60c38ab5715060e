package dev.kilo.backend.testkit

import dev.kilo.backend.rpc.KiloBackend
import dev.kilo.shared.app.LocalBackendProvider
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import kotlin.time.Duration.Companion.seconds

/**
 * A test over the bundled CLI: a place of its own for each test, one model server for a class. What the model answers
 * stands in the prompts.
 */
@TestInstance(TestInstance.Lifecycle.PER_METHOD)
internal abstract class CliTest {
    protected val place: Place = Place()
    protected val directory: String = place.project.toString()

    /** Ends what the test has started, before its place goes. */
    protected abstract fun close()

    @AfterEach
    fun stop() {
        close()
        place.close()
    }

    companion object {
        @JvmStatic
        protected lateinit var model: FakeModel
            private set

        @JvmStatic
        @BeforeAll
        fun startModel() {
            model = FakeModel()
        }

        @JvmStatic
        @AfterAll
        fun stopModel() {
            model.close()
        }
    }
}

/** A test over a whole backend. */
internal abstract class BackendTest : CliTest() {
    protected val backend: KiloBackend =
        KiloBackend.start(LocalBackendProvider.Options(bundledCli(), place.environment(model)))

    override fun close(): Unit = backend.close()

    /** Runs [block] with a window that has seen the state of the directory. */
    protected fun test(block: suspend CoroutineScope.(Window) -> Unit): Unit = runBlocking {
        withTimeout(90.seconds) {
            val window = Window(backend, directory, this)
            try {
                window.await { it as? WorkspaceEvent.Reset }
                block(window)
            } finally {
                window.stop()
            }
        }
    }
}
