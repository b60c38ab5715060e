package dev.kilo.shared.status

import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.Serializable

/** How the agent's server is, told by the host that it runs on. Sizes are bytes, times milliseconds. Holds no secrets. */
@Serializable
public data class HostStatus(
    val version: String,
    val pid: Long,
    val port: Int,
    val uptime: Long,
    val memory: Long,
    val heap: Long,
    val runtime: String,
    val platform: String,
    val data: String,
    val config: String,
    val log: String,
    val database: String,
    val databaseSize: Long,
    /** Of the backend, which starts the server. */
    val backendPid: Long,
    val backendJava: String,
    val backendMemory: Long,
    /** How long the server took to answer. */
    val answer: Long,
)

/** Lines of the server's log; [first] come with the ones before the window looked. */
@Serializable
public data class LogLines(val lines: List<LogLine>, val first: Boolean = false)

/** [time] is ISO 8601, or empty for a line that is no entry of the log. */
@Serializable
public data class LogLine(val time: String, val level: String, val text: String)

public interface StatusService {
    public suspend fun status(): HostStatus

    /** The last lines of the log, and those that come. */
    public fun log(): Flow<LogLines>
}
