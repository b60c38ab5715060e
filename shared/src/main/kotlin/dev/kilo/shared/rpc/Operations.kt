package dev.kilo.shared.rpc

import dev.kilo.shared.agent.Agent
import dev.kilo.shared.app.CliState
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.model.ModelList
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Place
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatches
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.Workspace
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.MapSerializer
import kotlinx.serialization.builtins.serializer

@Serializable
internal data class InDirectory(val directory: String)

@Serializable
internal data class InSession(val directory: String, val sessionId: String)

@Serializable
internal data class ListSessions(
    val directory: String,
    val search: String? = null,
    val limit: Int,
    val archived: Boolean = false,
)

@Serializable
internal data class FindInSessions(
    val directory: String,
    val query: String,
    val sessionId: String? = null,
    val limit: Int,
)

@Serializable
internal data class ArchiveSession(val directory: String, val sessionId: String, val archived: Boolean)

@Serializable
internal data class ForkSession(val directory: String, val sessionId: String, val messageId: String? = null)

@Serializable
internal data class CreateSession(val directory: String, val title: String? = null)

@Serializable
internal data class RenameSession(val directory: String, val sessionId: String, val title: String)

@Serializable
internal data class ReadMessages(
    val directory: String,
    val sessionId: String,
    val limit: Int,
    val place: Place? = null,
)

@Serializable
internal data class SendPrompt(val directory: String, val sessionId: String, val prompt: Prompt)

@Serializable
internal data class ReplyPermission(
    val directory: String,
    val requestId: String,
    val reply: PermissionReply,
    val message: String? = null,
)

@Serializable
internal data class RememberPatterns(
    val directory: String,
    val requestId: String,
    val allow: List<String>,
    val deny: List<String>,
)

@Serializable
internal data class ReplyQuestion(val directory: String, val requestId: String, val answers: List<List<String>>)

@Serializable
internal data class RejectQuestion(val directory: String, val requestId: String)

@Serializable
internal data class WriteCommitMessage(val directory: String, val rejected: String? = null)

/** Every operation of the product. To add one: declare it here, call it in [RpcBackend], serve it in [serviceHandlers]. */
internal object Operations {
    val appState = Stream("app.state", Unit.serializer(), CliState.serializer())
    val appRestart = Command("app.restart", Unit.serializer(), Unit.serializer())

    val workspaceOpen = Query("workspace.open", InDirectory.serializer(), Workspace.serializer())
    val workspaceEvents =
        Stream("workspace.events", InDirectory.serializer(), SequencedEvent.serializer()) { Position(it.epoch, it.seq) }

    val sessionList = Query("session.list", ListSessions.serializer(), ListSerializer(Session.serializer()))
    val sessionGet = Query("session.get", InSession.serializer(), Session.serializer())
    val sessionCreate = Command("session.create", CreateSession.serializer(), Session.serializer())
    val sessionRename = Command("session.rename", RenameSession.serializer(), Session.serializer())
    val sessionDelete = Command("session.delete", InSession.serializer(), Unit.serializer())
    val sessionFind = Query("session.find", FindInSessions.serializer(), SessionMatches.serializer())
    val sessionChildren = Query("session.children", InSession.serializer(), ListSerializer(Session.serializer()))
    val sessionArchive =
        Command("session.archive", ArchiveSession.serializer(), Session.serializer(), repeatable = true)
    val sessionFork = Command("session.fork", ForkSession.serializer(), Session.serializer())
    val sessionStatuses =
        Query(
            "session.statuses",
            InDirectory.serializer(),
            MapSerializer(String.serializer(), SessionStatus.serializer()),
        )
    val sessionMessages = Query("session.messages", ReadMessages.serializer(), MessagePage.serializer())

    /** The message's id is the prompt's identity in the CLI, so sending it again is harmless. */
    val sessionPrompt = Command("session.prompt", SendPrompt.serializer(), Unit.serializer(), repeatable = true)
    val sessionAbort = Command("session.abort", InSession.serializer(), Unit.serializer())
    val sessionTodos = Query("session.todos", InSession.serializer(), ListSerializer(Todo.serializer()))

    val permissionPending =
        Query("permission.pending", InDirectory.serializer(), ListSerializer(PermissionRequest.serializer()))
    val permissionReply = Command("permission.reply", ReplyPermission.serializer(), Unit.serializer())

    val permissionRemember =
        Command("permission.remember", RememberPatterns.serializer(), Unit.serializer(), repeatable = true)

    val questionPending =
        Query("question.pending", InDirectory.serializer(), ListSerializer(QuestionRequest.serializer()))
    val questionReply = Command("question.reply", ReplyQuestion.serializer(), Unit.serializer())
    val questionReject = Command("question.reject", RejectQuestion.serializer(), Unit.serializer())

    val modelList = Query("model.list", InDirectory.serializer(), ModelList.serializer())
    val agentList = Query("agent.list", InDirectory.serializer(), ListSerializer(Agent.serializer()))

    /** A stream of one item: a model's answer may take longer than any call, and who stops listening stops the model. */
    val vcsCommitMessage = Stream("vcs.commit.message", WriteCommitMessage.serializer(), String.serializer())
}
