package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.model.texts
import dev.kilo.shared.change.Revert
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.Tokens
import dev.kilo.shared.workspace.WorkspaceEvent
import java.util.TreeMap

/**
 * The rows of one session. Messages belong to the turn of the prompt that they answer, turns are ordered by the id of
 * that prompt, messages and parts by their ids. Events only mark what they touch; [flush] brings the rows up to date and
 * tells the listeners, so that a frame's worth of events costs one update. A delta costs O(1), a new part O(its turn).
 */
public class Transcript {
    private class PartState(var part: Part) {
        val buffer: TextBuffer? = textOf(part)?.let(::TextBuffer)
        var row: Row? = null
    }

    private class MessageState(var info: Message) {
        val parts = TreeMap<String, PartState>()
        val summary: Boolean get() = (info as? Message.Assistant)?.summary == true
    }

    private class Pending(val text: String, val created: Long, var state: Delivery)

    private class Turn(val id: String) {
        var user: MessageState? = null
        var pending: Pending? = null
        val steps = TreeMap<String, MessageState>()
        var rows: List<Row> = emptyList()
        val empty: Boolean get() = user == null && pending == null && steps.isEmpty()
    }

    private val turns = TreeMap<String, Turn>()
    private val turnOf = HashMap<String, Turn>()
    private val messages = TreeMap<String, MessageState>()
    private val flat = ArrayList<Row>()
    private val dirtyTurns = LinkedHashSet<Turn>()
    private val dirtyRows = LinkedHashSet<Row>()
    private val listeners = ArrayList<TranscriptListener>()
    private var waiting: Set<String> = emptySet()
    private var hidden: Revert? = null
    private var busy = false

    public val rows: List<Row> get() = flat

    /** The newest assistant message that has counted tokens: what fills the model's context. */
    public val latest: Message.Assistant?
        get() = turns.descendingMap().values.firstNotNullOfOrNull { turn ->
            if (hides(turn)) return@firstNotNullOfOrNull null
            turn.steps.descendingMap().values.firstNotNullOfOrNull { step ->
                (step.info as? Message.Assistant)?.takeIf {
                    it.tokens.input + it.tokens.output + it.tokens.cacheRead > 0
                }
            }
        }

    /** Error of the newest turn, if it ended with one. */
    public val failure: MessageError?
        get() = turns.lastEntry()?.value?.steps?.lastEntry()?.value?.info?.let { (it as? Message.Assistant)?.error }

    /** Id of the newest message, to make larger ones. */
    internal val newestId: String? get() = messages.lastEntry()?.key

    internal val oldestId: String? get() = messages.firstEntry()?.key

    /** The user's prompts, newest first. */
    public fun prompts(): Sequence<String> = turns.descendingMap().values.asSequence().mapNotNull { turn ->
        promptText(turn)
    }

    /** Agent and model of the newest prompt. */
    internal val lastPrompt: Message.User?
        get() = turns.descendingMap().values.firstNotNullOfOrNull { it.user?.info as? Message.User }

    public fun addListener(listener: TranscriptListener) {
        listeners += listener
    }

    public fun removeListener(listener: TranscriptListener) {
        listeners -= listener
    }

    /** The row that shows a part of a message. */
    internal fun rowOf(messageId: String, partId: String): Row? = flat.firstOrNull { row ->
        row.key.substringAfter(':') == partId || (row.body as? RowBody.Explore)?.parts?.any { it.id == partId } == true
    } ?: flat.firstOrNull { it.key == "u:$messageId" }

    /** Whether the message is loaded, shown or not. */
    internal fun holds(messageId: String): Boolean = messageId in messages

    /** Id and text of the newest prompt that is shown. */
    internal fun newestPrompt(): Pair<String, String>? = turns.descendingMap().values.firstNotNullOfOrNull { turn ->
        if (turn.user == null || hides(turn)) null else promptText(turn)?.let { turn.id to it }
    }

