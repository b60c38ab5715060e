import { booleanMap, idOf, int64, record, stringMap, z } from "./base.ts"

/** Messages and parts (contract: types, Messages, Parts, Tool state machine). */

function messageError<N extends string, D extends z.ZodType>(name: N, data: D) {
  return z.object({ name: z.literal(name), data }).openapi(name)
}

export const MessageError = z
  .discriminatedUnion("name", [
    messageError(
      "ProviderAuthError",
      z.object({ providerID: z.string(), message: z.string() }).openapi("ProviderAuthErrorData"),
    ),
    messageError(
      "UnknownError",
      z.object({ message: z.string(), ref: z.string().optional() }).openapi("UnknownErrorData"),
    ),
    messageError(
      "MessageOutputLengthError",
      z.record(z.string(), z.never()).openapi({ type: "object", additionalProperties: {} }),
    ),
    messageError("MessageAbortedError", z.object({ message: z.string() }).openapi("MessageAbortedErrorData")),
    messageError(
      "StructuredOutputError",
      z.object({ message: z.string(), retries: int64 }).openapi("StructuredOutputErrorData"),
    ),
    messageError(
      "ContextOverflowError",
      z.object({ message: z.string(), responseBody: z.string().optional() }).openapi("ContextOverflowErrorData"),
    ),
    messageError("ContentFilterError", z.object({ message: z.string() }).openapi("ContentFilterErrorData")),
    messageError(
      "APIError",
      z
        .object({
          message: z.string(),
          statusCode: int64.optional(),
          isRetryable: z.boolean(),
          responseHeaders: stringMap.optional(),
          responseBody: z.string().optional(),
          metadata: stringMap.optional(),
        })
        .openapi("APIErrorData"),
    ),
  ])
  .openapi("MessageError")

export const ModelRef = z
  .object({ providerID: z.string(), modelID: z.string(), variant: z.string().optional() })
  .openapi("ModelRef")

export const ModelKey = z.object({ providerID: z.string(), modelID: z.string() }).openapi("ModelKey")

export const CacheTokens = z.object({ read: int64, write: int64 }).openapi("CacheTokens")

export const Tokens = z
  .object({ total: int64.optional(), input: int64, output: int64, reasoning: int64, cache: CacheTokens })
  .openapi("Tokens")

export const FileDiff = z
  .object({
    file: z.string().optional(),
    patch: z.string().optional(),
    before: z.string().optional(),
    after: z.string().optional(),
    additions: int64,
    deletions: int64,
    status: z.enum(["added", "deleted", "modified"]).optional(),
  })
  .openapi("SnapshotFileDiff")

export const OutputFormat = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("text") }).openapi("OutputFormatText"),
    z
      .object({ type: z.literal("json_schema"), schema: record, retryCount: int64.optional() })
      .openapi("OutputFormatJsonSchema"),
  ])
  .openapi("OutputFormat")

export const EditorContext = z
  .object({
    directory: z.string().optional(),
    worktree: z.string().optional(),
    visibleFiles: z.array(z.string()).optional(),
    openTabs: z.array(z.string()).optional(),
    activeFile: z.string().optional(),
    shell: z.string().optional(),
  })
  .openapi("EditorContext")

export const UserMessage = z
  .object({
    id: z.string(),
    sessionID: z.string(),
    role: z.literal("user"),
    time: z.object({ created: int64 }).openapi("UserMessageTime"),
    format: OutputFormat.optional(),
    summary: z
      .object({ title: z.string().optional(), body: z.string().optional(), diffs: z.array(FileDiff) })
      .openapi("UserMessageSummary")
      .optional(),
    agent: z.string(),
    model: ModelRef,
    system: z.string().optional(),
    tools: booleanMap.optional(),
    editorContext: EditorContext.optional(),
  })
  .openapi("UserMessage")

export const AssistantMessage = z
  .object({
    id: z.string(),
    sessionID: z.string(),
    role: z.literal("assistant"),
    time: z.object({ created: int64, completed: int64.optional() }).openapi("AssistantMessageTime"),
    error: MessageError.optional(),
    parentID: z.string(),
    modelID: z.string(),
    providerID: z.string(),
    mode: z.string(),
    agent: z.string(),
    path: z.object({ cwd: z.string(), root: z.string() }).openapi("AssistantMessagePath"),
    summary: z.boolean().optional(),
    cost: z.number(),
    tokens: Tokens,
    structured: z.unknown().optional(),
    variant: z.string().optional(),
    finish: z.string().optional(),
  })
  .openapi("AssistantMessage")

export const Message = z.discriminatedUnion("role", [UserMessage, AssistantMessage]).openapi("Message")

const ids = { id: z.string(), sessionID: z.string(), messageID: z.string() }
const inputId = { id: idOf("prt").optional() }

const OpenTime = z.object({ start: int64, end: int64.optional() }).openapi("OpenTime")
const ClosedTime = z.object({ start: int64, end: int64 }).openapi("ClosedTime")
const StartTime = z.object({ start: int64 }).openapi("StartTime")

const SourceText = z.object({ value: z.string(), start: int64, end: int64 }).openapi("FilePartSourceText")
const Position = z.object({ line: int64, character: int64 }).openapi("Position")
export const Range = z.object({ start: Position, end: Position }).openapi("Range")

