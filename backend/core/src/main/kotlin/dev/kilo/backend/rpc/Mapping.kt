package dev.kilo.backend.rpc

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageError
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.Tokens
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.model.Model
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionOption
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.Session
import dev.kilo.shared.session.SessionMatch
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.Todo
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import dev.kilo.client.model.Message as WireMessage
import dev.kilo.client.model.MessageError as WireError
import dev.kilo.client.model.MessageWithParts as WireMessageWithParts
import dev.kilo.client.model.Model as WireModel
import dev.kilo.client.model.Part as WirePart
import dev.kilo.client.model.PermissionRequest as WirePermission
import dev.kilo.client.model.Provider as WireProvider
import dev.kilo.client.model.QuestionInfo as WireQuestion
import dev.kilo.client.model.QuestionRequest as WireQuestions
import dev.kilo.client.model.Session as WireSession
import dev.kilo.client.model.SessionMatch as WireMatch
import dev.kilo.client.model.SessionStatus as WireStatus
import dev.kilo.client.model.Todo as WireTodo
import dev.kilo.client.model.Tokens as WireTokens
import dev.kilo.client.model.ToolState as WireToolState

private fun Map<String, JsonElement?>?.toJson(): JsonObject =
    JsonObject(this.orEmpty().mapValues { (_, value) -> value ?: JsonNull })

internal fun WireTokens.toTokens(): Tokens = Tokens(input, output, reasoning, cache.read, cache.write)

internal fun WireSession.toSession(): Session = Session(
    id = id,
    directory = directory,
    title = title,
    parentId = parentID,
    agent = agent,
    model = model?.let { ModelRef(it.providerID, it.id) },
    variant = model?.variant?.takeIf { it != "default" },
    created = time.created,
    updated = time.updated,
    archived = time.archived,
    cost = cost ?: 0.0,
    tokens = tokens?.toTokens() ?: Tokens(),
    additions = summary?.additions?.toInt() ?: 0,
    deletions = summary?.deletions?.toInt() ?: 0,
    files = summary?.files?.toInt() ?: 0,
    revert = revert?.toRevert(),
)

internal fun WireMatch.toMatch(): SessionMatch = SessionMatch(
    sessionId = sessionID,
    title = title,
    messageId = messageID,
    partId = partID,
    role = role.value,
    type = type,
    time = time,
    excerpt = excerpt,
    start = start.toInt(),
    end = end.toInt(),
)

internal fun WireStatus.toStatus(): SessionStatus = when (this) {
    is WireStatus.BusyWrapper -> SessionStatus.Busy
    is WireStatus.IdleWrapper -> SessionStatus.Idle
    is WireStatus.RetryWrapper -> SessionStatus.Retry(value.attempt.toInt(), value.message, value.next)
}

internal fun WireMessage.toMessage(): Message = when (this) {
    is WireMessage.UserWrapper ->
        Message.User(
            id = value.id,
            sessionId = value.sessionID,
            created = value.time.created,
            agent = value.agent,
            providerId = value.model.providerID,
            modelId = value.model.modelID,
            variant = value.model.variant,
            changes = value.summary?.diffs?.toChangedFiles().orEmpty(),
        )

    is WireMessage.AssistantWrapper ->
        Message.Assistant(
            id = value.id,
            sessionId = value.sessionID,
            created = value.time.created,
            agent = value.agent,
            parentId = value.parentID,
            providerId = value.providerID,
            modelId = value.modelID,
            completed = value.time.completed,
            error = value.error?.toError(),
            cost = value.cost,
            tokens = value.tokens.toTokens(),
            finish = value.finish,
            summary = value.summary == true,
        )
}

internal fun WireError.toError(): MessageError = when (this) {
    is WireError.ApierrorWrapper ->
        MessageError(
            name = "APIError",
            message = value.data.message,
            statusCode = value.data.statusCode?.toInt(),
            retryable = value.data.isRetryable,
        )

    is WireError.ContentfiltererrorWrapper -> MessageError("ContentFilterError", value.data.message)

    is WireError.ContextoverflowerrorWrapper -> MessageError("ContextOverflowError", value.data.message)

    is WireError.MessageabortederrorWrapper -> MessageError("MessageAbortedError", value.data.message)

    is WireError.MessageoutputlengtherrorWrapper ->
        MessageError("MessageOutputLengthError", "The answer was cut off at the model's output limit.")

    is WireError.ProviderautherrorWrapper -> MessageError("ProviderAuthError", value.data.message)

    is WireError.StructuredoutputerrorWrapper -> MessageError("StructuredOutputError", value.data.message)

    is WireError.UnknownerrorWrapper -> MessageError("UnknownError", value.data.message)
}