    /** Ids of the loaded prompts that are hidden, oldest first. */
    internal fun hiddenPrompts(): List<String> = turns.values.filter { it.user != null && hides(it) }.map { it.id }

    /** Hides what comes after a point that the session was rolled back to; null shows everything. */
    internal fun hide(revert: Revert?) {
        val old = hidden
        if (old?.messageId == revert?.messageId && old?.partId == revert?.partId) return
        hidden = revert
        val from = listOfNotNull(old?.messageId, revert?.messageId).mapNotNull { turnOf[it]?.id ?: it }.min()
        dirtyTurns += turns.tailMap(from, true).values
    }

    private fun hides(turn: Turn): Boolean = hidden?.let { turn.id >= it.messageId } == true

    /** Of a turn that is hidden in part. */
    private fun hides(step: MessageState, part: Part?): Boolean {
        val revert = hidden ?: return false
        if (step.info.id != revert.messageId) return step.info.id > revert.messageId
        val from = revert.partId ?: return true
        return part != null && part.id >= from
    }

    /** What a message consists of, as far as it is loaded. */
    internal fun partsOf(messageId: String): List<Part> = messages[messageId]?.parts?.values?.map { it.part }.orEmpty()

    internal fun knows(messageId: String): Boolean = messageId in messages

    internal fun clear() {
        val pending = turns.values.filter { it.pending != null }
        dirtyTurns += turns.values
        for (turn in turns.values) {
            turn.user = null
            turn.steps.clear()
        }
        messages.clear()
        turnOf.clear()
        for (turn in pending) turnOf[turn.id] = turn
    }

    /** Puts a message as a page has it in the place of what was known of it. */
    internal fun put(message: MessageWithParts) {
        val state = update(message.info)
        state.parts.clear()
        for (part in message.parts) state.parts[part.id] = PartState(part)
    }

    internal fun apply(event: WorkspaceEvent) {
        when (event) {
            is WorkspaceEvent.MessageUpdated -> update(event.message)

            is WorkspaceEvent.MessageRemoved -> remove(event.messageId)

            is WorkspaceEvent.PartUpdated -> update(event.part)

            is WorkspaceEvent.PartDelta -> append(event)

            is WorkspaceEvent.PartRemoved -> {
                messages[event.messageId]?.parts?.remove(event.partId) ?: return
                touch(event.messageId)
            }

            is WorkspaceEvent.DiffChanged, is WorkspaceEvent.OutboxChanged, is WorkspaceEvent.PermissionAsked,
            is WorkspaceEvent.PermissionReplied,
            is WorkspaceEvent.QuestionAsked, is WorkspaceEvent.QuestionClosed,
            is WorkspaceEvent.SessionDeleted, is WorkspaceEvent.SessionFailed, is WorkspaceEvent.SessionUpdated,
            is WorkspaceEvent.StatusChanged, is WorkspaceEvent.TodosChanged, is WorkspaceEvent.TurnClosed,
            WorkspaceEvent.Reset,
            -> Unit
        }
    }

    /** How many messages are in memory. */
    internal val size: Int get() = messages.size

    /**
     * Forgets what lies more than [margin] messages before the turn [first] or after the turn [last]: whole turns, so
     * that none is shown in part. Returns whether older and newer ones went. Prompts on their way stay.
     */
    internal fun keep(first: String, last: String, margin: Int): Gone {
        val older = beyond(turns.headMap(first, false).descendingMap().values, margin)
        val newer = beyond(turns.tailMap(last, false).values, margin)
        for (turn in older + newer) {
            for (message in listOfNotNull(turn.user) + turn.steps.values) {
                messages.remove(message.info.id)
                turnOf.remove(message.info.id)
            }
            turn.user = null
            turn.steps.clear()
            dirtyTurns += turn
        }
        return Gone(older.isNotEmpty(), newer.isNotEmpty())
    }

