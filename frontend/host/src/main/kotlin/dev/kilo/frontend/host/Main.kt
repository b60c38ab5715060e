package dev.kilo.frontend.host

import dev.kilo.frontend.ui.Warmup
import java.awt.AWTError
import java.awt.GraphicsEnvironment
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CountDownLatch
import javax.swing.SwingUtilities
import kotlin.system.exitProcess

public fun main(args: Array<String>) {
    val options = try {
        parseOptions(args.toList())
    } catch (e: UsageException) {
        System.err.println(e.message)
        System.err.println("--help lists the options.")
        exitProcess(2)
    }
    if (options.help) {
        println(USAGE)
        return
    }
    // The backend and its CLI start while the window's classes load.
    val backend = CompletableFuture<Running>()
    val asking = CompletableFuture<(Stranger) -> Boolean>()
    Thread({
        try {
            backend.complete(startBackend(options) { stranger -> asking.join()(stranger) })
        } catch (e: Exception) {
            backend.completeExceptionally(e)
        }
    }, "kilo-start").start()
    Runtime.getRuntime().addShutdownHook(
        Thread {
            if (backend.isDone &&
                !backend.isCompletedExceptionally
            ) {
                backend.join().close()
            }
        },
    )
    val terminal = options.headless || !display()
    if (terminal &&
        !options.headless
    ) {
        System.err.println("There is no display here, so Kilo continues in the terminal.")
    }
    if (terminal) asking.complete(::trustInTerminal)
    exitProcess(if (terminal) terminal(options, backend) else window(options, backend, asking))
}

/** Whether a window can be shown. A display that is named but cannot be reached, or a Java without windows, is none. */
private fun display(): Boolean = try {
    !GraphicsEnvironment.isHeadless() &&
        GraphicsEnvironment.getLocalGraphicsEnvironment().screenDevices.isNotEmpty()
} catch (_: AWTError) {
    false
} catch (_: LinkageError) {
    false
}

private fun terminal(options: Options, backend: CompletableFuture<Running>): Int {
    val running = try {
        backend.join()
    } catch (e: CompletionException) {
        System.err.println(reason(e))
        return 1
    }
    val out = java.io.PrintStream(java.io.FileOutputStream(java.io.FileDescriptor.out), true, Charsets.UTF_8)
    return running.use { Terminal(options, out, System.err).run(it) }
}

private fun window(
    options: Options,
    backend: CompletableFuture<Running>,
    asking: CompletableFuture<(Stranger) -> Boolean>,
): Int {
    val done = CountDownLatch(1)
    val settings = Settings()
    Looks.prepare(options, settings)
    val warm = CompletableFuture<Unit>()
    Thread({
        try {
            Warmup.run()
        } finally {
            warm.complete(Unit)
        }
    }, "kilo-warmup").apply { isDaemon = true }.start()
    var window: Window? = null
    SwingUtilities.invokeAndWait { window = Window(options, settings) { done.countDown() } }
    SwingUtilities.invokeAndWait { window?.show() }
    asking.complete { stranger ->
        var answer = false
        SwingUtilities.invokeAndWait { answer = window?.trusts(stranger) == true }
        answer
    }
    backend.thenCombine(warm) { running, _ -> running }.whenComplete { running, error ->
        SwingUtilities.invokeLater {
            if (running == null) {
                window?.fail(reason(error))
                System.err.println(reason(error))
            } else {
                window?.attach(running) {
                    if (options.reportReady) System.err.println("kilo window ready in ${sinceStart()} ms")
                }
            }
        }
    }
    done.await()
    if (!backend.isCompletedExceptionally) backend.join().close()
    return 0
}

private fun reason(error: Throwable): String {
    val cause = if (error is CompletionException) error.cause ?: error else error
    return cause.message ?: cause.javaClass.simpleName
}

/** Milliseconds since the process was started. */
private fun sinceStart(): Long =
    Duration.between(ProcessHandle.current().info().startInstant().orElse(Instant.now()), Instant.now()).toMillis()
