/** Wire shapes of sessions (contract: types, Session). Times are epoch milliseconds. */
import type { FileDiff, MessageWithParts, ModelRef, PartInput, PromptInput, Tokens } from "../message/types.ts"
import type { PermissionRuleset } from "../permission/types.ts"

export interface SessionModel {
  id: string
  providerID: string
  variant?: string
}

export interface Session {
  id: string
  slug: string
  projectID: string
  directory: string
  path?: string
  parentID?: string
  summary?: { additions: number; deletions: number; files: number; diffs?: FileDiff[] }
  cost?: number
  tokens?: Tokens
  share?: { url: string }
  title: string
  agent?: string
  model?: SessionModel
  version: string
  metadata?: Record<string, unknown>
  time: { created: number; updated: number; compacting?: number; archived?: number }
  permission?: PermissionRuleset
  revert?: {
    messageID: string
    partID?: string
    snapshot?: string
    diff?: string
    workspace?: "restored" | "snapshots-disabled" | "unavailable" | "not-a-git-repo"
    /** Files that could not be brought back, each with the reason. */
    left?: { file: string; reason: string }[]
  }
}

export type SessionStatus =
  | { type: "idle" }
  | { type: "busy" }
  | { type: "retry"; attempt: number; message: string; next: number }

export interface Todo {
  content: string
  status: string
  priority: string
}

export interface SessionCreateInput {
  parentID?: string
  title?: string
  agent?: string
  model?: SessionModel
  metadata?: Record<string, unknown>
  permission?: PermissionRuleset
}

/** A slash command to run; `model` is "provider/model" (contract: core, session.command). */
export interface CommandInput {
  messageID?: string
  agent?: string
  model?: string
  variant?: string
  command: string
  arguments: string
  snapshotInitialization?: "wait"
  parts?: Extract<PartInput, { type: "file" }>[]
}

/** A prompt, or with `command` a slash command, that is to be sent when the session has nothing else to do. */
export interface OutboxInput {
  prompt: PromptInput
  /** Name of a slash command; of the prompt then only mode, model, variant and files count. */
  command?: string
  arguments?: string
}

export interface OutboxEntry extends OutboxInput {
  id: string
  sessionID: string
  time: { created: number }
}

/** A command of the user's for the shell (contract: core, session.shell). */
export interface ShellInput {
  messageID?: string
  agent: string
  model?: ModelRef
  command: string
}

export interface SessionUpdateInput {
  title?: string
  metadata?: Record<string, unknown>
  /** Appended to the rules that the session already has; the last match wins. */
  permission?: PermissionRuleset
  time?: { archived?: number | null }
}

export interface SessionListInput {
  scope?: "project"
  path?: string
  roots?: boolean
  start?: number
  search?: string
  limit?: number
}

/** One file of the session's changes, a piece of it, or all of them. */
export interface SessionChangeInput {
  /** As in the session's list of changes: relative to the repository. All files when missing. */
  file?: string
  /** Header of one hunk of the patch, such as "@@ -1,3 +1,4 @@"; the whole file when missing. */
  hunk?: string
  /** Only what this tool call changed; `hunk` then is one of its patch. */
  partID?: string
  /** The patch that the user saw; refused when it is not the present one. */
  patch?: string
}

/** Something that the user kept or undid and can take back. */
export interface SettledChange {
  kind: "keep" | "undo"
  /** Relative to the repository. */
  files: string[]
  /** Epoch milliseconds. */
  time: number
}

/** What fills the context of a session's next request, in estimated tokens (own addition). */
export interface ContextShares {
  /** Tokens of the whole. */
  used: number
  /** What the model takes, and how much of that is kept free for its answer; missing where the model does not say. */
  limit?: number
  reserved?: number
  system: number
  tools: number
  summary: number
  prompts: number
  answers: number
  outputs: number
  files: number
}

/** What going back to a point would do. */
export interface RevertPreview {
  /** Messages that would be hidden, and how many of them are the user's. */
  messages: number
  prompts: number
  /** What would be undone in the files, against how they are now: additions are lines that would go. Without patches. */
  files: FileDiff[]
  /** Those of the files that somebody else changed after the session's last step. */
  edited: string[]
  /** What would happen to the files, as in `Session.revert.workspace`. */
  workspace: NonNullable<NonNullable<Session["revert"]>["workspace"]>
}

/** A session as a file: itself, its messages and to-dos. */
export interface SessionRecord {
  info: Session
  messages: MessageWithParts[]
  todos?: Todo[]
}

/** What `export` writes: JSON with this format and version; sub-agents' sessions are children. */
export interface SessionExport extends SessionRecord {
  format: string
  version: number
  children?: SessionRecord[]
}

/** Which model condenses the session; `auto` marks it as not asked for by a person. */
export interface SummarizeInput {
  providerID: string
  modelID: string
  auto?: boolean
}

/** What was taken over from files of earlier versions. */
export interface LegacyReport {
  /** Sessions taken over by this process. */
  sessions: number
  /** Files that could not be read. */
  warnings: { path: string; message: string }[]
}

export interface SessionFindInput {
  query: string
  /** Only in this session. */
  sessionID?: string
  /** In the whole project instead of the directory. */
  scope?: "project"
  limit?: number
}

/** A place where the words were found; `start` and `end` mark them in the excerpt. */
export interface SessionMatch {
  sessionID: string
  title: string
  messageID: string
  partID: string
  role: "user" | "assistant"
  /** Type of the part. */
  type: string
  time: number
  excerpt: string
  start: number
  end: number
  /** How often the words stand in the part. */
  count: number
}

export interface SessionFindResult {
  matches: SessionMatch[]
  /** False when there may be more: the limit was reached, or the time for it was over. */
  complete: boolean
}

/** A session with its project, for lists across projects. */
export type GlobalSession = Session & {
  project?: { id: string; name?: string; worktree: string }
  worktreeName?: string
}

export interface GlobalSessionListInput {
  projectID?: string
  /** Only of this directory. */
  directory?: string
  roots?: boolean
  start?: number
  /** Only sessions updated before. */
  cursor?: number
  search?: string
  limit?: number
  archived?: boolean
}

export type { Spent, SpentSum } from "./spent.ts"
