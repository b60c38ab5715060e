package dev.kilo.shared.rpc

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Time limits of the RPC layer; both sides use the same by default. */
public data class RpcTiming(
    /** A sign of life is sent this often. */
    val ping: Duration = 3.seconds,
    /** A connection that brought nothing for so long is given up. */
    val dead: Duration = 10.seconds,
    /** Limit for connecting and for the first frames. */
    val handshake: Duration = 10.seconds,
    /** Limit for a reply while connected. */
    val reply: Duration = 60.seconds,
    /** A call fails when there was no connection for so long. */
    val offline: Duration = 2.minutes,
    val firstBackoff: Duration = 100.milliseconds,
    val maxBackoff: Duration = 2.seconds,
)
