package dev.kilo.shared.rpc

import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update

/**
 * The newest events of a workspace, numbered, for any number of readers that each go at their own pace. Nothing is kept
 * for a reader but its position: one that falls behind gets deltas of a part merged, and one that falls out of the log
 * gets [WorkspaceEvent.Reset]. Holds at most [maxEvents] events with [maxUnits] characters of text.
 */
public class EventLog(
    epoch: String,
    private val maxEvents: Int = 8192,
    private val maxUnits: Long = 4L shl 20,
    private val weigh: (WorkspaceEvent) -> Int = { 256 },
) {
    private class Entry(val seq: Long, val event: WorkspaceEvent, val cursor: Long, val weight: Int)

    private val lock = Any()
    private val entries = ArrayDeque<Entry>()
    private var units = 0L
    private var current = epoch
    private var head = 0L
    private val changes = MutableStateFlow(0L)

    public val epoch: String get() = synchronized(lock) { current }

    /** Number of the newest event, 0 at the start of an epoch. */
    public val position: Position get() = synchronized(lock) { Position(current, head) }

    /** Adds [event]; [cursor] is its place in the stream that it came from. */
    public fun append(event: WorkspaceEvent, cursor: Long = 0): SequencedEvent {
        val added =
            synchronized(lock) {
                val entry = Entry(++head, event, cursor, weigh(event))
                entries.addLast(entry)
                units += entry.weight
                while (entries.size > maxEvents || (units > maxUnits && entries.size > 1)) {
                    units -= entries.removeFirst().weight
                }
                SequencedEvent(current, entry.seq, event)
            }
        changes.update { it + 1 }
        return added
    }

    /** Starts a new epoch: every reader gets [WorkspaceEvent.Reset] next. */
    public fun restart(epoch: String) {
        synchronized(lock) {
            current = epoch
            entries.clear()
            units = 0
            head = 0
        }
        changes.update { it + 1 }
    }

    /** Position of the newest event that had happened at [cursor] of the stream that the events came from. */
    public fun positionAt(cursor: Long): Position = synchronized(lock) {
        val entry = entries.lastOrNull { it.cursor <= cursor }
        val before = entries.firstOrNull()?.let { it.seq - 1 } ?: head
        Position(current, entry?.seq ?: before)
    }

    /**
     * Events after [after], or from now on with a Reset first when there is no [after] or it is too old. Ends when
     * [until] is done, otherwise never.
     */
    public fun events(after: Position? = null, until: Job? = null): Flow<SequencedEvent> = flow {
        until?.invokeOnCompletion { changes.update { it + 1 } }
        var at = after
        while (true) {
            val seen = changes.value
            if (until?.isCompleted == true) return@flow
            val next = next(at)
            if (next == null) {
                changes.first { it != seen }
            } else {
                emit(next)
                at = Position(next.epoch, next.seq)
            }
        }
    }

    /** What a reader at [at] gets next, or null when it has everything. */
    private fun next(at: Position?): SequencedEvent? = synchronized(lock) {
        val first = entries.firstOrNull()?.seq ?: (head + 1)
        if (at == null || at.epoch != current || at.seq > head || at.seq < first - 1) {
            return SequencedEvent(current, head, WorkspaceEvent.Reset)
        }
        if (at.seq == head) return null
        val index = (at.seq + 1 - first).toInt()
        val entry = entries[index]
        val event = entry.event
        if (event !is WorkspaceEvent.PartDelta) return SequencedEvent(current, entry.seq, event)
        merged(index, entry, event)
    }

    private fun merged(index: Int, entry: Entry, event: WorkspaceEvent.PartDelta): SequencedEvent {
        var last = entry
        var text: StringBuilder? = null
        for (i in index + 1 until entries.size) {
            val candidate = entries[i]
            val delta = candidate.event as? WorkspaceEvent.PartDelta ?: break
            if (delta.partId != event.partId || (text?.length ?: 0) > MAX_MERGED_UNITS) break
            text = (text ?: StringBuilder(event.delta)).append(delta.delta)
            last = candidate
        }
        val whole = text?.let { event.copy(delta = it.toString()) } ?: event
        return SequencedEvent(current, last.seq, whole, entry.seq)
    }

    private companion object {
        const val MAX_MERGED_UNITS = 32 * 1024
    }
}
