package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent

/**
 * Joins the pages of a session's transcript with the workspace's events (architecture: the joining rule). A page contains
 * every event up to its `asOf`; the feed drops those, applies later ones, and repeats on a page what happened while it was
 * on its way. However loads and events interleave, the transcript ends with exactly the final text.
 */
internal class Feed(private val transcript: Transcript) {
    /** A page that is being loaded. Void as soon as the stream starts afresh. */
    class Load internal constructor(internal val generation: Int, internal val basis: Int, internal val start: Int)

    enum class Outcome { DONE, STALE, VOID }

    private var epoch: String? = null
    private var generation = 0

    /** Counts replacements: an older page that was asked for before one belongs to a transcript that is gone. */
    private var basis = 0
    private var loaded = false
    private var floor = -1L
    private val floors = HashMap<String, Long>()
    private val log = ArrayList<SequencedEvent>()
    private var loads = 0

    /** Cursor of the page before the oldest loaded message; null when all is loaded. */
    var older: String? = null
        private set

    /** Cursor of the page after the newest loaded message; null when the end of the session is loaded. */
    var newer: String? = null
        private set

    /** Set when a merged delta straddles a page: only loading afresh gives the right text. */
    var torn: Boolean = false
        private set

    val ready: Boolean get() = loaded

    fun reset(epoch: String) {
        this.epoch = epoch
        generation++
        loads = 0
        loaded = false
        torn = false
        log.clear()
    }

    fun load(): Load {
        loads++
        return Load(generation, basis, log.size)
    }

    /** Ends [load] without a page. */
    fun give(load: Load) {
        if (load.generation == generation) done()
    }

    fun event(event: SequencedEvent) {
        if (loads > 0 || !loaded) log += event
        if (loaded) apply(event)
    }

    /** A session that came into being this moment has no page before its events: they are shown without waiting for one. */
    fun begin() {
        if (epoch != null && log.isEmpty()) loaded = true
    }

    /** Replaces everything with [page], the newest one or one of another place. */
    fun replace(load: Load, page: MessagePage): Outcome {
        check(load, page)?.let { return it }
        transcript.clear()
        for (message in page.messages) transcript.put(message)
        floors.clear()
        floor = page.asOf
        older = page.older
        newer = page.newer
        basis++
        loaded = true
        torn = false
        for (i in load.start until log.size) apply(log[i])
        done()
        return Outcome.DONE
    }

    /** Adds the page before the oldest. */
    fun older(load: Load, page: MessagePage): Outcome = extend(load, page) { older = page.older }

    /** Adds the page after the newest. */
    fun newer(load: Load, page: MessagePage): Outcome = extend(load, page) { newer = page.newer }

    /** Forgets what is far from the turns [first] to [last]; it can be loaded again. */
    fun keep(first: String, last: String, margin: Int) {
        val gone = transcript.keep(first, last, margin)
        if (gone.older) older = transcript.oldestId
        if (gone.newer) newer = transcript.newestId
        // A page that is on its way would leave a gap.
        if (gone.older || gone.newer) basis++
    }

    private fun extend(load: Load, page: MessagePage, edge: () -> Unit): Outcome {
        check(load, page)?.let { return it }
        if (load.basis != basis) {
            done()
            return Outcome.VOID
        }
        val ids = page.messages.mapTo(HashSet()) { it.info.id }
        val end = transcript.newestId
        val apart = newer != null
        for (message in page.messages) {
            transcript.put(message)
            floors[message.info.id] = page.asOf
        }
        edge()
        // Of messages behind the end nothing was shown until now; with the last page they begin to count.
        val joined = apart && newer == null
        for (i in load.start until log.size) {
            val id = messageOf(log[i].event) ?: continue
            if (id in ids || (joined && (end == null || id > end))) apply(log[i])
        }
        done()
        return Outcome.DONE
    }

    private fun check(load: Load, page: MessagePage): Outcome? {
        if (load.generation != generation) return Outcome.VOID
        if (page.epoch == epoch) return null
        done()
        return Outcome.STALE
    }

    private fun done() {
        loads--
        if (loads <= 0) log.clear()
    }

    private fun apply(event: SequencedEvent) {
        val message = messageOf(event.event) ?: return
        val floor = maxOf(floor, floors[message] ?: -1)
        if (event.seq <= floor) return
        if (event.from <= floor && event.event is WorkspaceEvent.PartDelta) {
            torn = true
            return
        }
        if (!transcript.knows(message) && elsewhere(message)) return
        transcript.apply(event.event)
    }

    /** In a part of the session that is not loaded. */
    private fun elsewhere(message: String): Boolean {
        val before = older != null && transcript.oldestId.let { it != null && message < it }
        return before || (newer != null && transcript.newestId.let { it != null && message > it })
    }

    private fun messageOf(event: WorkspaceEvent): String? = when (event) {
        is WorkspaceEvent.MessageUpdated -> event.message.id

        is WorkspaceEvent.MessageRemoved -> event.messageId

        is WorkspaceEvent.PartUpdated -> event.part.messageId

        is WorkspaceEvent.PartDelta -> event.messageId

        is WorkspaceEvent.PartRemoved -> event.messageId

        is WorkspaceEvent.DiffChanged, is WorkspaceEvent.OutboxChanged, is WorkspaceEvent.PermissionAsked,
        is WorkspaceEvent.PermissionReplied,
        is WorkspaceEvent.QuestionAsked, is WorkspaceEvent.QuestionClosed,
        is WorkspaceEvent.SessionDeleted, is WorkspaceEvent.SessionFailed, is WorkspaceEvent.SessionUpdated,
        is WorkspaceEvent.StatusChanged, is WorkspaceEvent.TodosChanged, is WorkspaceEvent.TurnClosed,
        WorkspaceEvent.Reset,
        -> null
    }
}
