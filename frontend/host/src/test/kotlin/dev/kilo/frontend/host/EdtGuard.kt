package dev.kilo.frontend.host

import java.awt.AWTEvent
import java.awt.EventQueue
import java.awt.Toolkit
import java.lang.management.ManagementFactory
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport

/**
 * Watches the thread that paints. Nothing of ours may wait there, for an answer of the backend, a file or a lock, and no
 * event may work for more than [LIMIT] ms. Work is measured as time of the processor, so that a busy machine does not
 * make a fault of a fast event; waiting is found by looking at the thread every few milliseconds.
 */
internal object EdtGuard {
    /** What an event did wrong, and where it was seen. */
    class Fault(val what: String, val stack: List<StackTraceElement>) {
        override fun toString(): String = what + stack.take(DEPTH).joinToString("") { "\n    at $it" }
    }

    /** Events that the JDK itself makes slow, each with its reason. A frame of this name in the stack excuses it. */
    private val ALLOWED = mapOf(
        "java.awt.Window.addNotify" to "the first frame makes its peer and asks the display for everything it needs",
        "java.awt.Window.show" to "the display's window manager is waited for by the JDK",
        "sun.font.SunFontManager" to "the first use of a font family reads the files of the system's fonts",
        "javax.imageio.ImageIO" to "tests take pictures of the window on its own thread",
        "org.assertj" to "the test driver itself looks at components",
        "FutureTask.run" to "a test asks something of a model",
    )
    private const val LIMIT = 50L
    private const val LOOK = 4L
    private const val DEPTH = 40
    private const val OURS = "dev.kilo."
    private val threads = ManagementFactory.getThreadMXBean()
    private val faults = ConcurrentLinkedQueue<Fault>()
    private val samples = ArrayList<Array<StackTraceElement>>()

    @Volatile
    private var running: Thread? = null

    @Volatile
    private var began = 0L

    /** Longest event since [take], in ms of the clock. */
    @Volatile
    var longest: Long = 0L
        private set

    fun install() {
        Toolkit.getDefaultToolkit().systemEventQueue.push(object : EventQueue() {
            private var depth = 0

            override fun dispatchEvent(event: AWTEvent?) {
                // A popup or a dialog pumps events within an event: the outer one's time is not its own.
                if (depth++ > 0) {
                    super.dispatchEvent(event)
                    depth--
                    return
                }
                val start = System.nanoTime()
                val used = threads.currentThreadCpuTime
                began = start
                running = Thread.currentThread()
                try {
                    super.dispatchEvent(event)
                } finally {
                    depth--
                    running = null
                    val wall = (System.nanoTime() - start) / 1_000_000
                    longest = maxOf(longest, wall)
                    end(event, wall, (threads.currentThreadCpuTime - used) / 1_000_000)
                }
            }
        })
        Thread(::look, "edt-guard").apply { isDaemon = true }.start()
    }

    /** Faults since the last call. */
    fun take(): List<Fault> {
        longest = 0
        return generateSequence { faults.poll() }.toList()
    }

    private fun end(event: AWTEvent?, wall: Long, work: Long) {
        val seen = synchronized(samples) { samples.toList().also { samples.clear() } }
        if (work <= LIMIT || seen.any(::allowed)) return
        val stack = seen.getOrNull(seen.size / 2)?.toList().orEmpty()
        faults += Fault("An event worked for $work ms ($wall ms of the clock): $event", stack)
    }

    private fun look() {
        while (true) {
            LockSupport.parkNanos(LOOK * 1_000_000)
            val thread = running ?: continue
            val at = began
            if (System.nanoTime() - at < LOOK * 1_000_000) continue
            val info = threads.getThreadInfo(longArrayOf(thread.id), DEPTH * 3).firstOrNull() ?: continue
            val stack = info.stackTrace
            if (began != at || running == null) continue
            synchronized(samples) { samples += stack }
            val waits = info.threadState in WAITING
            if (waits && waitsOfOurs(stack) && !allowed(stack)) {
                faults += Fault("An event waits (${info.threadState}, ${info.lockName})", stack.toList())
            }
        }
    }

    /** Our code has called what waits, not the toolkit in between. */
    private fun waitsOfOurs(stack: Array<StackTraceElement>): Boolean {
        val frame = stack.firstOrNull { caller -> JDK.none { caller.className.startsWith(it) } } ?: return false
        return frame.className.startsWith(OURS) || frame.className.startsWith("kotlinx.coroutines")
    }

    private fun allowed(stack: Array<StackTraceElement>): Boolean = stack.any { frame ->
        val name = "${frame.className}.${frame.methodName}"
        ALLOWED.keys.any { it in name }
    }

    private val JDK =
        listOf("java.util.concurrent", "java.lang.", "jdk.internal", "java.net.", "java.io.", "java.nio.", "sun.nio")
    private val WAITING = setOf(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.BLOCKED)
}