    internal class Gone(val older: Boolean, val newer: Boolean)

    private fun beyond(turns: Collection<Turn>, margin: Int): List<Turn> {
        var count = 0
        return turns.dropWhile { turn ->
            count += turn.steps.size + 1
            count <= margin
        }.filter { it.pending == null }
    }

    internal fun pending(id: String, text: String, created: Long) {
        val turn = turn(id)
        turn.pending = Pending(text, created, Delivery.Sending)
        dirtyTurns += turn
    }

    internal fun delivery(id: String, state: Delivery) {
        val turn = turns[id] ?: return
        turn.pending?.state = state
        dirtyTurns += turn
    }

    /** Takes a prompt that did not arrive out of the transcript and returns its text. */
    internal fun discard(id: String): String? {
        val turn = turns[id] ?: return null
        val text = turn.pending?.text
        turn.pending = null
        dirtyTurns += turn
        return text
    }

    internal fun pendingText(id: String): String? = turns[id]?.pending?.text

    internal fun state(busy: Boolean, waiting: Set<String>) {
        if (busy == this.busy && waiting == this.waiting) return
        this.busy = busy
        this.waiting = waiting
        turns.lastEntry()?.value?.let { dirtyTurns += it }
    }

    /** Brings the rows up to date with what was applied and tells the listeners. */
    public fun flush() {
        val dirty = dirtyTurns.toList()
        dirtyTurns.clear()
        if (dirty.size > BULK && flat.isEmpty()) fill(dirty) else dirty.forEach(::rebuild)
        if (dirtyRows.isEmpty()) return
        val rows = dirtyRows.filter { it.index >= 0 }
        dirtyRows.clear()
        for (listener in listeners.toList()) listener.changed(rows)
    }

    private fun turn(id: String): Turn = turns.getOrPut(id) { Turn(id) }.also { turnOf.putIfAbsent(id, it) }

    private fun touch(messageId: String) {
        turnOf[messageId]?.let { dirtyTurns += it }
    }

    private fun update(info: Message): MessageState {
        val known = messages[info.id]
        if (known != null) {
            known.info = info
            touch(info.id)
            return known
        }
        val state = MessageState(info)
        messages[info.id] = state
        val turn = when (info) {
            is Message.User -> turn(info.id).also { it.user = state }
            is Message.Assistant -> turn(info.parentId).also { it.steps[info.id] = state }
        }
        turnOf[info.id] = turn
        // The turn that was the newest until now gets its footer.
        turns.lowerEntry(turn.id)?.value?.let { if (turn === turns.lastEntry()?.value) dirtyTurns += it }
        dirtyTurns += turn
        return state
    }

    private fun remove(messageId: String) {
        val turn = turnOf[messageId] ?: return
        if (messages.remove(messageId) == null) return
        if (turn.user?.info?.id == messageId) turn.user = null else turn.steps.remove(messageId)
        if (turn.id != messageId) turnOf.remove(messageId)
        dirtyTurns += turn
    }

    private fun update(part: Part) {
        val message = messages[part.messageId] ?: return
        val known = message.parts[part.id]
        if (known == null || (known.buffer == null) != (textOf(part) == null)) {
            message.parts[part.id] = PartState(part)
        } else {
            known.part = part
            textOf(part)?.let { known.buffer?.set(it) }
        }
        touch(part.messageId)
    }

    private fun append(event: WorkspaceEvent.PartDelta) {
        val state = messages[event.messageId]?.parts?.get(event.partId) ?: return
        val buffer = state.buffer ?: return
        val blank = buffer.blank
        buffer.append(event.delta)
        val row = state.row
        if (blank || row == null) touch(event.messageId)
        if (row == null) return
        bump(row)
        dirtyRows += row
    }

    private fun bump(row: Row) {
        val buffer = bufferOf(row.body) ?: return
        if (row.revision == buffer.revision) return
        row.revision = buffer.revision
        row.version++
    }

