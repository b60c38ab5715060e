package dev.kilo.shared.rpc

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Time limits of the RPC layer; both sides use the same by default. */
public data class RpcTiming(
    /** A sign of life is sent this often. */
    val ping: Duration = 1.seconds,
    /** A window says that it has lost its backend, and looks for another way to it, when it heard nothing for so long. */
    val quiet: Duration = 3500.milliseconds,
    /** A connection that brought nothing for so long is given up. */
    val dead: Duration = 10.seconds,
    /** Limit for connecting and for the first frames. */
    val handshake: Duration = 10.seconds,
    /** Limit for a reply while connected. */
    val reply: Duration = 60.seconds,
    /** A call fails when there was no connection for so long. */
    val offline: Duration = 2.minutes,
    /** Pause after the first attempt that failed; it doubles with each. */
    val firstBackoff: Duration = 100.milliseconds,
    /** Longest pause between attempts while the break is younger than [eager]. */
    val maxBackoff: Duration = 300.milliseconds,
    val eager: Duration = 5.minutes,
    /** Longest pause after that. */
    val calmBackoff: Duration = 2.seconds,
    /** An attempt that hangs for so long gets another one beside it. */
    val overlap: Duration = 300.milliseconds,
    /** The same as long as there has been no connection at all. */
    val firstOverlap: Duration = 2.seconds,
    /** After a streamed piece of text a server waits for so long, so that the pieces that follow share a frame. */
    val pace: Duration = 30.milliseconds,
) {
    public companion object {
        /** For channels within one process, which don't break: hardly any signs of life, so that an idle window sleeps. */
        public val WITHIN_PROCESS: RpcTiming =
            RpcTiming(ping = 20.seconds, quiet = 50.seconds, dead = 60.seconds, pace = Duration.ZERO)
    }
}
