package dev.kilo.frontend.model

import dev.kilo.frontend.model.changes.ChangesModel
import dev.kilo.frontend.model.changes.RollbackModel
import dev.kilo.frontend.model.composer.SessionComposer
import dev.kilo.frontend.model.transcript.Activities
import dev.kilo.frontend.model.transcript.Feed
import dev.kilo.frontend.model.transcript.Finder
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.Transcript
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull

/** One conversation. A new one has no id until its first prompt is sent. Lives on the UI dispatcher. */
public class SessionModel internal constructor(private val workspace: WorkspaceModel, session: Session?) {
    private val scope get() = workspace.scope
    private val backend get() = workspace.app.backend
    private val notices get() = workspace.app.notices
    private val rows = Transcript()
    private val feed = Feed(rows)
    private var loading: Job? = null
    private var beside: Job? = null
    private var failure: MessageError? = null
    private var picked = Choice()

    private val sessionState = MutableStateFlow(session)
    private val statusState = MutableStateFlow<SessionStatus>(SessionStatus.Idle)
    private val todoState = MutableStateFlow<List<Todo>>(emptyList())
    private val diffState = MutableStateFlow<List<ChangedFile>>(emptyList())
    private val choiceState = MutableStateFlow(Choice())
    private val contextState = MutableStateFlow<ContextUse?>(null)
    private val readyState = MutableStateFlow(session == null)
    private val olderState = MutableStateFlow(false)
    private val newerState = MutableStateFlow(false)

    /** Of the session's end, also while another part of it is loaded. */
    private var tip = Tip(null, null, null)

    /** Something else than streaming text has come since the last [flush]. */
    private var moved = true

    /** The turns that are being looked at. */
    private var looked: Pair<String, String>? = null
    private val turnState = MutableStateFlow<TurnEnd?>(null)

    /** Null until the first prompt created it. */
    public val session: StateFlow<Session?> = sessionState.asStateFlow()
    public val transcript: Transcript get() = rows
    public val status: StateFlow<SessionStatus> = statusState.asStateFlow()
    public val todos: StateFlow<List<Todo>> = todoState.asStateFlow()

    /** What the session changed in the files and the user has not settled. */
    public val diff: StateFlow<List<ChangedFile>> = diffState.asStateFlow()
    public val choice: StateFlow<Choice> = choiceState.asStateFlow()
    public val context: StateFlow<ContextUse?> = contextState.asStateFlow()

    /** False until the newest page of the transcript is there. */
    public val ready: StateFlow<Boolean> = readyState.asStateFlow()

    /** Whether there are older messages to load. */
    public val hasOlder: StateFlow<Boolean> = olderState.asStateFlow()

    /** Whether the newest messages are not loaded, because another part of the session is being read. */
    public val hasNewer: StateFlow<Boolean> = newerState.asStateFlow()

    /** The end of the newest turn, null while one runs or before the first. */
    public val ended: StateFlow<TurnEnd?> = turnState.asStateFlow()

    /** What is typed and not sent. Kept as long as the workspace lives, whatever is opened in between. */
    public val draft: String get() = composer.composition.text

    /** What is being written, and what waits. */
    public val composer: SessionComposer = SessionComposer(workspace, this)

    /** Finds words in all of the session. */
    public val finder: Finder = Finder({ scope }) { words ->
        id?.let { notices.guard(texts("notice.find")) { backend.transcripts.find(workspace.directory, it, words) } }
    }

    /** What the other sessions of the directory are at. */
    internal val activities: Activities get() = workspace.activities

    /** Shows the session with [id] in this one's place. */
    internal fun open(id: String) = workspace.select(id)

    /** The page of changes. */
    public val changes: ChangesModel = ChangesModel(this, workspace)

    /** Going back to a prompt. */
    public val rollback: RollbackModel = RollbackModel(this, workspace)
    internal val export = SessionExport(workspace, this)
    private val sending = Sending(workspace, rows, { id }, ::made, ::begun, ::undelivered)

    public val id: String? get() = sessionState.value?.id

