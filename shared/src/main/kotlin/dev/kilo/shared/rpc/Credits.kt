package dev.kilo.shared.rpc

import kotlinx.coroutines.channels.Channel
import java.util.concurrent.atomic.AtomicLong

/** Permission to send, granted by the receiver. One taker, any number of granters. */
internal class Credits(first: Int) {
    private val left = AtomicLong(first.toLong().coerceAtLeast(0))
    private val more = Channel<Unit>(Channel.CONFLATED)

    fun grant(count: Int) {
        if (count <= 0) return
        left.addAndGet(count.toLong())
        more.trySend(Unit)
    }

    /** Takes one, waiting for it if need be. */
    suspend fun take() {
        while (true) {
            val now = left.get()
            if (now <= 0) {
                more.receive()
            } else if (left.compareAndSet(now, now - 1)) {
                return
            }
        }
    }
}
