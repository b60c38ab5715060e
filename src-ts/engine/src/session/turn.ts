import type { LanguageModelV4CallOptions } from "@ai-sdk/provider"
import type { Agent } from "../agent/types.ts"
import { PromptError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { MessageError } from "../message/errors.ts"
import { toPrompt } from "../message/index.ts"
import type { AssistantMessage, MessageWithParts, UserMessage } from "../message/types.ts"
import { forbiddenTools } from "../permission/index.ts"
import { applyCaching, type ResolvedModel } from "../provider/index.ts"
import { answerTo, spent } from "./answer.ts"
import { classify } from "./failure.ts"
import { LoopGuard } from "./loops.ts"
import { askAboutPlan, plannedIn } from "./plan.ts"
import { runStep, type StepResult } from "./step.ts"
import { event } from "./store.ts"
import { type DirectCall, reports, runDirect, subTaskCalls } from "./subtasks.ts"
import type { Summaries, TurnRange } from "./summary.ts"
import { nameSession } from "./title.ts"
import type { SessionStatus } from "./types.ts"
import type { Toolset, Workspace } from "./workspace.ts"

/** Starting git takes some milliseconds of this thread, which belong to the request and to an answer that comes at once. */
const CHECKPOINT_MS = 3
/** However patient the user: after so many steps a turn sums up and ends. */
const MAX_STEPS = 1_000

export interface TurnInput {
  workspace: Workspace
  summaries: Summaries
  sessionID: string
  /** The prompt that is answered; the newest when several were waiting. */
  user: UserMessage
  signal: AbortSignal
  /** Prompts that came while this turn runs; they belong to the next one. */
  queued(): string[]
  setStatus(status: SessionStatus): void
  /** Ends with the engine, not with the turn. */
  closing: AbortSignal
  /** Whether the client asked to wait for a checkpoint however long it takes. */
  patient: boolean
  /** Keeps work going after the turn's end; going back in the session waits for it. */
  later(work: Promise<void>): void
}

export interface TurnResult {
  reason: "completed" | "error" | "interrupted" | "superseded"
  range: TurnRange
  last?: AssistantMessage
  /** The turn could not start: bad model or agent. */
  refused?: PromptError
}

/** Answers one prompt: steps of model request and tools until the model has no more calls. Never rejects. */
export async function runTurn(input: TurnInput): Promise<TurnResult> {
  const range: TurnRange = { user: input.user, diff: [] }
  const { workspace, sessionID, user } = input
  try {
    return await new Turn(input, range).run()
  } catch (error) {
    if (input.signal.aborted) {
      refuse(input, { name: "MessageAbortedError", data: { message: "Aborted" } })
      return { reason: "interrupted", range }
    }
    const failure = classify(error, user.model.providerID)
    if (error instanceof PromptError && error.providerID !== undefined) {
      const info: AssistantMessage = { ...answerTo(user, workspace), error: failure.error }
      info.time.completed = info.time.created
      workspace.store.commit(
        workspace.scope,
        { type: "message", info },
        event("session.error", { sessionID, error: failure.error }),
      )
      return { reason: "error", range, last: info }
    }
    if (!(error instanceof PromptError)) workspace.onError(error)
    refuse(input, failure.error)
    closeOpen(workspace, sessionID, failure.error)
    return { reason: "error", range, ...(error instanceof PromptError ? { refused: error } : {}) }
  }
}

function refuse(input: TurnInput, error: MessageError) {
  input.workspace.bus.publish(input.workspace.scope, "session.error", { sessionID: input.sessionID, error })
}

/** After an unexpected error (a full disk, say) no message may stay unfinished, if the storage lets us. */
function closeOpen(workspace: Workspace, sessionID: string, error: MessageError) {
  try {
    for (const { info } of workspace.store.messages(sessionID, { limit: 5 }).items) {
      if (info.role !== "assistant" || info.time.completed !== undefined) continue
      const closed = { ...info, error, time: { ...info.time, completed: Date.now() } }
      workspace.store.commit(workspace.scope, { type: "message", info: closed })
    }
  } catch (problem) {
    workspace.onError(problem)
  }
}

interface Prepared {
  agent: Agent
  resolved: ResolvedModel
  toolset: Toolset
  system: string[]
}

class Turn {
  readonly #input: TurnInput
  readonly #range: TurnRange
  readonly #loops = new LoopGuard()

  constructor(input: TurnInput, range: TurnRange) {
    this.#input = input
    this.#range = range
  }

  async run(): Promise<TurnResult> {
    const { sessionID, signal, summaries, setStatus, queued, later } = this.#input
    const tracker = new AbortController()
    let before: string | undefined
    try {
      const calls = await subTaskCalls(this.#input)
      if (calls.length > 0) return await this.#direct(calls)
      const prepared = await this.#prepare()
      nameSession(this.#input, prepared.resolved)
      let last: AssistantMessage | undefined
      for (let count = 1; ; count += 1) {
        if (signal.aborted) {
          refuse(this.#input, { name: "MessageAbortedError", data: { message: "Aborted" } })
          return this.#end("interrupted", last)
        }
        if (count > 1) setStatus({ type: "busy" })
        const result = await this.#step(prepared, count, before, tracker.signal)
        last = result.assistant
        if (result.cut) later(this.#noteCut(last, result.cut))
        before = result.after
        if (before) summaries.note(sessionID, before)
        switch (result.outcome) {
          case "aborted":
            return this.#end("interrupted", last)
          case "error":
            return this.#end("error", last)
          case "blocked":
            await this.#afterPlan(last)
            return this.#end("completed", last)
          case "stop":
            setStatus({ type: "busy" })
            return this.#end("completed", last)
          case "continue":
            if (queued().length > 0) return this.#end("superseded", last)
        }
      }
    } finally {
      tracker.abort()
    }
  }

  async #afterPlan(last: AssistantMessage) {
    const plan = plannedIn(this.#input.workspace.store.message(last.sessionID, last.id).parts)
    if (plan !== undefined && this.#input.workspace.asks) await askAboutPlan(this.#input, plan)
  }

  /** The prompt brings its own tasks: their reports are the answer, and the model is not asked. */
  async #direct(calls: DirectCall[]): Promise<TurnResult> {
    const { assistant, outcome, range } = await runDirect(this.#input, calls, reports)
    this.#note(range.first)
    if (outcome === "aborted") refuse(this.#input, { name: "MessageAbortedError", data: { message: "Aborted" } })
    return this.#end(outcome === "aborted" ? "interrupted" : "completed", assistant)
  }

  #end(reason: TurnResult["reason"], last: AssistantMessage | undefined): TurnResult {
    return { reason, range: this.#range, ...(last ? { last } : {}) }
  }

  #note(hash: string | undefined): string | undefined {
    if (!hash) return undefined
    this.#range.first ??= hash
    this.#input.summaries.note(this.#input.sessionID, hash)
    return hash
  }

  #track(assistant: AssistantMessage, signal: AbortSignal): Promise<string | undefined> {
    const { workspace, sessionID, patient } = this.#input
    return workspace.guard.track(workspace, { sessionID, assistant, wait: patient, signal })
  }

  /** What the tools of a step changed before it was stopped: noted after the turn's end, which must not wait for it. */
  async #noteCut(assistant: AssistantMessage, before: string): Promise<void> {
    const { workspace, summaries, sessionID } = this.#input
    const since = assistant.time.created
    const after = await this.#track(assistant, this.#input.closing)
    if (!after || after === before) return
    const files = await this.#own(before, after, since)
    if (files.length === 0 || !workspace.store.findMessage(assistant.id)) return
    workspace.store.commit(workspace.scope, {
      type: "part",
      part: { id: ascending("prt"), sessionID, messageID: assistant.id, type: "patch", hash: before, files },
    })
    summaries.note(sessionID, after)
    summaries.refresh(sessionID, this.#range)
  }

  /** Files that changed, without those that another session's tools wrote. `since` is epoch milliseconds. */
  async #own(from: string, to: string, since: number): Promise<string[]> {
    const { workspace, sessionID } = this.#input
    const files = await (await workspace.snapshot()).changed(from, to)
    return workspace.edits.own(workspace.store.rootOf(sessionID), files, since)
  }

  async #prepare(): Promise<Prepared> {
    const { workspace, user } = this.#input
    const [agents, resolved, toolset] = await Promise.all([
      workspace.agents(),
      workspace.providers.resolve(user.model),
      workspace.toolset(),
    ])
    const agent = agents.find((item) => item.name === user.agent)
    if (!agent) throw new PromptError(`Agent not found: "${user.agent}".`)
    const system = await workspace.system(agent, resolved.model)
    return { agent, resolved, toolset, system: user.system ? [...system, user.system] : system }
  }

  /** Without a checkpoint from the step before, one is taken while the model thinks. */
  async #step(
    prepared: Prepared,
    count: number,
    known: string | undefined,
    tracking: AbortSignal,
  ): Promise<StepResult> {
    const { workspace, summaries, sessionID, user, signal, setStatus } = this.#input
    const { agent, resolved, toolset } = prepared
    const { store, scope } = workspace
    const history = this.#history()
    const assistant = answerTo(user, workspace)
    store.commit(scope, { type: "message", info: assistant })
    summaries.refresh(sessionID, this.#range)
    setStatus({ type: "busy" })
    const lastStep = count >= (agent.steps ?? MAX_STEPS) || this.#loops.stopped
    const offered = lastStep ? [] : this.#offered(agent, toolset, resolved)
    const cancel = new AbortController()
    const stopped = AbortSignal.any([signal, cancel.signal])
    const checkpoint = Promise.withResolvers<string | undefined>()
    const before = checkpoint.promise.then((hash) => this.#note(hash))
    let taken = false
    const take = () => {
      if (taken) return
      taken = true
      checkpoint.resolve(known ?? this.#track(assistant, tracking))
    }
    const step = runStep({
      calls: {
        workspace,
        agent,
        toolset,
        offered,
        signal: stopped,
        checkpoint: () => {
          take()
          return before
        },
        loops: this.#loops,
      },
      resolved,
      assistant,
      request: this.#request(prepared, history, offered, lastStep),
      signal,
      before,
      track: () => this.#track(assistant, signal),
      changed: (from, to) => this.#own(from, to, assistant.time.created),
      spend: (cost, tokens) => ({ type: "session", info: spent(store.get(sessionID), cost, tokens), quiet: true }),
      setStatus,
      cancelCalls: () => cancel.abort(),
    })
    if (known) take()
    const timer = setTimeout(take, CHECKPOINT_MS)
    return step.finally(() => {
      clearTimeout(timer)
      taken = true
      checkpoint.resolve(undefined)
      // What the step's tools left open belongs to nobody any more.
      if (signal.aborted) workspace.permissions.cancelSession(user.sessionID)
    })
  }

  #history(): MessageWithParts[] {
    const waiting = new Set(this.#input.queued())
    const items = this.#input.workspace.store.messages(this.#input.sessionID).items
    return waiting.size === 0 ? items : items.filter((item) => !waiting.has(item.info.id))
  }

  /** Tools without those that are forbidden whatever their arguments: the model should not even try. */
  #offered(agent: Agent, toolset: Toolset, resolved: ResolvedModel): string[] {
    if (!resolved.model.capabilities.toolcall) return []
    const rules = [...agent.permission, ...(this.#input.workspace.store.get(this.#input.sessionID).permission ?? [])]
    const wishes = this.#input.user.tools ?? {}
    const all = [...toolset.tools.values()]
      .filter((tool) => !tool.describe || tool.describe(agent) !== undefined)
      .filter((tool) => wishes[tool.id] === true || tool.suits?.(resolved.model) !== false)
      .map((tool) => tool.id)
    const forbidden = forbiddenTools(all, rules)
    return all.filter((id) => wishes[id] !== false && !forbidden.has(id))
  }

  #request(
    prepared: Prepared,
    history: MessageWithParts[],
    offered: string[],
    lastStep: boolean,
  ): Omit<LanguageModelV4CallOptions, "abortSignal"> {
    const { agent, resolved, toolset } = prepared
    const { user, sessionID } = this.#input
    const prompt = toPrompt(prepared.system, history, resolved.model)
    if (lastStep) {
      prompt.push({
        role: "user",
        content: [
          {
            type: "text",
            text: "The number of steps for this task is used up and tools are switched off. Sum up what is done, what is not, and what to do next.",
          },
        ],
      })
    }
    const tools = offered.flatMap((id) => {
      const offer = toolset.functions.get(id)
      const description = toolset.tools.get(id)?.describe?.(agent)
      return offer ? [description === undefined ? offer : { ...offer, description }] : []
    })
    const options = resolved.callOptions({
      sessionID,
      ...(user.model.variant ? { variant: user.model.variant } : {}),
    })
    return {
      ...options,
      ...(agent.temperature === undefined ? {} : { temperature: agent.temperature }),
      ...(agent.topP === undefined ? {} : { topP: agent.topP }),
      prompt: applyCaching(prompt, resolved.model),
      ...(tools.length > 0 ? { tools, toolChoice: { type: "auto" as const } } : {}),
    }
  }
}
