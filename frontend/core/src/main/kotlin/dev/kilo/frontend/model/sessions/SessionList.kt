package dev.kilo.frontend.model.sessions

import dev.kilo.frontend.model.Text
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.guard
import dev.kilo.frontend.model.texts
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatch
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle

/** What a session does. The order is that of importance: the first that holds is told. */
public enum class SessionState { WAITING, RUNNING, FAILED, UNREAD, IDLE }

/** A line of the list of sessions. */
public sealed interface SessionLine {
    /** Nothing to choose: a day, or a word about what follows. */
    public data class Heading(val text: String) : SessionLine

    public data class Item(val session: Session, val state: SessionState, val current: Boolean, val draft: Boolean) :
        SessionLine

    /** Words found in a conversation. */
    public data class Found(val match: SessionMatch) : SessionLine

    /** There are older ones, which choosing this line loads. */
    public data object More : SessionLine
}

/**
 * The sessions of a directory for people: by day, with what each does, searched by title at once and by content after a
 * moment; or those in the archive. Works only between [start] and [stop].
 */
public class SessionList(private val workspace: WorkspaceModel, private val today: () -> LocalDate = LocalDate::now) {
    private var job: Job? = null
    private var searching: Job? = null
    private var loading: Job? = null
    private val lineState = MutableStateFlow<List<SessionLine>>(emptyList())
    private val busyState = MutableStateFlow(false)
    private var archive: List<Session> = emptyList()
    private var titles: List<Session> = emptyList()
    private var matches: List<SessionMatch> = emptyList()
    private var complete = true

    /** What the list shows now. */
    public val lines: StateFlow<List<SessionLine>> = lineState.asStateFlow()

    /** Whether a search is on its way. */
    public val busy: StateFlow<Boolean> = busyState.asStateFlow()
    public var query: String = ""
        private set
    public var archived: Boolean = false
        private set

    public fun start() {
        if (job != null) return
        val running = SupervisorJob(workspace.scope.coroutineContext[Job])
        job = running
        val scope = CoroutineScope(workspace.scope.coroutineContext + running)
        fun on(flow: Flow<*>) = scope.launch { flow.collect { refresh() } }
        on(workspace.sessions)
        on(workspace.statuses)
        on(workspace.decisions)
        on(workspace.marks)
        on(workspace.current)
        on(workspace.hasMore)
        if (archived) loadArchive()
    }

    public fun stop() {
        job?.cancel()
        job = null
    }

    public fun search(text: String) {
        if (text == query) return
        query = text
        searching?.cancel()
        titles = emptyList()
        matches = emptyList()
        complete = true
        busyState.value = false
        refresh()
        val words = text.trim()
        if (words.length < SHORTEST) return
        busyState.value = true
        searching = workspace.scope.launch {
            delay(PAUSE)
            val notices = workspace.app.notices
            val backend = workspace.app.backend.sessions
            val list = notices.guard(Text.SEARCH) { backend.list(workspace.directory, words, MOST, archived) }
            if (list != null) titles = list
            refresh()
            val found = notices.guard(Text.SEARCH) { backend.find(workspace.directory, words, null, MATCHES) }
            if (found != null) {
                matches = found.matches
                complete = found.complete
            }
            busyState.value = false
            refresh()
        }
    }

    /** The archive instead of the others, or the others again. */
    public fun archive(shown: Boolean) {
        if (shown == archived) return
        archived = shown
        archive = emptyList()
        val words = query
        query = ""
        refresh()
        if (shown) loadArchive()
        search(words)
    }

    /** Puts the session into the archive or takes it out. */
    public fun archive(id: String, into: Boolean) {
        workspace.scope.launch {
            workspace.app.notices.guard(Text.ARCHIVE) {
                val changed = workspace.app.backend.sessions.archive(workspace.directory, id, into)
                archive = archive.filter { it.id != id } + listOfNotNull(changed.takeIf { into })
                workspace.updated(changed)
            }
            refresh()
        }
    }

