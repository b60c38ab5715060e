package dev.kilo.frontend.ui

import java.util.concurrent.ExecutorService
import java.util.concurrent.ThreadFactory
import javax.swing.SwingUtilities

/** Parsing and highlighting, off the EDT and in order. The thread ends when there is nothing to do for a while. */
internal class Work {
    private val threads = ThreadFactory { task -> Thread(task, "kilo-markdown").apply { isDaemon = true } }
    private val pool: ExecutorService = java.util.concurrent.ThreadPoolExecutor(
        1,
        1,
        5,
        java.util.concurrent.TimeUnit.SECONDS,
        java.util.concurrent.LinkedBlockingQueue(),
        threads,
    )
        .apply { allowCoreThreadTimeOut(true) }

    /** Runs [task] off the EDT and gives its result to [done] on the EDT. */
    fun <T> run(task: () -> T, done: (T) -> Unit) {
        pool.execute {
            val result = task()
            SwingUtilities.invokeLater { done(result) }
        }
    }

    fun close() {
        pool.shutdownNow()
    }
}
