package dev.kilo.frontend.host

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.awt.SecondaryLoop
import java.awt.Toolkit
import java.io.File
import java.lang.management.ManagementFactory
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import javax.swing.SwingUtilities
import kotlin.concurrent.thread

/** The guard itself: each kind of what it is there to find is found, and what is none is not. */
class EdtGuardTest {
    private lateinit var guard: AutoCloseable

    @BeforeEach
    fun install() {
        guard = EdtGuard.install()
        EdtGuard.take()
    }

    @AfterEach
    fun leave() = guard.close()

    @Test
    fun `an event that works for long is a fault`() {
        val told = faults { work(90) }
        assertTrue(told.any { it.startsWith("An event worked for ") }, told.toString())
    }

    @Test
    fun `quick events are none`() {
        assertEquals(emptyList<String>(), faults { work(1) })
    }

    @Test
    fun `waiting for an answer of the backend is a fault`() {
        val answer = CompletableDeferred<Unit>()
        later { answer.complete(Unit) }
        assertWaits(faults { runBlocking { answer.await() } })
    }

    @Test
    fun `waiting for a result of another thread is a fault`() {
        val result = CompletableFuture<Unit>()
        later { result.complete(Unit) }
        assertWaits(faults { result.join() })
    }

    @Test
    fun `waiting for a peer on the network is a fault`() {
        ServerSocket(0).use { server ->
            Socket("127.0.0.1", server.localPort).use { near ->
                server.accept().use { far ->
                    later { far.getOutputStream().write(1) }
                    assertWaits(faults { near.getInputStream().read() })
                }
            }
        }
    }

    @Test
    fun `waiting for a file is a fault`() {
        // What another program has yet to write is read as any file is.
        val java = File(System.getProperty("java.home"), "bin/java").path
        val process = ProcessBuilder(java, "-version").redirectErrorStream(true).start()
        try {
            assertWaits(faults { process.inputStream.read() })
        } finally {
            process.destroy()
        }
    }

    @Test
    fun `waiting for a lock is a fault`() {
        val lock = Any()
        val held = CountDownLatch(1)
        thread(isDaemon = true) {
            synchronized(lock) {
                held.countDown()
                Thread.sleep(HOLD)
            }
        }
        assertTrue(held.await(10, TimeUnit.SECONDS))
        assertWaits(faults { synchronized(lock) { Unit } })
    }

    @Test
    fun `the time in which a dialog is open is none`() {
        assertEquals(emptyList<String>(), faults { dialog { } })
        assertTrue(EdtGuard.longest < HOLD, "${EdtGuard.longest} ms")
    }

    @Test
    fun `an event that works for long while a dialog is open is a fault`() {
        val told = faults { dialog { work(90) } }
        assertEquals(1, told.size, told.toString())
        assertTrue(told.single().startsWith("An event worked for "), told.toString())
    }

    @Test
    fun `what an event does after its dialog was closed still counts`() {
        val told = faults {
            dialog { }
            work(90)
        }
        assertEquals(1, told.size, told.toString())
    }

    /** An event that waits for other events, as a modal dialog does, for a while; [meanwhile] is one of those. */
    private fun dialog(meanwhile: () -> Unit) {
        val loop: SecondaryLoop = Toolkit.getDefaultToolkit().systemEventQueue.createSecondaryLoop()
        later {
            SwingUtilities.invokeLater(meanwhile)
            SwingUtilities.invokeLater { loop.exit() }
        }
        loop.enter()
    }

    private fun later(action: () -> Unit) = thread(isDaemon = true) {
        Thread.sleep(HOLD)
        action()
    }

    /** Uses the processor for [millis] ms of its time. */
    private fun work(millis: Long) {
        val threads = ManagementFactory.getThreadMXBean()
        val end = threads.currentThreadCpuTime + millis * 1_000_000
        while (threads.currentThreadCpuTime < end) Thread.onSpinWait()
    }

    private fun assertWaits(told: List<String>) =
        assertTrue(told.any { it.startsWith("An event waits ") }, told.toString())

    private fun faults(event: () -> Unit): List<String> {
        SwingUtilities.invokeAndWait(event)
        SwingUtilities.invokeAndWait { }
        return EdtGuard.take().map { it.what }
    }

    private companion object {
        /** How long is waited, in ms: far more than the guard needs to see it. */
        const val HOLD = 150L
    }
}