    public fun rename(id: String, title: String) {
        if (title.isBlank()) return
        workspace.scope.launch {
            workspace.app.notices.guard(Text.RENAME) {
                val changed = workspace.app.backend.sessions.rename(workspace.directory, id, title.trim())
                archive = archive.map { if (it.id == id) changed else it }
                titles = titles.map { if (it.id == id) changed else it }
                workspace.updated(changed)
            }
            refresh()
        }
    }

    /** Out of sight at once, with a moment to take it back. */
    public fun delete(id: String) {
        workspace.delete(id)
        refresh()
    }

    /** A copy, which is shown. */
    public fun fork(id: String): Unit = workspace.fork(id)

    /** Loads older sessions than those that are known. */
    public fun more(): Unit = workspace.loadMore()

    private fun loadArchive() {
        loading?.cancel()
        loading = workspace.scope.launch {
            val list = workspace.app.notices.guard(Text.SESSIONS) {
                workspace.app.backend.sessions.list(workspace.directory, null, MOST, archived = true)
            }
            archive = list.orEmpty()
            refresh()
        }
    }

    private fun refresh() {
        val known = if (archived) archive.sortedByDescending { it.updated } else workspace.sessions.value
        val words = query.trim().lowercase()
        lineState.value = if (words.isEmpty()) byDay(known) else found(known, words)
    }

    private fun byDay(list: List<Session>): List<SessionLine> {
        val lines = ArrayList<SessionLine>(list.size + DAYS)
        val zone = ZoneId.systemDefault()
        val now = today()
        var last: String? = null
        for (session in list) {
            if (session.id in workspace.bin) continue
            val day = name(Instant.ofEpochMilli(session.updated).atZone(zone).toLocalDate(), now)
            if (day != last) lines += SessionLine.Heading(day)
            last = day
            lines += item(session)
        }
        if (!archived && workspace.hasMore.value) lines += SessionLine.More
        return lines
    }

    private fun found(known: List<Session>, words: String): List<SessionLine> {
        val here = known.filter { session -> words.split(' ').all { it in session.title.lowercase() } }
        val all = (here + titles).distinctBy { it.id }.filter { it.id !in workspace.bin }
        val lines = ArrayList<SessionLine>()
        if (all.isNotEmpty()) lines += SessionLine.Heading(texts("sessions.titles"))
        all.sortedByDescending { it.updated }.mapTo(lines, ::item)
        val texts = matches.filter { it.sessionId !in workspace.bin }
        if (texts.isNotEmpty()) {
            lines += SessionLine.Heading(texts(if (complete) "sessions.found" else "sessions.found.some"))
        }
        texts.mapTo(lines) { SessionLine.Found(it) }
        return lines
    }

    private fun item(session: Session): SessionLine.Item = SessionLine.Item(
        session,
        workspace.stateOf(session.id),
        current = session.id == workspace.current.value.id,
        draft = workspace.hasDraft(session.id),
    )

    internal companion object {
        const val SHORTEST = 2
        const val PAUSE = 180L
        const val MOST = 1000
        const val MATCHES = 60
        const val DAYS = 16

        /** Today and yesterday by name, the last week by weekday, then by month. */
        fun name(day: LocalDate, now: LocalDate): String = when {
            !day.isBefore(now) -> texts("day.today")
            day == now.minusDays(1) -> texts("day.yesterday")
            day.isAfter(now.minusDays(7)) -> day.format(DateTimeFormatter.ofPattern("EEEE"))
            day.year == now.year -> day.format(DateTimeFormatter.ofPattern("LLLL"))
            else -> day.format(DateTimeFormatter.ofPattern("LLLL yyyy"))
        }

        /** When a session was last used, for a tooltip. */
        fun moment(time: Long): String = Instant.ofEpochMilli(time).atZone(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT))
    }
}