internal fun WireMessageWithParts.toMessageWithParts(): MessageWithParts =
    MessageWithParts(info.toMessage(), parts.map { it.toPart() })

internal fun WirePart.toPart(): Part = when (this) {
    is WirePart.TextWrapper ->
        Part.Text(value.id, value.sessionID, value.messageID, value.text, value.synthetic == true, value.time?.end)

    is WirePart.ReasoningWrapper ->
        Part.Reasoning(value.id, value.sessionID, value.messageID, value.text, value.time.start, value.time.end)

    is WirePart.ToolWrapper ->
        Part.Tool(value.id, value.sessionID, value.messageID, value.callID, value.tool, value.state.toToolState())

    is WirePart.FileWrapper ->
        Part.File(value.id, value.sessionID, value.messageID, value.mime, value.filename, value.url)

    is WirePart.StepFinishWrapper ->
        Part.StepFinish(
            value.id,
            value.sessionID,
            value.messageID,
            value.reason,
            value.cost,
            value.tokens.toTokens(),
        )

    is WirePart.AgentWrapper -> other(value.id, value.sessionID, value.messageID, "agent")

    is WirePart.CompactionWrapper -> other(value.id, value.sessionID, value.messageID, "compaction")

    is WirePart.PatchWrapper -> other(value.id, value.sessionID, value.messageID, "patch")

    is WirePart.RetryWrapper -> other(value.id, value.sessionID, value.messageID, "retry")

    is WirePart.SnapshotWrapper -> other(value.id, value.sessionID, value.messageID, "snapshot")

    is WirePart.StepStartWrapper -> other(value.id, value.sessionID, value.messageID, "step-start")

    is WirePart.SubtaskWrapper -> other(value.id, value.sessionID, value.messageID, "subtask")
}

private fun other(id: String, session: String, message: String, type: String) = Part.Other(id, session, message, type)

private fun WireToolState.toToolState(): ToolState = when (this) {
    is WireToolState.PendingWrapper -> ToolState.Pending(value.input.toJson())

    is WireToolState.RunningWrapper ->
        ToolState.Running(value.input.toJson(), value.title, value.metadata.toJson(), value.time.start)

    is WireToolState.CompletedWrapper ->
        ToolState.Completed(
            input = value.input.toJson(),
            title = value.title,
            output = value.output,
            metadata = value.metadata.toJson(),
            started = value.time.start,
            ended = value.time.end,
            attachments = value.attachments.orEmpty().map {
                Part.File(it.id, it.sessionID, it.messageID, it.mime, it.filename, it.url)
            },
        )

    is WireToolState.ErrorWrapper ->
        ToolState.Failed(
            input = value.input.toJson(),
            error = value.error,
            metadata = value.metadata.toJson(),
            started = value.time.start,
            ended = value.time.end,
        )
}

internal fun WireTodo.toTodo(): Todo = Todo(content, status, priority)

internal fun WirePermission.toRequest(): PermissionRequest = PermissionRequest(
    id = id,
    sessionId = sessionID,
    permission = permission,
    patterns = patterns,
    always = always,
    metadata = metadata.toJson(),
    messageId = tool?.messageID,
    callId = tool?.callID,
)

internal fun WireQuestions.toRequest(): QuestionRequest = QuestionRequest(
    id = id,
    sessionId = sessionID,
    questions = questions.map { it.toQuestion() },
    messageId = tool?.messageID,
    callId = tool?.callID,
)

private fun WireQuestion.toQuestion(): Question = Question(
    text = question,
    header = header,
    options = options.map { QuestionOption(it.label, it.description) },
    multiple = multiple == true,
    custom = custom != false,
)

internal fun WireModel.toModel(provider: WireProvider): Model = Model(
    ref = ModelRef(provider.id, id),
    name = name,
    providerName = provider.name,
    contextLimit = limit.context,
    reasoning = capabilities.reasoning,
    attachment = capabilities.attachment,
    inputCost = cost.input,
    outputCost = cost.output,
    cacheCost = cost.cache.read,
    images = capabilities.input.image,
    pdf = capabilities.input.pdf,
    outputLimit = limit.output,
    variants = variants?.keys?.toList().orEmpty(),
    free = isFree == true,
    status = status.value.takeIf { it != "active" },
)