    /** How a turn ended; [reason] is `completed`, `error`, `interrupted` or `superseded`. */
    public data class TurnEnd(val reason: String, val error: MessageError?)

    /** Shows [text] at once and sends it. A failure stays visible at the prompt, which can be sent again. */
    public fun send(text: String) {
        if (text.isBlank()) return
        val choice = choiceState.value
        val messageId = workspace.ids.message(listOfNotNull(rows.newestId, tip.id).maxOrNull())
        send(Prompt(messageId, text.trim(), choice.agent, choice.model, choice.variant))
    }

    /** The same with everything that a prompt can carry. */
    internal fun send(prompt: Prompt) {
        sending.send(prompt)
        loadNewest()
    }

    /** Sends a prompt that did not arrive once more, with the same id: it cannot arrive twice. */
    public fun retry(messageId: String): Unit = sending.retry(messageId)

    /** Takes a prompt that did not arrive back and returns its text. */
    public fun takeBack(messageId: String): String? {
        val prompt = sending.forget(messageId)
        val text = rows.discard(messageId).also { rows.flush() }
        if (prompt != null) composer.composition.fill(prompt)
        return text?.let { composer.composition.text }
    }

    /** The newest command of the user's or the agent's that has printed something, and what it printed. */
    internal fun lastOutput(): Pair<String, String>? = rows.rows.asReversed().firstNotNullOfOrNull { row ->
        val part = (row.body as? RowBody.Call)?.part?.takeIf { it.tool == "bash" } ?: return@firstNotNullOfOrNull null
        val state = part.state as? ToolState.Completed ?: return@firstNotNullOfOrNull null
        val command = (state.input["command"] as? JsonPrimitive)?.contentOrNull ?: return@firstNotNullOfOrNull null
        (command to state.output).takeIf { state.output.isNotBlank() }
    }

    private fun begun() {
        failure = null
        turnState.value = null
        setStatus(SessionStatus.Busy)
    }

    private fun undelivered(message: String) {
        setStatus(SessionStatus.Idle)
        turnState.value = TurnEnd("error", MessageError("PromptError", message))
    }

    private fun made(session: Session) {
        sessionState.value = session
        workspace.created(this, session)
        changes.created()
        composer.named()
        feed.begin()
        load()
    }

    /** Stops the running turn. */
    public fun stop() {
        val sessionId = id ?: return
        scope.launch { notices.guard(Text.STOP) { backend.sessions.abort(workspace.directory, sessionId) } }
    }

    /** [variant] is the model's effort; the empty one is the model's own default. */
    public fun pick(agent: String? = null, model: ModelRef? = null, variant: String? = null) {
        picked = Choice(agent ?: picked.agent, model ?: picked.model, variant ?: picked.variant)
        choose()
        workspace.remember(choiceState.value)
    }

    public fun rename(title: String) {
        val sessionId = id ?: return
        if (title.isBlank()) return
        scope.launch {
            notices.guard(Text.RENAME) {
                workspace.updated(backend.sessions.rename(workspace.directory, sessionId, title.trim()))
            }
        }
    }

    /** Loads the part of the session that shows [place]; null when it is not there any more. */
    internal suspend fun reveal(place: Finder.Place): Row? {
        if (!rows.knows(place.messageId)) goTo(place.messageId)
        rows.flush()
        return rows.rowOf(place.messageId, place.partId)
    }

    internal val directory: String get() = workspace.directory

    internal fun tell(text: String) = notices.post(text, Notice.Severity.INFO)

    internal fun run(block: suspend () -> Unit): Job = scope.launch { block() }

    /** A session that was rolled back far has nothing to show on its newest page. */
    private fun fill() {
        if (rows.rows.isNotEmpty() || !olderState.value) return
        scope.launch {
            loading?.join()
            loadOlder()
        }
    }

    private class Tip(val prompt: Message.User?, val latest: Message.Assistant?, val id: String?)

    /** Loads the page before the oldest loaded message, if there is one and none is on its way. */
    public fun loadOlder() {
        extend(Place.Before(feed.older ?: return), feed::older)
    }