    private fun fill(dirty: List<Turn>) {
        for (turn in dirty) if (turn.empty) turns.remove(turn.id)
        for (turn in turns.values) {
            turn.rows = describe(turn, emptyMap())
            flat += turn.rows
        }
        flat.forEachIndexed { i, row -> row.index = i }
        dirtyRows.clear()
        if (flat.isNotEmpty()) for (listener in listeners.toList()) listener.spliced(0, emptyList(), flat.toList())
    }

    private fun rebuild(turn: Turn) {
        val old = turn.rows
        val new = describe(turn, old.associateBy { it.key })
        var head = 0
        while (head < old.size && head < new.size && old[head] === new[head]) head++
        var tail = 0
        while (tail < old.size - head && tail < new.size - head &&
            old[old.size - 1 - tail] === new[new.size - 1 - tail]
        ) {
            tail++
        }
        turn.rows = new
        if (turn.empty) turns.remove(turn.id)
        if (head == old.size && head == new.size) return
        val start = if (old.isNotEmpty()) old[0].index else startOf(turn)
        val removed = old.subList(head, old.size - tail).toList()
        val added = new.subList(head, new.size - tail).toList()
        val at = flat.subList(start + head, start + head + removed.size)
        at.clear()
        flat.addAll(start + head, added)
        for (row in removed) row.index = -1
        for (i in start + head until flat.size) flat[i].index = i
        for (listener in listeners.toList()) listener.spliced(start + head, removed, added)
    }

    private fun startOf(turn: Turn): Int {
        var before = turns.lowerEntry(turn.id)?.value
        while (before != null) {
            val last = before.rows.lastOrNull { it.index >= 0 }
            if (last != null) return last.index + 1
            before = turns.lowerEntry(before.id)?.value
        }
        return 0
    }

    private fun promptText(turn: Turn): String? {
        val typed = turn.user?.parts?.values?.mapNotNull { (it.part as? Part.Text)?.takeIf { text -> !text.synthetic } }
            ?.joinToString("\n") { it.text }
        return typed?.ifEmpty { null } ?: turn.pending?.text
    }

