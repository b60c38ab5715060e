package dev.kilo.frontend.host

import java.awt.AWTEvent
import java.awt.EventQueue
import java.awt.Toolkit
import java.lang.management.ManagementFactory
import java.util.ArrayDeque
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport

/**
 * Watches the thread that paints. Nothing of ours may wait there, for an answer of the backend, a file or a lock, and no
 * event may work for more than [LIMIT] ms. Work is measured as time of the processor, so that a busy machine does not
 * make a fault of a fast event; waiting is found by looking at the thread every few milliseconds.
 *
 * A modal dialog or a popup handles events within an event: the time of those, and the time in between in which that
 * inner loop waits for more, belong to none but themselves.
 */
internal object EdtGuard {
    /** What an event did wrong, and where it was seen. */
    class Fault(val what: String, val stack: List<StackTraceElement>, val waits: Boolean = false) {
        override fun toString(): String = what + stack.take(DEPTH).joinToString("") { "\n    at $it" }
    }

    /** Events that the JDK itself makes slow, each with its reason. A frame of this name in the stack excuses it. */
    private val ALLOWED = mapOf(
        "java.awt.Window.addNotify" to "the first frame makes its peer and asks the display for everything it needs",
        "java.awt.Window.show" to "the display's window manager is waited for by the JDK",
        "sun.font.SunFontManager" to "the first use of a font family reads the files of the system's fonts",
        "sun.awt.X11InputMethod" to "the first focus connects with the display's input methods",
        "javax.swing.JFileChooser" to "the JDK makes the whole dialog for choosing files at once",
        "javax.imageio.ImageIO" to "tests take pictures of the window on its own thread",
        "org.assertj" to "the test driver itself looks at components",
        "dev.kilo.frontend.host.RunKt.onEdt" to "a test asks something of a model",
        "dev.kilo.frontend.host.Run.save" to "a test takes a picture of the window on its own thread",
    )

    private const val LIMIT = 50L
    private const val LOOK = 4L
    private const val DEPTH = 40
    private const val OURS = "dev.kilo."
    private val threads = ManagementFactory.getThreadMXBean()
    private val faults = ConcurrentLinkedQueue<Fault>()

    /** One event that is being handled. Its clocks stand still while an inner loop runs. */
    private class Stint(val event: AWTEvent?) {
        val samples = ArrayList<Array<StackTraceElement>>()
        private var since = 0L
        private var cpuSince = 0L
        var wall = 0L
            private set
        var work = 0L
            private set

        fun go() {
            since = System.nanoTime()
            cpuSince = threads.currentThreadCpuTime
        }

        fun stop() {
            wall += System.nanoTime() - since
            work += threads.currentThreadCpuTime - cpuSince
        }
    }

    /** What runs now, and since when; replaced as a whole, so that the watcher never mixes two events. */
    private class Running(val thread: Thread, val stint: Stint, val began: Long)

    @Volatile
    private var running: Running? = null

    /** Longest event since [take], in ms of the clock. */
    @Volatile
    var longest: Long = 0L
        private set

    @Volatile
    private var busiest = 0L

    /** The most work of one event since the last call, in ms of the processor. */
    fun busiest(): Long = busiest.also { busiest = 0 }

    /** Watches until what it returns is closed. */
    fun install(): AutoCloseable {
        val queue = Watched()
        Toolkit.getDefaultToolkit().systemEventQueue.push(queue)
        val watcher = Thread(::look, "edt-guard").apply { isDaemon = true }
        watcher.start()
        return AutoCloseable {
            watcher.interrupt()
            queue.leave()
        }
    }

    private class Watched : EventQueue() {
        private val open = ArrayDeque<Stint>()

        fun leave() = pop()

        override fun getNextEvent(): AWTEvent {
            // An event that asks for the next one has opened a loop of its own: what it waits for is not its work.
            val outer = open.peek() ?: return super.getNextEvent()
            outer.stop()
            running = null
            try {
                return super.getNextEvent()
            } finally {
                begin(outer)
            }
        }

        override fun dispatchEvent(event: AWTEvent?) {
            val outer = open.peek()
            outer?.stop()
            val stint = Stint(event)
            open.push(stint)
            begin(stint)
            try {
                super.dispatchEvent(event)
            } finally {
                stint.stop()
                running = null
                open.pop()
                end(stint)
                outer?.let(::begin)
            }
        }

        private fun begin(stint: Stint) {
            stint.go()
            running = Running(Thread.currentThread(), stint, System.nanoTime())
        }
    }

    /** Faults since the last call. */
    fun take(): List<Fault> {
        longest = 0
        return generateSequence { faults.poll() }.toList()
    }

    private fun end(stint: Stint) {
        val wall = stint.wall / 1_000_000
        val work = stint.work / 1_000_000
        longest = maxOf(longest, wall)
        if (work <= LIMIT) return
        val seen = synchronized(stint.samples) { stint.samples.toList() }
        if (seen.none(::allowed)) busiest = maxOf(busiest, work)
        // Only as much is excused as was seen of it.
        val own = seen.count { !allowed(it) }
        if (seen.isNotEmpty() && work * own / seen.size <= LIMIT) return
        val stack = seen.filterNot(::allowed).getOrNull(own / 2)?.toList().orEmpty()
        faults += Fault("An event worked for $work ms ($wall ms of the clock): ${stint.event}", stack)
    }

    private fun look() {
        while (!Thread.currentThread().isInterrupted) {
            LockSupport.parkNanos(LOOK * 1_000_000)
            val now = running ?: continue
            if (System.nanoTime() - now.began < LOOK * 1_000_000) continue
            val info = threads.getThreadInfo(longArrayOf(now.thread.id), DEPTH * 3).firstOrNull() ?: continue
            val stack = info.stackTrace
            if (running !== now) continue
            synchronized(now.stint.samples) { now.stint.samples += stack }
            val waits = info.threadState in WAITING
            val reads = stack.firstOrNull()?.let { it.isNativeMethod && isInput(it) } == true
            if ((waits || reads) && waitsOfOurs(stack) && !allowed(stack)) {
                faults += Fault("An event waits (${info.threadState}, ${info.lockName})", stack.toList(), waits = true)
            }
        }
    }

    /** A thread that waits in the kernel for a file, a pipe or a peer counts as running for Java. */
    private fun isInput(frame: StackTraceElement): Boolean = INPUT.any { frame.className.startsWith(it) }

    /** Our code has called what waits, not the toolkit in between. */
    private fun waitsOfOurs(stack: Array<StackTraceElement>): Boolean {
        val frame = stack.firstOrNull { caller -> BELOW.none { caller.className.startsWith(it) } } ?: return false
        return frame.className.startsWith(OURS)
    }

    private fun allowed(stack: Array<StackTraceElement>): Boolean = stack.any { frame ->
        val name = "${frame.className}.${frame.methodName}"
        ALLOWED.keys.any { it in name }
    }

    /** What stands between our code and the kernel when it waits; loading a class is none of it. */
    private val BELOW = listOf(
        "java.util.concurrent",
        "java.lang.Object",
        "java.lang.Thread",
        "java.lang.Process",
        "jdk.internal.misc.",
        "java.net.",
        "java.io.",
        "java.nio.",
        "sun.nio",
        "kotlin.io.",
        "kotlinx.coroutines.",
        "okhttp3.",
        "okio.",
    )
    private val INPUT = listOf("java.io.", "java.net.", "sun.nio.")
    private val WAITING = setOf(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.BLOCKED)
}