    /** Loads the page after the newest loaded message, as [loadOlder]. */
    public fun loadNewer() {
        extend(Place.After(feed.newer ?: return), feed::newer)
    }

    /** Goes back to the end of the session, if another part of it is loaded. */
    public fun loadNewest() {
        if (feed.newer == null) return
        looked = null
        load()
    }

    /** Loads the part of the session around [messageId], if it is not loaded; [then] runs when it is. */
    public fun reveal(messageId: String, then: () -> Unit) {
        if (rows.knows(messageId)) return then()
        scope.launch {
            goTo(messageId)
            if (rows.knows(messageId)) then()
        }
    }

    private suspend fun goTo(messageId: String) {
        val sessionId = id ?: return
        loading?.cancel()
        val job = scope.launch {
            val load = feed.load()
            val page = try {
                notices.guard(Text.LOAD) {
                    backend.sessions.messages(workspace.directory, sessionId, PAGE, Place.Around(messageId))
                }
            } catch (cancelled: CancellationException) {
                feed.give(load)
                throw cancelled
            }
            looked = null
            if (page == null) feed.give(load) else feed.replace(load, page)
            paged()
        }
        loading = job
        job.join()
    }

    /** What lies far from the rows [first] to [last], which are being looked at, need not stay in memory. */
    public fun looking(first: Row, last: Row) {
        looked = first.turn to last.turn
        if (rows.size <= MAX_LOADED || loading?.isActive == true) return
        feed.keep(first.turn, last.turn, MARGIN)
        paged()
    }

    private fun extend(place: Place, add: (Feed.Load, MessagePage) -> Feed.Outcome) {
        val sessionId = id ?: return
        if (loading?.isActive == true || !feed.ready) return
        loading = scope.launch {
            val load = feed.load()
            val page = try {
                notices.guard(Text.LOAD) { backend.sessions.messages(workspace.directory, sessionId, PAGE, place) }
            } catch (cancelled: CancellationException) {
                feed.give(load)
                throw cancelled
            }
            if (page == null) feed.give(load) else add(load, page)
            paged()
            fill()
        }
    }

    private fun paged() {
        olderState.value = feed.older != null
        newerState.value = feed.newer != null
        rolled()
        rows.state(statusState.value != SessionStatus.Idle && feed.newer == null, waiting)
        rows.flush()
    }

    /** The stream starts afresh: what is shown stays until the newest page replaces it. */
    internal fun reset(epoch: String) {
        feed.reset(epoch)
        load()
    }

    /** The stream that is running when a new session comes into being: [load] gets the first page. */
    internal fun adopt(epoch: String) = feed.reset(epoch)

    internal fun event(event: SequencedEvent) {
        feed.event(event)
        if (event.event !is WorkspaceEvent.PartDelta) moved = true
        when (val what = event.event) {
            is WorkspaceEvent.SessionUpdated -> {
                sessionState.value = what.session
                rolled()
                choose()
            }

            is WorkspaceEvent.StatusChanged -> {
                setStatus(what.status)
                if (what.status == SessionStatus.Idle) settle()
            }

            is WorkspaceEvent.TurnClosed -> {
                turnState.value = TurnEnd(what.reason, failure ?: rows.failure)
                settle()
            }

            is WorkspaceEvent.SessionFailed -> failure = what.error

            is WorkspaceEvent.TodosChanged -> todoState.value = what.todos

            is WorkspaceEvent.OutboxChanged -> composer.changed(what.ids)

            is WorkspaceEvent.DiffChanged -> {
                diffState.value = what.files
                changes.told(what.files)
            }

            is WorkspaceEvent.MessageRemoved,
            is WorkspaceEvent.MessageUpdated,
            is WorkspaceEvent.PartDelta,
            is WorkspaceEvent.PartRemoved,
            is WorkspaceEvent.PartUpdated, is WorkspaceEvent.PermissionAsked, is WorkspaceEvent.PermissionReplied,
            is WorkspaceEvent.QuestionAsked, is WorkspaceEvent.QuestionClosed,
            is WorkspaceEvent.SessionDeleted, WorkspaceEvent.Reset,
            -> Unit
        }
    }

