package dev.kilo.backend.cli

import dev.kilo.shared.app.CliState
import kotlinx.coroutines.flow.StateFlow

/** Where a running CLI answers. Another [run] is another process: nothing that was learnt from the one before holds. */
public data class CliEndpoint(val url: String, val user: String, val password: String, val run: String, val pid: Long) {
    /** The password stays out of logs. */
    override fun toString(): String = "$url (pid $pid)"
}

/** Owns the one CLI server of this process. */
public interface CliHost : AutoCloseable {
    public val state: StateFlow<CliState>

    /** The CLI that can be called now, null while there is none. */
    public val endpoint: StateFlow<CliEndpoint?>

    /** Stops the CLI if it runs and starts it again; returns when it is ready or has failed to start. */
    public suspend fun restart()

    /** Stops the CLI and returns when neither it nor a child of it is left. */
    override fun close()
}
