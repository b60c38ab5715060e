/** Wire shapes of messages and parts (contract: types, sections Messages, Parts and Tool state machine). */

import type { MessageError } from "./errors.ts"

export interface ModelRef {
  providerID: string
  modelID: string
  variant?: string
}

/** Token counts of one step, message or session. `input` excludes cache reads, `output` excludes reasoning. */
export interface Tokens {
  total?: number
  input: number
  output: number
  reasoning: number
  cache: { read: number; write: number }
}

export interface FileDiff {
  file?: string
  patch?: string
  before?: string
  after?: string
  additions: number
  deletions: number
  status?: "added" | "deleted" | "modified"
}

export type OutputFormat =
  | { type: "text" }
  | { type: "json_schema"; schema: Record<string, unknown>; retryCount?: number }

export interface EditorContext {
  directory?: string
  worktree?: string
  visibleFiles?: string[]
  openTabs?: string[]
  activeFile?: string
  shell?: string
}

export interface UserMessage {
  id: string
  sessionID: string
  role: "user"
  time: { created: number }
  format?: OutputFormat
  summary?: { title?: string; body?: string; diffs: FileDiff[] }
  agent: string
  model: ModelRef
  system?: string
  tools?: Record<string, boolean>
  editorContext?: EditorContext
}

export interface AssistantMessage {
  id: string
  sessionID: string
  role: "assistant"
  time: { created: number; completed?: number }
  error?: MessageError
  parentID: string
  modelID: string
  providerID: string
  mode: string
  agent: string
  path: { cwd: string; root: string }
  summary?: boolean
  cost: number
  tokens: Tokens
  structured?: unknown
  variant?: string
  finish?: string
}

export type Message = UserMessage | AssistantMessage

interface PartBase {
  id: string
  sessionID: string
  messageID: string
}

export interface TextPart extends PartBase {
  type: "text"
  text: string
  /** Made by the server, not typed by the user. */
  synthetic?: boolean
  /** Shown but never sent to the model. */
  ignored?: boolean
  time?: { start: number; end?: number }
  metadata?: Record<string, unknown>
}

export interface ReasoningPart extends PartBase {
  type: "reasoning"
  text: string
  metadata?: Record<string, unknown>
  time: { start: number; end?: number }
}

export interface FilePartSourceText {
  value: string
  start: number
  end: number
}
export interface Range {
  start: { line: number; character: number }
  end: { line: number; character: number }
}
export type FilePartSource =
  | { type: "file"; text: FilePartSourceText; path: string }
  | { type: "symbol"; text: FilePartSourceText; path: string; range: Range; name: string; kind: number }
  | { type: "resource"; text: FilePartSourceText; clientName: string; uri: string }

export interface FilePart extends PartBase {
  type: "file"
  mime: string
  filename?: string
  url: string
  source?: FilePartSource
}

export type ToolState =
  | { status: "pending"; input: Record<string, unknown>; raw: string }
  | {
      status: "running"
      input: Record<string, unknown>
      title?: string
      metadata?: Record<string, unknown>
      time: { start: number }
    }
  | {
      status: "completed"
      input: Record<string, unknown>
      output: string
      title: string
      metadata: Record<string, unknown>
      time: { start: number; end: number; compacted?: number }
      attachments?: FilePart[]
    }
  | {
      status: "error"
      input: Record<string, unknown>
      error: string
      metadata?: Record<string, unknown>
      time: { start: number; end: number }
    }

export interface ToolPart extends PartBase {
  type: "tool"
  callID: string
  tool: string
  state: ToolState
  metadata?: Record<string, unknown>
}

export interface StepStartPart extends PartBase {
  type: "step-start"
  snapshot?: string
}

export interface StepFinishPart extends PartBase {
  type: "step-finish"
  reason: string
  snapshot?: string
  metrics?: { prompt?: number; generation?: number; source: "provider" | "computed" }
  time?: { start: number; end: number; elapsed: number }
  cost: number
  tokens: Tokens
}

export interface SnapshotPart extends PartBase {
  type: "snapshot"
  snapshot: string
}

/** `files` are absolute; `hash` is the snapshot before the step. */
export interface PatchPart extends PartBase {
  type: "patch"
  hash: string
  files: string[]
}

export interface AgentPart extends PartBase {
  type: "agent"
  name: string
  source?: { value: string; start: number; end: number }
}

export interface RetryPart extends PartBase {
  type: "retry"
  attempt: number
  error: MessageError
  time: { created: number }
}

export interface CompactionPart extends PartBase {
  type: "compaction"
  auto: boolean
  overflow?: boolean
  tail_start_id?: string
}

export interface SubtaskPart extends PartBase {
  type: "subtask"
  prompt: string
  description: string
  agent: string
  model?: { providerID: string; modelID: string }
  variant?: string
  command?: string
}

export type Part =
  | TextPart
  | ReasoningPart
  | FilePart
  | ToolPart
  | StepStartPart
  | StepFinishPart
  | SnapshotPart
  | PatchPart
  | AgentPart
  | RetryPart
  | CompactionPart
  | SubtaskPart

/** A part as a client sends it: the server adds session and message, and the id where it is missing. */
export type PartInput = {
  [T in "text" | "file" | "agent" | "subtask"]: Omit<Extract<Part, { type: T }>, "id" | "sessionID" | "messageID"> & {
    id?: string
  }
}["text" | "file" | "agent" | "subtask"]

export interface MessageWithParts {
  info: Message
  parts: Part[]
}

export interface PromptInput {
  messageID?: string
  model?: { providerID: string; modelID: string }
  agent?: string
  noReply?: boolean
  tools?: Record<string, boolean>
  format?: OutputFormat
  system?: string
  variant?: string
  snapshotInitialization?: "wait"
  editorContext?: EditorContext
  parts: PartInput[]
}
