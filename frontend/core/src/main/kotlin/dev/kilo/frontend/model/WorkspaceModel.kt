package dev.kilo.frontend.model

import dev.kilo.frontend.model.composer.Completions
import dev.kilo.frontend.model.composer.Drafts
import dev.kilo.frontend.model.composer.LastChoice
import dev.kilo.frontend.model.composer.PromptHistory
import dev.kilo.frontend.model.composer.WindowCommands
import dev.kilo.frontend.model.composer.nameOf
import dev.kilo.frontend.model.decision.Saving
import dev.kilo.frontend.model.sessions.Bin
import dev.kilo.frontend.model.sessions.Mark
import dev.kilo.frontend.model.sessions.Marks
import dev.kilo.frontend.model.sessions.SessionState
import dev.kilo.frontend.model.transcript.Activities
import dev.kilo.shared.agent.Agent
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.CliState
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import dev.kilo.shared.workspace.WorkspaceEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull

/** The directory on its way to being usable. */
public sealed interface Opening {
    public data object Opening : dev.kilo.frontend.model.Opening

    public data class Open(val workspace: Workspace) : dev.kilo.frontend.model.Opening

    public data class Failed(val message: String) : dev.kilo.frontend.model.Opening
}

/** Sessions, decisions and pickers of one directory, kept up to date by the workspace's one event stream. */
public class WorkspaceModel internal constructor(public val app: AppModel, private val requested: String) :
    AutoCloseable {
    private val job = SupervisorJob(app.scope.coroutineContext[Job])
    internal val scope: CoroutineScope = CoroutineScope(app.scope.coroutineContext + job)
    internal val ids = Ids()
    private val openingState = MutableStateFlow<Opening>(Opening.Opening)
    private val sessionState = MutableStateFlow<List<Session>>(emptyList())
    private val statusState = MutableStateFlow<Map<String, SessionStatus>>(emptyMap())
    private val agentState = MutableStateFlow<List<Agent>>(emptyList())
    private val modelState = MutableStateFlow(ModelList(emptyList()))
    private val openSessions = LinkedHashMap<String, SessionModel>()
    private var epoch: String? = null
    private var refreshing: ArrayList<WorkspaceEvent>? = null
    private var refresh: Job? = null
    private val moreState = MutableStateFlow(false)
    private val trailState = MutableStateFlow<List<Session>>(emptyList())
    private val news = Marks()
    private var limit = FIRST
    private var finding: Job? = null
    internal val bin = Bin(this)
    private val waiting = Decisions(this) { all ->
        for (model in openSessions.values.toList()) model.decisions(all)
    }

    public val opening: StateFlow<Opening> = openingState.asStateFlow()

    /** Newest first. */
    public val sessions: StateFlow<List<Session>> = sessionState.asStateFlow()

    /** Whether there are older sessions than those in [sessions]. */
    public val hasMore: StateFlow<Boolean> = moreState.asStateFlow()

    /** The sessions above [current], the topmost first, when it is one of a sub-agent. */
    public val trail: StateFlow<List<Session>> = trailState.asStateFlow()

    /** What became of sessions while another one was shown. */
    public val marks: StateFlow<Map<String, Mark>> = news.all

    /** Sessions that are not idle. */
    public val statuses: StateFlow<Map<String, SessionStatus>> = statusState.asStateFlow()

    /** What all sessions of the directory wait for, oldest first. */
    public val decisions: StateFlow<List<Decision>> = waiting.all

    /** The permissions among the [decisions]. */
    public val permissions: StateFlow<List<PermissionRequest>> = waiting.permissions
    public val agents: StateFlow<List<Agent>> = agentState.asStateFlow()
    public val models: StateFlow<ModelList> = modelState.asStateFlow()

    internal val activities = Activities()

    internal val remembered: Choice
        get() = app.composer.preferences.value.last[directory].let { Choice(it?.agent, it?.model, it?.variant) }

    /** The window's own slash commands. */
    public val commands: WindowCommands = WindowCommands()

    /** What is offered while a prompt is typed. */
    public val completions: Completions = Completions(this)

    /** Commands and sub-agents may have changed: they are asked for again. */
    public fun refreshCommands(): Unit = completions.refresh()

    /** Prompts that were sent in this directory. */
    public val history: PromptHistory = PromptHistory(app.store, nameOf("history", app.place, requested), scope)
    internal val drafts: Drafts = Drafts(app.store, nameOf("drafts", app.place, requested), scope) {
        for (model in openSessions.values + current.value) model.composer.restore()
    }

    private val currentState = MutableStateFlow(SessionModel(this, null))

    /** The session that is shown; there is always one, perhaps not yet created. */
    public val current: StateFlow<SessionModel> = currentState.asStateFlow()

    /** The real path, or what was asked for as long as it is not open. */
    public val directory: String get() = (openingState.value as? Opening.Open)?.workspace?.directory ?: requested

    init {
        open()
    }

    /** Tries again after [Opening.Failed]. */
    public fun open() {
        openingState.value = Opening.Opening
        scope.launch {
            try {
                openingState.value = Opening.Open(untilReady { app.backend.workspaces.open(requested) })
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                openingState.value = Opening.Failed(readable(error))
                return@launch
            }
            try {
                follow()
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                // The stream survives cuts by itself; what ends it is final until the user tries again.
                openingState.value = Opening.Failed(readable(error))
            }
        }
    }

    /** Nothing is followed any more and nothing that is under way reports back. */
    override fun close() {
        bin.close()
        scope.cancel()
    }

    /**
     * Shows the session with [id], also one that the list does not have: of a sub-agent, from the archive, too old. Says
     * so in a notice when there is none.
     */
    public fun select(id: String) {
        finding?.cancel()
        val session = sessionState.value.firstOrNull { it.id == id } ?: openSessions[id]?.session?.value
        if (session != null && session.parentId == null) {
            trailState.value = emptyList()
            show(session)
            return
        }
        finding = scope.launch {
            app.notices.guard(Text.LOAD) {
                val found = session ?: untilReady { app.backend.sessions.get(directory, id) }
                val trail = trailOf(found)
                trailState.value = trail
                show(found)
            }
        }
    }

    private suspend fun trailOf(session: Session): List<Session> {
        val trail = ArrayList<Session>()
        var parent = session.parentId
        while (parent != null && trail.size < DEPTH) {
            val id = parent
            val known = sessionState.value.firstOrNull { it.id == id }
            val above = known ?: untilReady { app.backend.sessions.get(directory, id) }
            trail.add(0, above)
            parent = above.parentId
        }
        return trail
    }

    private fun show(session: Session) {
        val id = session.id
        val known = openSessions.remove(id)
        val model = known ?: SessionModel(this, session)
        openSessions[id] = model
        if (known == null) {
            model.composer.restore()
            model.status(statusState.value[id] ?: SessionStatus.Idle)
            model.decisions(decisions.value)
            epoch?.let(model::reset)
        }
        currentState.value = model
        news.seen(id)
        model.choose()
        trim()
    }

    /** A copy of the session, up to [messageId] if given, which is shown. */
    public fun fork(id: String, messageId: String? = null) {
        scope.launch {
            app.notices.guard(Text.FORK) {
                val copy = app.backend.sessions.fork(directory, id, messageId)
                updated(copy)
                select(copy.id)
            }
        }
    }

    /** Loads older sessions, as many again as are known. */
    public fun loadMore() {
        if (!moreState.value || refreshing != null) return
        moreState.value = false
        limit *= 2
        scope.launch {
            val list = app.notices.guard(Text.SESSIONS) { app.backend.sessions.list(directory, limit = limit) }
            if (list == null) moreState.value = true else known(list)
        }
    }

    private fun known(list: List<Session>) {
        moreState.value = list.size >= limit
        sessionState.value = list.filter { it.id !in bin }
    }

    /** What the session does, and its sub-agents with it. */
    public fun stateOf(id: String): SessionState = when {
        decisions.value.any { it.shownIn == id || it.sessionId == id } -> SessionState.WAITING
        id in statusState.value -> SessionState.RUNNING
        marks.value[id] == Mark.FAILED -> SessionState.FAILED
        marks.value[id] == Mark.UNREAD -> SessionState.UNREAD
        else -> SessionState.IDLE
    }

    /** Sessions that were shown, the newest first. */
    public val recent: List<String>
        get() = openSessions.keys.reversed()

    /** Whether something is written in the session that has not been sent. */
    public fun hasDraft(id: String): Boolean = openSessions[id]?.draft?.isNotBlank() == true

    /** Shows a session that comes into being with its first prompt. An unused new session is reused, with its draft. */
    public fun create() {
        finding?.cancel()
        trailState.value = emptyList()
        val spare = blank ?: SessionModel(this, null).also { blank = it }
        currentState.value = spare
        spare.choose()
    }

    private var blank: SessionModel? = currentState.value

    /** Takes the session out of sight and deletes it a little later, unless the user takes that back. */
    public fun delete(id: String) {
        val session = sessionState.value.firstOrNull { it.id == id } ?: openSessions[id]?.session?.value
        val model = openSessions[id]
        if (id in statusState.value) {
            scope.launch { app.notices.guard(Text.STOP) { app.backend.sessions.abort(directory, id) } }
        }
        val shown = currentState.value === model
        bin.put(id, session?.title?.ifBlank { null } ?: texts("header.untitled")) {
            if (session != null) updated(session)
            if (shown && currentState.value === blank) select(id)
        }
        sessionState.value = sessionState.value.filter { it.id != id }
        if (shown) create()
    }

    /** Answers a decision, after [saving] what is to count from now on. It disappears at once and comes back with a notice when the answer did not arrive. */
    public fun reply(
        request: PermissionRequest,
        reply: PermissionReply,
        message: String? = null,
        saving: Saving? = null,
    ): Unit = waiting.reply(request, reply, message, saving)

    /** Answers questions: one list of labels or own words for each of them. As [reply] of a permission otherwise. */
    public fun reply(request: QuestionRequest, answers: List<List<String>>): Unit = waiting.reply(request, answers)

    /** Dismisses questions; the turn that asked them goes no further. */
    public fun reject(request: QuestionRequest): Unit = waiting.reject(request)

    internal fun remember(choice: Choice) {
        app.composer.used(directory, LastChoice(choice.agent, choice.model, choice.variant), emptyList())
    }

    internal fun created(model: SessionModel, session: Session) {
        if (blank === model) blank = null
        openSessions[session.id] = model
        epoch?.let(model::adopt)
        updated(session)
    }

    internal fun updated(session: Session) {
        val others = sessionState.value.filter { it.id != session.id }
        sessionState.value = if (session.parentId != null || session.archived != null || session.id in bin) {
            others
        } else {
            (others + session).sortedByDescending { it.updated }
        }
    }

    internal fun deleted(id: String) {
        sessionState.value = sessionState.value.filter { it.id != id }
        statusState.value = statusState.value - id
        waiting.forget(id)
        val gone = openSessions.remove(id) ?: return
        if (currentState.value === gone) create()
    }

    private fun trim() {
        val spare = openSessions.values.filter {
            it !== currentState.value && it.draft.isBlank() &&
                it.status.value == SessionStatus.Idle
        }
        for (model in spare.take((openSessions.size - KEPT).coerceAtLeast(0))) model.id?.let(openSessions::remove)
    }

    /**
     * One stream for the whole workspace. Events wait in a bounded queue; the first is handled at once, those that arrive
     * within a frame together, so that a fast stream costs one update a frame and an idle one nothing.
     */
    private suspend fun follow() = coroutineScope {
        val queue = Channel<SequencedEvent>(QUEUE)
        launch {
            app.backend.workspaces.events(directory).collect { queue.send(it) }
        }
        while (true) {
            handle(queue.receive())
            var count = 1
            while (count++ < QUEUE) handle(queue.tryReceive().getOrNull() ?: break)
            for (model in openSessions.values.toList()) model.flush()
            delay(FRAME)
        }
    }

    private fun handle(event: SequencedEvent) {
        when (val what = event.event) {
            WorkspaceEvent.Reset -> reset(event.epoch)

            else -> {
                refreshing?.add(what)
                apply(what)
                activities.apply(what)
                sessionOf(what)?.let { openSessions[it]?.event(event) }
            }
        }
    }

    private fun reset(epoch: String) {
        val restarted = this.epoch != null && this.epoch != epoch
        this.epoch = epoch
        refresh?.cancel()
        val log = ArrayList<WorkspaceEvent>()
        refreshing = log
        for (model in openSessions.values.toList()) model.reset(epoch)
        refresh = scope.launch {
            // All at once: over a long line each would cost a round trip of its own.
            val asked = async { patiently(Text.SESSIONS) { app.backend.permissions.pending(directory) } }
            val questions = async { patiently(Text.SESSIONS) { app.backend.questions.pending(directory) } }
            val running = async { patiently(Text.SESSIONS) { app.backend.sessions.statuses(directory) } }
            val sessions = patiently(Text.SESSIONS) { app.backend.sessions.list(directory, limit = limit) }
            val statuses = running.await()
            val permissions = asked.await()
            val open = questions.await()
            if (refreshing === log) refreshing = null
            if (sessions != null) {
                known(sessions)
                for (session in sessions) openSessions[session.id]?.told(session)
            }
            if (statuses != null) {
                statusState.value = statuses
                for ((id, model) in openSessions) model.status(statuses[id] ?: SessionStatus.Idle)
            }
            waiting.replace(permissions, open, restarted)
            log.forEach(::apply)
            for (model in openSessions.values) model.flush()
        }
        reloadChoices()
    }

    /** Reads modes and models anew: after a start, and after settings that they follow from were changed. */
    internal fun reloadChoices() {
        scope.launch {
            patiently(Text.AGENTS) { app.backend.agents.list(directory) }?.let { agentState.value = it }
            currentState.value.choose()
        }
        scope.launch {
            patiently(Text.MODELS) { app.backend.models.list(directory) }?.let { modelState.value = it }
            currentState.value.choose()
        }
    }

    private fun apply(event: WorkspaceEvent) {
        waiting.apply(event)
        news.apply(event, currentState.value.id)
        when (event) {
            is WorkspaceEvent.SessionUpdated -> updated(event.session)

            is WorkspaceEvent.SessionDeleted -> deleted(event.sessionId)

            is WorkspaceEvent.StatusChanged ->
                statusState.value =
                    if (event.status ==
                        SessionStatus.Idle
                    ) {
                        statusState.value - event.sessionId
                    } else {
                        statusState.value +
                            (event.sessionId to event.status)
                    }

            is WorkspaceEvent.SessionFailed -> if (event.sessionId == null || event.sessionId !in openSessions) {
                app.notices.post(event.error.message)
            }

            is WorkspaceEvent.OutboxChanged,
            is WorkspaceEvent.DiffChanged,
            is WorkspaceEvent.MessageRemoved,
            is WorkspaceEvent.MessageUpdated,
            is WorkspaceEvent.PartDelta,
            is WorkspaceEvent.PartRemoved,
            is WorkspaceEvent.PartUpdated,
            is WorkspaceEvent.PermissionAsked,
            is WorkspaceEvent.PermissionReplied,
            is WorkspaceEvent.QuestionAsked,
            is WorkspaceEvent.QuestionClosed,
            is WorkspaceEvent.TodosChanged,
            is WorkspaceEvent.TurnClosed,
            WorkspaceEvent.Reset,
            -> Unit
        }
    }

    /** Runs [call] as soon as the CLI can answer: a CLI that starts or restarts is waited for, not reported. */
    internal suspend fun <T> untilReady(call: suspend () -> T): T {
        var attempt = 0
        while (true) {
            try {
                return call()
            } catch (error: BackendException) {
                if (error.code != BackendException.Code.UNAVAILABLE || attempt++ >= ATTEMPTS) throw error
                withTimeoutOrNull(PATIENCE) { app.cli.first { it is CliState.Ready } } ?: throw error
                delay(100L * attempt)
            }
        }
    }

    internal suspend fun <T> patiently(what: String, call: suspend () -> T): T? = app.notices.guard(what) {
        untilReady(call)
    }

    private fun sessionOf(event: WorkspaceEvent): String? = when (event) {
        is WorkspaceEvent.SessionUpdated -> event.session.id
        is WorkspaceEvent.SessionDeleted -> event.sessionId
        is WorkspaceEvent.StatusChanged -> event.sessionId
        is WorkspaceEvent.TurnClosed -> event.sessionId
        is WorkspaceEvent.SessionFailed -> event.sessionId
        is WorkspaceEvent.OutboxChanged -> event.sessionId
        is WorkspaceEvent.DiffChanged -> event.sessionId
        is WorkspaceEvent.MessageUpdated -> event.message.sessionId
        is WorkspaceEvent.MessageRemoved -> event.sessionId
        is WorkspaceEvent.PartUpdated -> event.part.sessionId
        is WorkspaceEvent.PartDelta -> event.sessionId
        is WorkspaceEvent.PartRemoved -> event.sessionId
        is WorkspaceEvent.TodosChanged -> event.sessionId
        is WorkspaceEvent.PermissionAsked -> event.request.sessionId
        is WorkspaceEvent.PermissionReplied -> event.sessionId
        is WorkspaceEvent.QuestionAsked -> event.request.sessionId
        is WorkspaceEvent.QuestionClosed -> event.sessionId
        WorkspaceEvent.Reset -> null
    }

    private companion object {
        /** Sessions that are loaded at first; the rest when it is asked for. */
        const val FIRST = 200
        const val DEPTH = 20
        const val FRAME = 16L
        const val QUEUE = 2048
        const val KEPT = 8
        const val ATTEMPTS = 20
        const val PATIENCE = 60_000L
    }
}
