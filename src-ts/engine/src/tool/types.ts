import type { z } from "zod"
import type { Agent } from "../agent/types.ts"
import type { FilePart } from "../message/types.ts"
import type { QuestionInfo } from "../question/types.ts"
import type { Todo } from "../session/types.ts"

/** What a tool may ask the user for; the permission service adds ids and decides by the rules in force. */
export interface ToolAsk {
  permission: string
  patterns: string[]
  always: string[]
  metadata: Record<string, unknown>
}

/** What a tool call is given. Tools touch the world only through this and through their own subject's modules. */
export interface ToolContext {
  sessionID: string
  messageID: string
  callID: string
  agent: Agent
  directory: string
  worktree: string
  /** Fires when the user aborts the turn: stop at once, kill children, and throw or return what there is. */
  abort: AbortSignal
  /** Shows progress in the running tool part. Merged shallowly into what was set before. */
  update(progress: { title?: string; metadata?: Record<string, unknown> }): void
  /** Resolves when allowed; throws PermissionRejectedError or PermissionDeniedError otherwise. */
  ask(request: ToolAsk): Promise<void>
  /** Answers of the user, one list for each question. Throws QuestionDismissedError, or the abort reason. */
  question(questions: QuestionInfo[]): Promise<string[][]>
  /** Books what the tool's own model calls cost, in USD, on the message that called it. */
  charge(cost: number): void
  /** Added to the environment of commands; nothing when missing. */
  environment?(): Promise<Record<string, string>>
  todos: { get(): Todo[]; set(todos: Todo[]): void }
  /** Publishes file.edited and file.watcher.updated. `file` is absolute. */
  edited(file: string, event: "add" | "change" | "unlink"): void
}

export interface ToolResult {
  title: string
  /** What the model sees. Bounded by the tool itself; what was cut is reachable. */
  output: string
  metadata: Record<string, unknown>
  /** The model is not asked again after this step: the user wants to go on by himself. */
  endsTurn?: boolean
  attachments?: Omit<FilePart, "id" | "sessionID" | "messageID">[]
}

/** The model that a turn asks, as far as tools care. */
export interface ToolModel {
  providerID: string
  id: string
}

/** A tool that a model can call. `parameters` both validates the arguments and gives the JSON schema for the model. */
export interface Tool<Input = Record<string, unknown>> {
  id: string
  /** In our own words, for the model: what it does, when to use it, what comes back. */
  description: string
  parameters: z.ZodType<Input>
  /**
   * The description for an agent, where it depends on what that agent may do; undefined when the tool is of no use to it
   * and is not offered.
   */
  describe?(agent: Agent): string | undefined
  /** Whether this model is offered the tool, unless the prompt asks for it by name. Missing: every model is. */
  suits?(model: ToolModel): boolean
  execute(input: Input, context: ToolContext): Promise<ToolResult>
}

/** A place in a file that an index found. */
export interface CodeHit {
  /** Relative to the project, with forward slashes. */
  file: string
  startLine: number
  endLine: number
  text: string
  /** The higher the nearer to the query. */
  score: number
}

/** An index of a directory's code by meaning. Whoever builds one hands it to the engine; there is none by default. */
export interface CodeIndex {
  /** Whether it can answer now; the model is offered the tool only then. */
  ready(): boolean
  /** The nearest places, best first. `path` limits them to files below it, relative to the project. */
  search(query: string, options: { limit: number; path?: string; signal: AbortSignal }): Promise<CodeHit[]>
}
