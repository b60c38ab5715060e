package dev.kilo.shared.rpc

import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Remembers commands by client and number, so that each runs at most once. Outcomes are kept for [keep] and at most
 * [limit] for each client; a command that is older than what is kept is not run again, its outcome is unknown.
 */
internal class CommandTable<R>(
    private val scope: CoroutineScope,
    private val keep: Duration,
    private val limit: Int = 1024,
    private val maxClients: Int = 256,
    private val time: TimeSource = TimeSource.Monotonic,
) {
    private class Entry<R>(val outcome: Deferred<R>, val started: TimeMark)

    private class Client<R>(var lost: Boolean) {
        val entries = LinkedHashMap<Long, Entry<R>>()

        /** Numbers up to this may have been run and forgotten. */
        var forgotten = 0L
        var connections = 0
        var seen: TimeMark? = null
    }

    private val clients = LinkedHashMap<String, Client<R>>()

    /** A client has connected. [returning]: it spoke to this very backend before. */
    @Synchronized
    fun attach(client: String, returning: Boolean) {
        val known = clients[client]
        val entry = known ?: Client<R>(lost = returning).also { clients[client] = it }
        entry.connections++
        entry.seen = time.markNow()
        if (clients.size <= maxClients) return
        val idle = clients.entries.filter { it.value.connections == 0 }.take(clients.size - maxClients).map { it.key }
        idle.forEach(clients::remove)
    }

    @Synchronized
    fun detach(client: String) {
        clients[client]?.let {
            it.connections--
            it.seen = time.markNow()
        }
    }

    /**
     * Runs [block] for command [number] of [client], or gives the outcome of the run that exists already. Throws
     * `OUTCOME_UNKNOWN` when it was sent [again] but nothing is known of it any more, unless it is [repeatable].
     */
    @Synchronized
    fun run(client: String, number: Long, again: Boolean, repeatable: Boolean, block: suspend () -> R): Deferred<R> {
        val known = clients.getOrPut(client) { Client(lost = again) }
        forgetOld(known)
        known.entries[number]?.let { return it.outcome }
        if (!repeatable && (number <= known.forgotten || (again && known.lost))) throw outcomeUnknown()
        val outcome = scope.async { block() }
        known.entries[number] = Entry(outcome, time.markNow())
        return outcome
    }

    private fun forgetOld(client: Client<R>) {
        val iterator = client.entries.iterator()
        var excess = client.entries.size - limit
        while (iterator.hasNext()) {
            val (number, entry) = iterator.next()
            val old = excess > 0 || entry.started.elapsedNow() > keep
            if (!old) return
            // One that still runs is kept: its number must not run a second time beside it.
            if (!entry.outcome.isCompleted) continue
            iterator.remove()
            excess--
            client.forgotten = maxOf(client.forgotten, number)
        }
    }
}

internal fun outcomeUnknown(): BackendException = BackendException(
    BackendException.Code.OUTCOME_UNKNOWN,
    "The connection broke while this was being done, and it is not known whether it was carried out. Look before you try again.",
)
