package dev.kilo.backend.rpc

import dev.kilo.backend.events.Cursor
import dev.kilo.backend.events.EventHub
import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.infrastructure.ApiResponse
import dev.kilo.client.model.SessionCreateInput
import dev.kilo.client.model.SessionForkInput
import dev.kilo.client.model.SessionUpdateInput
import dev.kilo.client.model.SessionUpdateTime
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatches
import dev.kilo.shared.session.SessionService
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import kotlin.time.Duration.Companion.seconds

internal class SessionCalls(private val calls: Calls, private val workspaces: Workspaces, private val hub: EventHub) :
    SessionService {
    /** The CLI's own limit counts archived ones too, so more are asked for than are given. */
    override suspend fun list(directory: String, search: String?, limit: Int, archived: Boolean): List<Session> {
        val real = workspaces.use(directory).directory
        return calls
            .query {
                it.sessions.sessionListWithHttpInfo(
                    scope = null,
                    path = null,
                    roots = true,
                    start = null,
                    search = search?.ifBlank { null },
                    limit = MOST_SESSIONS,
                    directory = real,
                )
            }.value()
            .asSequence()
            .filter { (it.time.archived != null) == archived && it.parentID == null }
            .take(limit)
            .map { it.toSession() }
            .toList()
    }

    override suspend fun find(directory: String, query: String, sessionId: String?, limit: Int): SessionMatches {
        val real = workspaces.use(directory).directory
        val found = calls.query {
            it.sessions.sessionFindWithHttpInfo(query, sessionId, scope = null, limit.toLong(), real)
        }
        return found.value().let { SessionMatches(it.matches.map { match -> match.toMatch() }, it.complete) }
    }

    override suspend fun children(directory: String, sessionId: String): List<Session> =
        calls.query { it.sessions.sessionChildrenWithHttpInfo(sessionId) }.value().map { it.toSession() }

    override suspend fun archive(directory: String, sessionId: String, archived: Boolean): Session {
        // Zero takes it out of the archive.
        val time = SessionUpdateTime(archived = if (archived) System.currentTimeMillis() else 0)
        val body = SessionUpdateInput(time = time)
        return calls.repeatable { it.sessions.sessionUpdateWithHttpInfo(sessionId, body) }.value().toSession()
    }

    override suspend fun fork(directory: String, sessionId: String, messageId: String?): Session {
        val real = workspaces.use(directory).directory
        val body = SessionForkInput(messageID = messageId)
        return calls.command { it.sessions.sessionForkWithHttpInfo(sessionId, real, body) }.value().toSession()
    }

    override suspend fun get(directory: String, sessionId: String): Session =
        calls.query { it.sessions.sessionGetWithHttpInfo(sessionId) }.value().toSession()

    override suspend fun create(directory: String, title: String?): Session {
        val real = workspaces.use(directory).directory
        val body = SessionCreateInput(title = title?.ifBlank { null })
        return calls.command { it.sessions.sessionCreateWithHttpInfo(real, body) }.value().toSession()
    }

    override suspend fun rename(directory: String, sessionId: String, title: String): Session {
        val body = SessionUpdateInput(title = title)
        return calls.command { it.sessions.sessionUpdateWithHttpInfo(sessionId, body) }.value().toSession()
    }

    override suspend fun delete(directory: String, sessionId: String) {
        calls.command { it.sessions.sessionDeleteWithHttpInfo(sessionId) }
    }

    override suspend fun statuses(directory: String): Map<String, SessionStatus> {
        val real = workspaces.use(directory).directory
        return calls.query { it.sessions.sessionStatusWithHttpInfo(real) }.value().mapValues { it.value.toStatus() }
    }

    override suspend fun messages(directory: String, sessionId: String, limit: Int, place: Place?): MessagePage {
        // From here on the workspace keeps its events: none between this page and the window's stream is missed.
        workspaces.use(directory)
        val response = calls.query {
            it.sessions.sessionMessagesWithHttpInfo(
                sessionID = sessionId,
                limit = limit.toLong(),
                before = (place as? Place.Before)?.at,
                after = (place as? Place.After)?.at,
                around = (place as? Place.Around)?.at,
            )
        }
        val cursor = Cursor.parse(response.header("x-kilo-event-id"))
        if (cursor != null) hub.awaitProcessed(cursor, CATCH_UP)
        val position = workspaces.use(directory).positionAt(cursor?.seq ?: 0)
        return MessagePage(
            messages = response.value().map { it.toMessageWithParts() },
            epoch = position.epoch,
            asOf = position.seq,
            older = response.header("x-next-cursor"),
            // The newest page names none; what lies after an older one is there to be asked for.
            newer = if (place == null) null else response.header("x-previous-cursor"),
        )
    }

    /** The message's id makes this repeatable: the CLI stores it under a unique key and recognises it. */
    override suspend fun prompt(directory: String, sessionId: String, prompt: Prompt) {
        val workspace = workspaces.use(directory)
        if (prompt.command == null) {
            val body = prompt.toInput(workspace.directory, changes(workspace.directory, prompt))
            calls.repeatable { it.sessions.sessionPromptAsyncWithHttpInfo(sessionId, body) }
        } else {
            val body = prompt.toCommand(workspace.directory, changes(workspace.directory, prompt))
            calls.repeatable { it.sessions.sessionCommandAsyncWithHttpInfo(sessionId, body) }
        }
        workspace.touch()
    }

    private suspend fun changes(directory: String, prompt: Prompt): String? = calls.changesFor(directory, prompt)

    override suspend fun abort(directory: String, sessionId: String) {
        calls.repeatable { it.sessions.sessionAbortWithHttpInfo(sessionId, scope = null) }
    }

    override suspend fun todos(directory: String, sessionId: String): List<Todo> =
        calls.query { it.sessions.sessionTodoWithHttpInfo(sessionId) }.value().map { it.toTodo() }

    private fun ApiResponse<*>.header(name: String): String? = headers[name]?.firstOrNull()

    private companion object {
        val CATCH_UP = 3.seconds
        const val MOST_SESSIONS = 20_000L
    }
}
