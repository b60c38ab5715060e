import type { Agent } from "../agent/types.ts"
import { ascending } from "../id/index.ts"
import type { FilePart, ToolPart, ToolState } from "../message/types.ts"
import { markSource, PermissionDeniedError, PermissionRejectedError } from "../permission/index.ts"
import type { PermissionAction, PermissionRequest } from "../permission/types.ts"
import type { Tool, ToolContext, ToolResult } from "../tool/types.ts"
import { type Arguments, fitArguments, meantTool, readArguments } from "./arguments.ts"
import { AbortedError, messageOf } from "./failure.ts"
import { shellEnv } from "./hooks.ts"
import type { LoopGuard } from "./loops.ts"
import type { NestedInstructions } from "./nested.ts"
import { STRUCTURED } from "./request.ts"
import type { Todo } from "./types.ts"
import type { Toolset, Workspace } from "./workspace.ts"

/** How long a tool may take to end by itself after an abort, so that it can say what it did. */
const ABORT_GRACE_MS = 300
/** The same for a command of the user's own: its processes are killed at once, and what they printed is to be seen. */
const DIRECT_GRACE_MS = 5_000
/** Progress of a chatty tool is stored and shown at most this often. */
const PROGRESS_MS = 100

/** Tools that leave the files as they are: no checkpoint is needed around them. */
const READ_ONLY = new Set([
  "read",
  "lsp",
  "list",
  "glob",
  "grep",
  "todoread",
  "todowrite",
  "question",
  "skill",
  "plan_exit",
  "webfetch",
  "websearch",
  "semantic_search",
  STRUCTURED,
])

export interface CallContext {
  workspace: Workspace
  agent: Agent
  toolset: Toolset
  /** Ids of the tools that this turn may use. */
  offered: string[]
  signal: AbortSignal
  /** The checkpoint before the step, taken now if that is still to be done; awaited before a tool may change files. */
  checkpoint: () => Promise<unknown>
  /** Sees the calls of the turn, to find a model that goes round in circles. */
  loops: LoopGuard
  /** Adds what the folders around a file say to what was read. */
  nested?: NestedInstructions
  /** Adds to the message's price what a tool's own model calls cost, in USD. */
  charge(cost: number): void
}

/** One tool call of a step: its part, from pending to completed or error. */
export class Call {
  #part: ToolPart
  readonly #context: CallContext
  #progress: NodeJS.Timeout | undefined
  #raw = ""
  readonly #edited = new Set<string>()
  #called = false
  done: Promise<void> = Promise.resolve()
  /** The user said no without a word, or the tool's result ends the turn: it is over after this step. */
  rejected = false
  started = false

  /** With `direct` the part shows itself only when it runs: nobody writes arguments that could be waited for. */
  constructor(context: CallContext, part: Omit<ToolPart, "type" | "state">, direct = false) {
    this.#context = context
    this.#part = { ...part, type: "tool", state: { status: "pending", input: {}, raw: "" } }
    if (!direct) this.#commit(this.#part.state)
  }

  get tool(): string {
    return this.#part.tool
  }

  /** Whether it ran (or may have run) something that changes files. */
  get mutates(): boolean {
    return this.started && !READ_ONLY.has(this.#part.tool)
  }

  /** What went wrong, once it has ended so. */
  get error(): string | undefined {
    return this.#part.state.status === "error" ? this.#part.state.error : undefined
  }

  get settled(): boolean {
    return this.#part.state.status === "completed" || this.#part.state.status === "error"
  }

  /** Arguments as they stream in; kept for calls that are cut off. */
  input(delta: string) {
    this.#raw += delta
  }

  /** The model's call is complete: runs the tool. `done` resolves when the part is closed and never rejects. */
  start(args: string, metadata: Record<string, unknown> | undefined) {
    // A provider that sends a call twice means it once.
    if (this.#called || this.settled) return
    this.#called = true
    const start = Date.now()
    const input = readArguments(args || this.#raw)
    const tool = meantTool(this.#part.tool, this.#context.offered) ?? this.#part.tool
    this.#part = { ...this.#part, tool, ...(metadata ? { metadata } : {}) }
    this.#commit({ status: "running", input: input.value, time: { start } })
    this.done = this.#settle(this.#execute(input), start, ABORT_GRACE_MS)
  }

  /** Runs what the user wants to have run: no model asked for it, so nothing is checked or asked. */
  direct(input: Record<string, unknown>, run: (context: ToolContext) => Promise<ToolResult>) {
    this.#called = true
    this.started = true
    const start = Date.now()
    this.#commit({ status: "running", input, time: { start } })
    this.done = this.#settle(run({ ...this.#toolContext(), ask: async () => undefined }), start, DIRECT_GRACE_MS)
  }

  /** A result that the provider made by running the tool itself. */
  provided(result: unknown, isError: boolean) {
    const text = typeof result === "string" ? result : JSON.stringify(result)
    const start = this.#start()
    if (isError) {
      this.#commit({ status: "error", input: this.#part.state.input, error: text, time: { start, end: Date.now() } })
      return
    }
    this.#commit({
      status: "completed",
      input: this.#part.state.input,
      output: text,
      title: this.#part.tool,
      metadata: {},
      time: { start, end: Date.now() },
    })
  }

  /** Closes a call that will not get its result any more. */
  interrupt(reason = "Tool execution aborted") {
    if (this.settled) return
    const state = this.#part.state
    const metadata = state.status === "running" ? state.metadata : undefined
    this.#commit({
      status: "error",
      input: state.input,
      error: reason,
      metadata: { ...metadata, interrupted: true },
      time: { start: this.#start(), end: Date.now() },
    })
  }

  async #settle(work: Promise<ToolResult>, start: number, grace: number): Promise<void> {
    const { signal } = this.#context
    try {
      const result = await untilAborted(work, signal, grace)
      if (this.settled) return
      this.rejected = result.endsTurn === true
      this.#complete(result, start)
    } catch (error) {
      // The loser of the race may still fail later; its part is closed already.
      work.catch(() => undefined)
      if (!this.settled) this.#fail(error, start)
    }
  }

