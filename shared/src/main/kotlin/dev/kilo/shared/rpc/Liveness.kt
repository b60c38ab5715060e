package dev.kilo.shared.rpc

import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlin.coroutines.coroutineContext
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Sends signs of life, and closes [channel] when the peer gives none for [RpcTiming.dead]. */
internal class Liveness(
    private val channel: FrameChannel,
    private val writer: FrameWriter,
    private val timing: RpcTiming,
    private val time: TimeSource = TimeSource.Monotonic,
) {
    @Volatile
    private var heard: TimeMark = time.markNow()

    @Volatile
    var silent: Boolean = false
        private set

    fun onSign() {
        heard = time.markNow()
    }

    /** Returns when nothing has been heard for [RpcTiming.quiet]. */
    suspend fun awaitQuiet() {
        while (true) {
            val left = timing.quiet - heard.elapsedNow()
            if (!left.isPositive()) return
            delay(left)
        }
    }

    /** Returns when something is heard again. Looks now and then: it runs only while the line is quiet. */
    suspend fun awaitSign() {
        while (heard.elapsedNow() >= timing.quiet) delay(LOOK)
    }

    /** Runs until cancelled or until the channel is closed. */
    suspend fun watch(): Unit = supervisorScope {
        // Writing may hang on a dead line, so watching does not wait for it.
        val pings =
            launch {
                try {
                    while (isActive) {
                        delay(timing.ping)
                        writer.write(Frame.Ping)
                    }
                } catch (_: ChannelClosedException) {
                    // The reader sees the end and says so.
                }
            }
        while (coroutineContext.isActive) {
            val left = timing.dead - heard.elapsedNow()
            if (!left.isPositive()) break
            delay(left)
        }
        silent = true
        pings.cancel()
        channel.close("no sign of life for ${timing.dead}")
    }

    private companion object {
        val LOOK = 50.milliseconds
    }
}