    private fun describe(turn: Turn, known: Map<String, Row>): List<Row> {
        val rows = ArrayList<Row>()
        if (turn.user != null && hides(turn)) return rows
        fun row(key: String, body: RowBody, vararg states: PartState) {
            val row = known[key] ?: Row(key, body, turn.id).also { it.revision = bufferOf(body)?.revision ?: 0 }
            val before = row.version
            if (row.body != body) {
                row.body = body
                row.version++
            }
            bump(row)
            if (row.version != before) dirtyRows += row
            for (state in states) state.row = row
            rows += row
        }
        if (turn.user != null || turn.pending != null) {
            val pending = turn.pending
            val arrived = turn.user?.parts?.values?.any { it.part is Part.Text } == true
            if (arrived) turn.pending = null
            val text = promptText(turn).orEmpty()
            val files = turn.user?.parts?.values?.mapNotNull {
                (it.part as? Part.File)?.let { file ->
                    file.filename
                        ?: file.url
                }
            }.orEmpty()
            val images = turn.user?.parts?.values?.mapNotNull { it.part as? Part.File }.orEmpty()
                .filter { it.mime.startsWith("image/") && it.url.startsWith("data:") }
            val state = if (turn.user != null) Delivery.Sent else pending?.state ?: Delivery.Sent
            if (text.isNotEmpty() || files.isNotEmpty()) {
                row(
                    "u:${turn.id}",
                    RowBody.Prompt(text, files, state, turn.user?.info?.created ?: pending?.created ?: 0, images),
                )
            }
        }
        val condensing = turn.user?.parts?.values?.any { (it.part as? Part.Other)?.type == "compaction" } == true
        if (condensing) {
            val summary = turn.steps.values.filter { it.summary }.flatMap { it.parts.values }
                .firstOrNull { it.part is Part.Text && it.buffer?.blank == false }
            val ended = (summary?.part as? Part.Text)?.ended != null
            row("m:${turn.id}", RowBody.Condensed(summary?.buffer, ended), *listOfNotNull(summary).toTypedArray())
        }
        val run = ArrayList<PartState>()
        fun endRun() {
            if (run.isEmpty()) return
            row("x:${run[0].part.id}", RowBody.Explore(run.map { it.part as Part.Tool }), *run.toTypedArray())
            run.clear()
        }
        for (step in turn.steps.values) {
            for (state in step.parts.values) {
                if (hides(step, state.part)) continue
                val buffer = state.buffer
                if (condensing && step.summary && buffer != null) continue
                when (val part = state.part) {
                    is Part.Text -> if (buffer != null && !buffer.blank && !part.synthetic) {
                        endRun()
                        row("a:${part.id}", RowBody.Answer(buffer, part.ended != null), state)
                    }

                    is Part.Reasoning -> if (buffer != null && (!buffer.blank || part.ended == null)) {
                        endRun()
                        row("t:${part.id}", RowBody.Thought(buffer, part.started, part.ended), state)
                    }

                    is Part.Tool -> if (part.tool in EXPLORING && part.callId !in waiting) {
                        run += state
                    } else {
                        endRun()
                        row("c:${part.id}", RowBody.Call(part, part.callId in waiting), state)
                    }

                    is Part.File, is Part.StepFinish, is Part.Other -> Unit
                }
            }
            val error = (step.info as? Message.Assistant)?.error
            if (error != null && !hides(step, null)) {
                endRun()
                row("e:${step.info.id}", RowBody.Failure(error))
            }
        }
        endRun()
        changes(turn)?.let { row("d:${turn.id}", it) }
        footer(turn)?.let { row("f:${turn.id}", it) }
        return rows
    }

    private fun changes(turn: Turn): RowBody.Changes? {
        val files = (turn.user?.info as? Message.User)?.changes.orEmpty()
        val cut = hidden?.let { it.messageId in turn.steps } == true
        if (files.isEmpty() || cut || (busy && turn === turns.lastEntry()?.value)) return null
        return RowBody.Changes(turn.id, files)
    }

    private fun footer(turn: Turn): RowBody.Footer? {
        val steps = turn.steps.values.mapNotNull { it.info as? Message.Assistant }
        val last = steps.lastOrNull() ?: return null
        val end = last.completed ?: return null
        if (busy && turn === turns.lastEntry()?.value) return null
        val tokens = steps.map { it.tokens }.fold(Tokens()) { sum, one ->
            Tokens(
                sum.input + one.input,
                sum.output + one.output,
                sum.reasoning + one.reasoning,
                sum.cacheRead + one.cacheRead,
                sum.cacheWrite + one.cacheWrite,
            )
        }
        val millis = (end - steps.first().created).coerceAtLeast(0)
        val model = if (last.providerId == "offline") texts("picker.offline") else last.modelId
        return RowBody.Footer(last.agent, model, millis, tokens, steps.sumOf { it.cost })
    }

    private companion object {
        val EXPLORING = setOf("read", "list", "glob", "grep")
        const val BULK = 3

        fun textOf(part: Part): String? = when (part) {
            is Part.Text -> part.text
            is Part.Reasoning -> part.text
            is Part.File, is Part.Other, is Part.StepFinish, is Part.Tool -> null
        }

        fun bufferOf(body: RowBody): TextBuffer? = when (body) {
            is RowBody.Answer -> body.buffer

            is RowBody.Thought -> body.buffer

            is RowBody.Condensed -> body.buffer

            is RowBody.Call, is RowBody.Changes, is RowBody.Explore, is RowBody.Failure, is RowBody.Footer,
            is RowBody.Prompt,
            -> null
        }
    }
}