  async #execute(input: Arguments): Promise<ToolResult> {
    const { toolset, offered, signal, loops } = this.#context
    const tool = offered.includes(this.#part.tool) ? toolset.tools.get(this.#part.tool) : undefined
    const verdict = loops.note(this.#part.tool, input.problem ?? JSON.stringify(input.value))
    if (!tool) {
      throw new Error(
        `Model tried to call unavailable tool '${this.#part.tool}'. Available tools: ${offered.toSorted().join(", ")}.`,
      )
    }
    if (input.problem) {
      throw new Error(
        `The arguments of ${tool.id} are not valid JSON: ${input.problem} Send them again, and less at once if they were cut off.`,
      )
    }
    const args = fitArguments(tool, input.value)
    this.started = true
    if (verdict === "refuse") {
      throw new Error(
        `${tool.id} was called with the same arguments again and again. It was not run: use what the earlier results say, try something else, or say what is in the way and end.`,
      )
    }
    if (verdict === "ask") {
      await this.#ask({
        permission: "doom_loop",
        patterns: [tool.id],
        always: [tool.id],
        metadata: { tool: tool.id, input: input.value },
      })
    }
    if (this.mutates) await this.#context.checkpoint()
    if (signal.aborted) throw new AbortedError()
    const result = await this.#diagnosed(await this.#hooked(tool, args))
    return this.#context.nested ? this.#context.nested.extend(result) : result
  }

  /** The result with what language servers find in the files that the tool has changed. */
  async #diagnosed(result: ToolResult): Promise<ToolResult> {
    if (this.#edited.size === 0) return result
    const { workspace, signal } = this.#context
    const { text, diagnostics } = await workspace.diagnose([...this.#edited], signal).catch((error: unknown) => {
      workspace.onError(error)
      return { text: "", diagnostics: {} }
    })
    if (text === "") return result
    return { ...result, output: `${result.output}\n\n${text}`, metadata: { ...result.metadata, diagnostics } }
  }

  /** Runs the tool with what plugins make of its arguments and its result; one that throws before forbids the call. */
  async #hooked(tool: Tool, args: Record<string, unknown>): Promise<ToolResult> {
    const plugins = await this.#context.workspace.plugins()
    const input = { tool: tool.id, sessionID: this.#part.sessionID, callID: this.#part.callID }
    const changed = plugins.has("tool.execute.before")
      ? fitArguments(tool, (await plugins.trigger("tool.execute.before", input, { args }, true)).args)
      : args
    const result = await tool.execute(changed, this.#toolContext())
    if (!plugins.has("tool.execute.after")) return result
    const { title, output, metadata } = result
    const after = await plugins.trigger("tool.execute.after", { ...input, args: changed }, { title, output, metadata })
    return { ...result, title: String(after.title), output: String(after.output), metadata: { ...after.metadata } }
  }

  #toolContext(): ToolContext {
    const { workspace, agent, signal } = this.#context
    const { store, scope } = workspace
    const { sessionID, messageID, callID } = this.#part
    return {
      sessionID,
      messageID,
      callID,
      agent,
      directory: workspace.directory,
      worktree: workspace.worktree,
      abort: signal,
      update: (progress) => this.#update(progress, true),
      ask: (request) => this.#ask(request),
      question: (questions) =>
        workspace.questions.ask({ sessionID, questions, tool: { messageID, callID }, abort: signal }),
      charge: (cost) => this.#context.charge(cost),
      environment: async () => shellEnv(await workspace.plugins(), { cwd: workspace.directory, sessionID, callID }),
      todos: {
        get: () => store.todos(sessionID),
        set: (todos: Todo[]) => store.commit(scope, { type: "todos", sessionID, todos: todos.map((t) => ({ ...t })) }),
      },
      edited: (file, event) => {
        if (event !== "unlink") this.#edited.add(file)
        workspace.edits.note(store.rootOf(sessionID), file)
        workspace.bus.publish(scope, "file.edited", { file })
        workspace.bus.publish(scope, "file.watcher.updated", { file, event })
      },
    }
  }

  async #ask(request: Parameters<ToolContext["ask"]>[0]): Promise<void> {
    const { workspace, agent, signal } = this.#context
    const session = workspace.store.get(this.#part.sessionID)
    const plugins = await workspace.plugins()
    const approval = await workspace.permissions.ask({
      ...request,
      ...(plugins.has("permission.ask")
        ? {
            consult: async (asked: PermissionRequest) =>
              (await plugins.trigger("permission.ask", asked, { status: "ask" as PermissionAction })).status,
          }
        : {}),
      sessionID: session.id,
      tool: { messageID: this.#part.messageID, callID: this.#part.callID },
      rules: [...agent.permission, ...markSource(session.permission ?? [], "session")],
      abort: signal,
    })
    this.#update(
      {
        metadata: {
          approval: {
            source: approval.source,
            ...(approval.source === "agent" ? { agent: agent.name } : {}),
            ...(approval.rule ? { rule: approval.rule } : {}),
          },
        },
      },
      false,
    )
  }

  #update(progress: { title?: string; metadata?: Record<string, unknown> }, lazily: boolean) {
    const state = this.#part.state
    if (state.status !== "running") return
    const merged = {
      ...state,
      ...(progress.title === undefined ? {} : { title: progress.title }),
      ...(progress.metadata ? { metadata: { ...state.metadata, ...progress.metadata } } : {}),
    }
    if (!lazily) {
      this.#commit(merged)
      return
    }
    this.#part = { ...this.#part, state: merged }
    if (this.#progress) return
    this.#commit(merged)
    this.#progress = setTimeout(() => {
      this.#progress = undefined
      if (this.#part.state.status !== "running" || this.#part.state === merged) return
      try {
        this.#commit(this.#part.state)
      } catch (error) {
        this.#context.workspace.onError(error)
      }
    }, PROGRESS_MS)
  }

  #complete(result: ToolResult, start: number) {
    const state = this.#part.state
    const approval = state.status === "running" ? state.metadata?.approval : undefined
    const attachments = result.attachments?.map(
      (file): FilePart => ({
        ...file,
        id: ascending("prt"),
        sessionID: this.#part.sessionID,
        messageID: this.#part.messageID,
      }),
    )
    this.#commit({
      status: "completed",
      input: state.input,
      output: result.output,
      title: result.title,
      metadata: { ...result.metadata, ...(approval === undefined ? {} : { approval }) },
      time: { start, end: Date.now() },
      ...(attachments?.length ? { attachments } : {}),
    })
  }

  #fail(error: unknown, start: number) {
    if (this.#context.signal.aborted && !(error instanceof PermissionDeniedError)) {
      this.interrupt()
      return
    }
    const state = this.#part.state
    this.rejected = error instanceof PermissionRejectedError && !error.feedback
    this.#commit({
      status: "error",
      input: state.input,
      error: messageOf(error) || "The tool failed without saying why.",
      ...(state.status === "running" && state.metadata ? { metadata: state.metadata } : {}),
      time: { start, end: Date.now() },
    })
  }

  #start(): number {
    const state = this.#part.state
    return state.status === "pending" ? Date.now() : state.time.start
  }

  #commit(state: ToolState) {
    if (state.status === "completed" || state.status === "error") clearTimeout(this.#progress)
    this.#part = { ...this.#part, state }
    this.#context.workspace.store.commit(this.#context.workspace.scope, { type: "part", part: this.#part })
  }
}

/** The promise's outcome, or AbortedError once it is still open `grace` ms after the abort. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, grace: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const onAbort = () => {
      timer = setTimeout(() => reject(new AbortedError()), grace)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener("abort", onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    })
  })
}
