package dev.kilo.shared.rpc

import dev.kilo.shared.app.Backend
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.serialization.json.JsonElement

/** What the server does for each operation: the other half of [Operations]. */
internal class Handlers {
    class Call(val operation: Operation<*, *>, val run: suspend (JsonElement) -> JsonElement)

    class Events(val start: (JsonElement, Position?) -> Flow<JsonElement>)

    val calls = HashMap<String, Call>()
    val streams = HashMap<String, Events>()

    fun <A, R> on(operation: Query<A, R>, block: suspend (A) -> R) = add(operation, block)

    fun <A, R> on(operation: Command<A, R>, block: suspend (A) -> R) = add(operation, block)

    fun <A, R> on(operation: Stream<A, R>, block: (A, Position?) -> Flow<R>) {
        streams[operation.name] =
            Events { args, after ->
                block(RpcJson.decodeFromJsonElement(operation.args, args), after)
                    .map { RpcJson.encodeToJsonElement(operation.result, it) }
            }
    }

    private fun <A, R> add(operation: Operation<A, R>, block: suspend (A) -> R) {
        calls[operation.name] =
            Call(operation) { args ->
                val result = block(RpcJson.decodeFromJsonElement(operation.args, args))
                RpcJson.encodeToJsonElement(operation.result, result)
            }
    }
}

/** Serves every operation from the services of [backend]. */
internal fun serviceHandlers(backend: Backend): Handlers = Handlers().apply {
    on(Operations.appState) { _, _ -> backend.app.state() }
    on(Operations.appRestart) { backend.app.restart() }

    on(Operations.workspaceOpen) { backend.workspaces.open(it.directory) }
    on(Operations.workspaceEvents) { args, after ->
        if (after == null) {
            backend.workspaces.events(args.directory)
        } else {
            backend.workspaces.eventsAfter(args.directory, after.epoch, after.seq)
        }
    }

    changes(backend.changes)

    val sessions = backend.sessions
    on(Operations.sessionList) { sessions.list(it.directory, it.search, it.limit, it.archived) }
    on(Operations.sessionFind) { sessions.find(it.directory, it.query, it.sessionId, it.limit) }
    on(Operations.sessionChildren) { sessions.children(it.directory, it.sessionId) }
    on(Operations.sessionArchive) { sessions.archive(it.directory, it.sessionId, it.archived) }
    on(Operations.sessionFork) { sessions.fork(it.directory, it.sessionId, it.messageId) }
    on(Operations.sessionGet) { sessions.get(it.directory, it.sessionId) }
    on(Operations.sessionCreate) { sessions.create(it.directory, it.title) }
    on(Operations.sessionRename) { sessions.rename(it.directory, it.sessionId, it.title) }
    on(Operations.sessionDelete) { sessions.delete(it.directory, it.sessionId) }
    on(Operations.sessionStatuses) { sessions.statuses(it.directory) }
    on(Operations.sessionMessages) { sessions.messages(it.directory, it.sessionId, it.limit, it.place) }
    on(Operations.sessionPrompt) { sessions.prompt(it.directory, it.sessionId, it.prompt) }
    on(Operations.sessionAbort) { sessions.abort(it.directory, it.sessionId) }
    on(Operations.sessionTodos) { sessions.todos(it.directory, it.sessionId) }

    on(Operations.permissionPending) { backend.permissions.pending(it.directory) }
    on(Operations.permissionReply) {
        backend.permissions.reply(it.directory, it.requestId, it.reply, it.message)
    }

    on(Operations.permissionRemember) { backend.permissions.remember(it.directory, it.requestId, it.allow, it.deny) }

    on(Operations.questionPending) { backend.questions.pending(it.directory) }
    on(Operations.questionReply) { backend.questions.reply(it.directory, it.requestId, it.answers) }
    on(Operations.questionReject) { backend.questions.reject(it.directory, it.requestId) }

    TranscriptOperations.serve(this, backend.transcripts)

    on(Operations.modelList) { backend.models.list(it.directory) }
    on(Operations.agentList) { backend.agents.list(it.directory) }

    serve(backend.composer)

    on(Operations.vcsCommitMessage) { args, _ ->
        flow { emit(backend.vcs.commitMessage(args.directory, args.rejected)) }
    }

    settings(backend)
}