    /** After a batch of events. */
    internal fun flush() {
        rows.flush()
        // Words that stream change nothing of what follows from the messages.
        if (moved) {
            moved = false
            if (sessionState.value?.revert != null) rollback.session()
            choose()
        }
        if (feed.torn && loading?.isActive != true) load()
    }

    /** The session as a list has it. */
    internal fun told(session: Session) {
        sessionState.value = session
        rolled()
        rows.flush()
    }

    /** Hides what the session was rolled back from. */
    private fun rolled() {
        rows.hide(sessionState.value?.revert)
        rollback.session()
    }

    internal fun status(status: SessionStatus) = setStatus(status)

    internal fun decisions(all: List<Decision>) {
        waiting = all.filter { it.sessionId == id }.mapNotNullTo(HashSet()) { it.callId }
        rows.state(statusState.value != SessionStatus.Idle && feed.newer == null, waiting)
        rows.flush()
    }

    private var waiting: Set<String> = emptySet()

    private fun setStatus(status: SessionStatus) {
        statusState.value = status
        rows.state(status != SessionStatus.Idle && feed.newer == null, waiting)
    }

    /** An error that no message of the turn shows must not get lost. */
    private fun settle() {
        val error = failure ?: return
        failure = null
        val shown = rows.failure
        if (turnState.value == null) turnState.value = TurnEnd("error", error)
        if (shown == null && error.name != "MessageAbortedError") notices.post(error.message)
    }

    /** What the host shows of the session has changed as a whole. */
    internal fun reload(): Unit = load()

    internal fun load() {
        val sessionId = id ?: return
        beside?.cancel()
        // Beside the messages: over a long line each would cost a round trip of its own. Older pages don't wait for them.
        beside = scope.launch {
            composer.load()
            launch {
                workspace.patiently(Text.LOAD) { backend.sessions.todos(workspace.directory, sessionId) }
                    ?.let { todoState.value = it }
            }
            launch {
                workspace.patiently(Text.LOAD) {
                    backend.changes.list(workspace.directory, ChangeScope.OfSession(sessionId))
                }
                    ?.let { diffState.value = it }
            }
        }
        loading?.cancel()
        loading = scope.launch {
            var attempt = 0
            while (true) {
                val load = feed.load()
                val count = if (rows.rows.isEmpty()) FIRST else maxOf(PAGE, minOf(rows.rows.size, MAX_RELOAD))
                val page = try {
                    workspace.patiently(Text.LOAD) { page(sessionId, count) }
                } catch (cancelled: CancellationException) {
                    feed.give(load)
                    throw cancelled
                }
                if (page == null) {
                    feed.give(load)
                    break
                }
                if (feed.replace(load, page) != Feed.Outcome.STALE) break
                // The page is of another run of the backend than the stream: one of the two is about to follow.
                delay(minOf(100L shl minOf(attempt++, 5), 2000L))
            }
            readyState.value = true
            paged()
            choose()
            fill()
        }
    }

    /** The newest messages; while another part of the session is read, that part, so that its place stays. */
    private suspend fun page(sessionId: String, count: Int): MessagePage {
        val place = looked?.first?.takeIf { feed.newer != null }
        if (place != null) {
            try {
                return backend.sessions.messages(workspace.directory, sessionId, count, Place.Around(place))
            } catch (error: BackendException) {
                if (error.code != BackendException.Code.NOT_FOUND) throw error
            }
        }
        return backend.sessions.messages(workspace.directory, sessionId, count)
    }

    internal fun choose() {
        if (feed.newer == null) tip = Tip(rows.lastPrompt, rows.latest, rows.newestId)
        choiceState.value = workspace.choiceOf(picked, tip.prompt, sessionState.value)
        contextState.value = tip.latest?.let(workspace::contextOf)
    }

    private companion object {
        /** Messages that fill a window, so that there is something to see; the pages before follow by themselves. */
        const val FIRST = 16
        const val PAGE = 50
        const val MAX_RELOAD = 500

        /** Messages that may be in memory before those far away go, and how many stay on each side then. */
        const val MAX_LOADED = 900
        const val MARGIN = 350
    }
}