export const FilePartSource = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("file"), text: SourceText, path: z.string() }).openapi("FileSource"),
    z
      .object({
        type: z.literal("symbol"),
        text: SourceText,
        path: z.string(),
        range: Range,
        name: z.string(),
        kind: int64,
      })
      .openapi("SymbolSource"),
    z
      .object({ type: z.literal("resource"), text: SourceText, clientName: z.string(), uri: z.string() })
      .openapi("ResourceSource"),
  ])
  .openapi("FilePartSource")

const text = {
  type: z.literal("text"),
  text: z.string(),
  synthetic: z.boolean().optional(),
  ignored: z.boolean().optional(),
  time: OpenTime.optional(),
  metadata: record.optional(),
}
const file = {
  type: z.literal("file"),
  mime: z.string(),
  filename: z.string().optional(),
  url: z.string(),
  source: FilePartSource.optional(),
}
const agent = { type: z.literal("agent"), name: z.string(), source: SourceText.optional() }
const subtask = {
  type: z.literal("subtask"),
  prompt: z.string(),
  description: z.string(),
  agent: z.string(),
  model: ModelKey.optional(),
  variant: z.string().optional(),
  command: z.string().optional(),
}

export const FilePart = z.object({ ...ids, ...file }).openapi("FilePart")

export const ToolState = z
  .discriminatedUnion("status", [
    z.object({ status: z.literal("pending"), input: record, raw: z.string() }).openapi("ToolStatePending"),
    z
      .object({
        status: z.literal("running"),
        input: record,
        title: z.string().optional(),
        metadata: record.optional(),
        time: StartTime,
      })
      .openapi("ToolStateRunning"),
    z
      .object({
        status: z.literal("completed"),
        input: record,
        output: z.string(),
        title: z.string(),
        metadata: record,
        time: z.object({ start: int64, end: int64, compacted: int64.optional() }).openapi("ToolStateCompletedTime"),
        attachments: z.array(FilePart).optional(),
      })
      .openapi("ToolStateCompleted"),
    z
      .object({
        status: z.literal("error"),
        input: record,
        error: z.string(),
        metadata: record.optional(),
        time: ClosedTime,
      })
      .openapi("ToolStateError"),
  ])
  .openapi("ToolState")

export const Part = z
  .discriminatedUnion("type", [
    z.object({ ...ids, ...text }).openapi("TextPart"),
    z
      .object({
        ...ids,
        type: z.literal("reasoning"),
        text: z.string(),
        metadata: record.optional(),
        time: OpenTime,
      })
      .openapi("ReasoningPart"),
    FilePart,
    z
      .object({
        ...ids,
        type: z.literal("tool"),
        callID: z.string(),
        tool: z.string(),
        state: ToolState,
        metadata: record.optional(),
      })
      .openapi("ToolPart"),
    z.object({ ...ids, type: z.literal("step-start"), snapshot: z.string().optional() }).openapi("StepStartPart"),
    z
      .object({
        ...ids,
        type: z.literal("step-finish"),
        reason: z.string(),
        snapshot: z.string().optional(),
        metrics: z
          .object({
            prompt: z.number().optional(),
            generation: z.number().optional(),
            source: z.enum(["provider", "computed"]),
          })
          .openapi("StepMetrics")
          .optional(),
        time: z.object({ start: int64, end: int64, elapsed: int64 }).openapi("StepTime").optional(),
        cost: z.number(),
        tokens: Tokens,
      })
      .openapi("StepFinishPart"),
    z.object({ ...ids, type: z.literal("snapshot"), snapshot: z.string() }).openapi("SnapshotPart"),
    z
      .object({ ...ids, type: z.literal("patch"), hash: z.string(), files: z.array(z.string()) })
      .openapi("PatchPart", { description: "`files` are absolute; `hash` is the snapshot before the step." }),
    z.object({ ...ids, ...agent }).openapi("AgentPart"),
    z
      .object({
        ...ids,
        type: z.literal("retry"),
        attempt: int64,
        error: MessageError,
        time: z.object({ created: int64 }).openapi("RetryPartTime"),
      })
      .openapi("RetryPart"),
    z
      .object({
        ...ids,
        type: z.literal("compaction"),
        auto: z.boolean(),
        overflow: z.boolean().optional(),
        tail_start_id: z.string().optional(),
      })
      .openapi("CompactionPart"),
    z.object({ ...ids, ...subtask }).openapi("SubtaskPart"),
  ])
  .openapi("Part")

export const FilePartInput = z.object({ ...inputId, ...file }).openapi("FilePartInput")

export const PartInput = z
  .discriminatedUnion("type", [
    z.object({ ...inputId, ...text }).openapi("TextPartInput"),
    FilePartInput,
    z.object({ ...inputId, ...agent }).openapi("AgentPartInput"),
    z.object({ ...inputId, ...subtask }).openapi("SubtaskPartInput"),
  ])
  .openapi("PartInput")

export const MessageWithParts = z.object({ info: Message, parts: z.array(Part) }).openapi("MessageWithParts")

export const PromptInput = z
  .object({
    messageID: idOf("msg").optional(),
    model: ModelKey.optional(),
    agent: z.string().optional(),
    noReply: z.boolean().optional(),
    tools: booleanMap.optional(),
    format: OutputFormat.optional(),
    system: z.string().optional(),
    variant: z.string().optional(),
    snapshotInitialization: z.literal("wait").optional(),
    editorContext: EditorContext.optional(),
    parts: z.array(PartInput),
  })
  .openapi("PromptInput", {
    description: "The same `messageID` again is recognised and changes nothing, so a request may be sent twice.",
  })
