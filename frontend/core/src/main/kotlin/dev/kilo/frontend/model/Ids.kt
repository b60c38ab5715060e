package dev.kilo.frontend.model

import java.security.SecureRandom

/** Makes ids for messages that this client sends (contract: behaviour, ids). They ascend, so that sorting by id is sorting by time. */
public class Ids(
    private val now: () -> Long = System::currentTimeMillis,
    private val random: SecureRandom = SecureRandom(),
) {
    private var last = 0L

    /** A new message id; larger than [after], also when the clock of the machine that made [after] is ahead of ours. */
    @Synchronized
    public fun message(after: String? = null): String {
        var time = maxOf(now() * STEP, last + 1)
        val known = after?.let(::timeOf)
        if (known != null) {
            val ahead = (known - (time and MASK)) and MASK
            if (ahead < CLOCK_SKEW) time += ahead + 1
        }
        last = time
        val tail = CharArray(14) { ALPHABET[random.nextInt(ALPHABET.length)] }
        return "msg_" + (time and MASK).toString(16).padStart(12, '0') + tail.concatToString()
    }

    private fun timeOf(id: String): Long? = id.substringAfter('_', "").take(12).toLongOrNull(16)

    internal companion object {
        /** How many milliseconds ago the server made [id], by this machine's clock; null when the id does not tell. */
        fun age(id: String, now: Long = System.currentTimeMillis()): Long? {
            val then = id.substringAfter('_', "").take(12).takeIf { it.length == 12 }?.toLongOrNull(16) ?: return null
            val ago = (now * STEP - then) and MASK
            // A little in the future is a clock that differs, and wraps round to years.
            return if (ago > MASK - CLOCK_SKEW) 0 else ago / STEP
        }

        const val STEP = 4096L
        const val MASK = (1L shl 48) - 1
        const val CLOCK_SKEW = 24L * 3600 * 1000 * STEP
        const val ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    }
}
