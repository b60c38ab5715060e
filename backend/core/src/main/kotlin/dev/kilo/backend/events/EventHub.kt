package dev.kilo.backend.events

import dev.kilo.backend.cli.CliEndpoint
import dev.kilo.backend.cli.CliHost
import dev.kilo.backend.rpc.CliHttp
import dev.kilo.backend.rpc.ClientJson
import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.model.Event
import dev.kilo.client.model.GlobalEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import okhttp3.Credentials
import okhttp3.Request
import okhttp3.Response
import okhttp3.sse.EventSource
import okhttp3.sse.EventSourceListener
import okhttp3.sse.EventSources
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Place in the CLI's event stream: [seq] ascends within [boot], one run of the CLI. */
internal data class Cursor(val boot: String, val seq: Long) {
    override fun toString(): String = "$boot-$seq"

    companion object {
        fun parse(text: String?): Cursor? {
            val seq = text?.substringAfterLast('-', "")?.toLongOrNull() ?: return null
            return Cursor(text.substringBeforeLast('-'), seq)
        }
    }
}

/**
 * The one event stream from the CLI: decodes what arrives and hands it to the workspace that it belongs to. After a cut
 * it goes on behind the last event; when that is not possible, or the CLI is another, all workspaces start afresh.
 */
internal class EventHub(
    private val scope: CoroutineScope,
    private val cli: CliHost,
    private val http: CliHttp,
    private val workspaces: Workspaces,
    private val silence: Duration = 25.seconds,
) {
    private val skippedEvents = AtomicLong()
    private val processed = MutableStateFlow<Cursor?>(null)

    /** Events that were not understood: kinds of a newer CLI. */
    val skipped: Long get() = skippedEvents.get()

    fun start() {
        scope.launch {
            cli.endpoint.collectLatest { endpoint -> if (endpoint != null) follow(endpoint) }
        }
    }

    /** Waits until everything up to [cursor] has been handed on, at most [limit]. */
    suspend fun awaitProcessed(cursor: Cursor, limit: Duration): Boolean =
        withTimeoutOrNull(limit) { processed.first { it != null && it.boot == cursor.boot && it.seq >= cursor.seq } } !=
            null

    private suspend fun follow(endpoint: CliEndpoint) {
        var pause = FIRST_PAUSE
        while (true) {
            val connection = Connection(endpoint)
            if (connection.run()) pause = FIRST_PAUSE
            delay(pause)
            pause = minOf(pause * 2, MAX_PAUSE)
        }
    }

    private inner class Connection(private val endpoint: CliEndpoint) : EventSourceListener() {
        private val done = CompletableDeferred<Unit>()

        @Volatile
        private var heard: TimeMark = TimeSource.Monotonic.markNow()

        @Volatile
        private var opened = false

        /** Runs until the stream ends or falls silent; tells whether it was ever open. */
        suspend fun run(): Boolean {
            val request =
                Request
                    .Builder()
                    .url("${endpoint.url}/global/event")
                    .header("Authorization", Credentials.basic(endpoint.user, endpoint.password))
                    .header("Accept", "text/event-stream")
            processed.value?.let { request.header("Last-Event-ID", it.toString()) }
            val source = EventSources.createFactory(http.client).newEventSource(request.build(), this)
            try {
                while (!done.isCompleted) {
                    val left = silence - heard.elapsedNow()
                    if (!left.isPositive()) break
                    withTimeoutOrNull(left) { done.await() }
                }
                return opened
            } finally {
                // Marks it as over first, so that nothing that still arrives is handed on beside the next stream.
                done.complete(Unit)
                source.cancel()
            }
        }

        override fun onOpen(eventSource: EventSource, response: Response) {
            opened = true
            heard = TimeSource.Monotonic.markNow()
        }

        override fun onEvent(eventSource: EventSource, id: String?, type: String?, data: String) {
            heard = TimeSource.Monotonic.markNow()
            synchronized(this@EventHub) {
                if (!done.isCompleted) accept(Cursor.parse(id), data)
            }
        }

        override fun onClosed(eventSource: EventSource) {
            done.complete(Unit)
        }

        override fun onFailure(eventSource: EventSource, t: Throwable?, response: Response?) {
            done.complete(Unit)
        }
    }

    private fun accept(cursor: Cursor?, data: String) {
        val event = decode(data)
        if (event != null) hand(event, cursor)
        if (cursor != null) processed.value = cursor
    }

    private fun decode(data: String): GlobalEvent? = try {
        ClientJson.json.decodeFromString(GlobalEvent.serializer(), data)
    } catch (e: CancellationException) {
        throw e
    } catch (_: Exception) {
        // The generated decoders throw different things for a kind that they don't know.
        skippedEvents.incrementAndGet()
        null
    }

    private fun hand(event: GlobalEvent, cursor: Cursor?) {
        val payload = event.payload
        val last = processed.value
        val firstOfRun = payload is Event.ServerconnectedWrapper && (last == null || cursor?.boot != last.boot)
        if (payload is Event.ServerreloadWrapper || firstOfRun) return workspaces.invalidate()
        val directory = event.directory ?: return
        val mapped = payload.toWorkspaceEvent() ?: return
        workspaces.route(directory, mapped, cursor?.seq ?: 0)
    }

    private companion object {
        val FIRST_PAUSE = 50.milliseconds
        val MAX_PAUSE = 2.seconds
    }
}
