import { PromptError } from "../error.ts"
import type { MessageError } from "../message/errors.ts"
import { markerOf } from "../message/index.ts"
import type { AssistantMessage, MessageWithParts, UserMessage } from "../message/types.ts"
import { answerTo, spent } from "./answer.ts"
import { event } from "./change.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { Compacted } from "./compaction.ts"
import { TurnContext } from "./context.ts"
import { classify } from "./failure.ts"
import { shapedHistory, shapedRequest, shapedSystem, shapedTools } from "./hooks.ts"
import { LoopGuard } from "./loops.ts"
import { NestedInstructions } from "./nested.ts"
import { askAboutPlan, plannedIn } from "./plan.ts"
import { NOTES, offeredTools, type Prepared, requestOf, STRUCTURED } from "./request.ts"
import { runStep, type StepResult } from "./step.ts"
import type { Structured } from "./structured.ts"
import { type DirectCall, reports, runDirect, subTaskCalls } from "./subtasks.ts"
import type { Summaries, TurnRange } from "./summary.ts"
import { nameSession } from "./title.ts"
import type { SessionStatus } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** However patient the user: after so many steps a turn sums up and ends. */
const MAX_STEPS = 1_000
/** So often in a row an answer that the output limit cut is continued. */
const CUTS = 3

export interface TurnInput {
  workspace: Workspace
  summaries: Summaries
  sessionID: string
  /** The prompt that is answered; the newest when several were waiting. */
  user: UserMessage
  signal: AbortSignal
  /** Calls that the prompt stands for, instead of a question to the model. */
  calls?: DirectCall[]
  /** Prompts that came while this turn runs; they belong to the next one. */
  queued(): string[]
  /** The prompts that this turn answers together. */
  current(): string[]
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

/** What a turn is made with, and what keeps it within the model's context. */
interface WithContext extends Prepared {
  context: TurnContext
}

class Turn {
  readonly #input: TurnInput
  readonly #range: TurnRange
  readonly #loops = new LoopGuard()
  readonly #checkpoints: Checkpoints
  readonly #nested: NestedInstructions
  /** What the answers answer: the prompt, or the one that a compaction put in its place. */
  #user: UserMessage
  #structured: Structured | undefined

  constructor(input: TurnInput, range: TurnRange) {
    this.#input = input
    this.#range = range
    this.#user = input.user
    this.#checkpoints = new Checkpoints(input, range)
    this.#nested = new NestedInstructions(input.workspace, () => this.#history())
  }

  async run(): Promise<TurnResult> {
    try {
      const calls = this.#input.calls ?? (await subTaskCalls(this.#input))
      if (calls.length > 0) return await this.#direct(calls)
      const prepared = await this.#prepare()
      const { store } = this.#input.workspace
      const prompt = store.message(this.#input.sessionID, this.#user.id)
      if (markerOf(prompt)) return this.#condensed(await prepared.context.sumUp(prepared, this.#user))
      nameSession(this.#input, prepared.resolved)
      const result = await this.#steps(prepared)
      if (result.reason === "completed") prepared.context.prune(prepared)
      return result
    } finally {
      this.#checkpoints.close()
    }
  }

  async #steps(prepared: WithContext): Promise<TurnResult> {
    const { sessionID, signal, summaries, setStatus, queued, later } = this.#input
    const { context, resolved } = prepared
    const withTools = resolved.model.capabilities.toolcall
    let before: string | undefined
    let last: AssistantMessage | undefined
    let note: string | undefined
    let cuts = 0
    for (let count = 1; ; count += 1) {
      if (signal.aborted) {
        refuse(this.#input, { name: "MessageAbortedError", data: { message: "Aborted" } })
        return this.#end("interrupted", last)
      }
      if (count > 1) setStatus({ type: "busy" })
      let history = this.#history()
      if (context.isFull(prepared, history)) {
        const end = await this.#makeRoom(prepared, false, last)
        if (end) return end
        history = this.#history()
      }
      const result = await this.#step(prepared, { count, known: before, note, continues: cuts < CUTS, history })
      if (result.outcome === "overflow") {
        context.forget(result.assistant)
        const end = await this.#makeRoom(prepared, true, last)
        if (end) return end
        continue
      }
      last = result.assistant
      if (result.cut) later(this.#checkpoints.noteCut(last, result.cut))
      before = result.after
      if (before) summaries.note(sessionID, before)
      note = undefined
      if (result.outcome === "aborted") return this.#end("interrupted", last)
      if (result.outcome === "error") return this.#end("error", last)
      context.progressed()
      if (this.#structured) {
        const more = this.#answered(this.#structured, result, withTools)
        if (more !== undefined) {
          if ("end" in more) return this.#end(more.end, more.last)
          note = more.note
          if (queued().length > 0) return this.#end("superseded", last)
          continue
        }
      }
      switch (result.outcome) {
        case "blocked":
          await this.#afterPlan(last)
          return this.#end("completed", last)
        case "length":
          cuts += 1
          if (cuts <= CUTS && queued().length === 0) {
            note = NOTES.cutOff
            continue
          }
          return this.#end("completed", last)
        case "stop":
          setStatus({ type: "busy" })
          return this.#end("completed", last)
        case "continue":
          cuts = result.calls.some((call) => call.settled && call.error === undefined) ? 0 : cuts
          if (queued().length > 0) return this.#end("superseded", last)
      }
    }
  }

  /** Condenses the session in mid-turn. Returns how the turn ends when that failed, or when prompts have come meanwhile. */
  async #makeRoom(
    prepared: WithContext,
    overflow: boolean,
    last: AssistantMessage | undefined,
  ): Promise<TurnResult | undefined> {
    const done = await prepared.context.makeRoom(prepared, this.#user, overflow)
    this.#nested.forget()
    if (done.next) this.#user = done.next
    if (done.outcome !== "done") return this.#condensed(done)
    return this.#input.queued().length > 0 ? this.#end("superseded", last) : undefined
  }

  #condensed(done: Compacted): TurnResult {
    const reasons = { done: "completed", aborted: "interrupted", error: "error" } as const
    return this.#end(reasons[done.outcome], done.message)
  }

  async #afterPlan(last: AssistantMessage) {
    const plan = plannedIn(this.#input.workspace.store.message(last.sessionID, last.id).parts)
    if (plan !== undefined && this.#input.workspace.asks) await askAboutPlan(this.#input, plan)
  }

  /** The prompt brings its own tasks: their reports are the answer, and the model is not asked. */
  async #direct(calls: DirectCall[]): Promise<TurnResult> {
    const { assistant, outcome, range } = await runDirect(this.#input, calls, reports)
    this.#checkpoints.note(range.first)
    if (outcome === "aborted") refuse(this.#input, { name: "MessageAbortedError", data: { message: "Aborted" } })
    return this.#end(outcome === "aborted" ? "interrupted" : "completed", assistant)
  }

  #end(reason: TurnResult["reason"], last: AssistantMessage | undefined): TurnResult {
    return { reason, range: this.#range, ...(last ? { last } : {}) }
  }

  /** Takes what a step gave for the answer in the form asked for: the end of the turn, a note for one more try, or neither. */
  #answered(
    structured: Structured,
    result: StepResult,
    withTools: boolean,
  ): { end: TurnResult["reason"]; last: AssistantMessage } | { note: string } | undefined {
    const { store, scope } = this.#input.workspace
    if (!structured.found) {
      const failed = result.calls.flatMap((call) => (call.tool === STRUCTURED && call.error ? [call.error] : []))
      const goesOn = result.outcome === "continue" && failed.length === 0
      if (goesOn || result.outcome === "blocked") return undefined
      structured.missed(result.text, failed)
      const note = structured.found ? undefined : structured.nudge(withTools)
      if (note !== undefined) return { note }
    }
    const found = structured.found
    const error = structured.error
    const sessionID = this.#input.sessionID
    const last: AssistantMessage = { ...result.assistant, ...(found ? { structured: found.value } : { error }) }
    if (!found) store.commit(scope, { type: "message", info: last }, event("session.error", { sessionID, error }))
    else if (result.assistant.structured === undefined) store.commit(scope, { type: "message", info: last })
    return { end: found ? "completed" : "error", last }
  }

  async #prepare(): Promise<WithContext> {
    const { workspace } = this.#input
    const user = this.#user
    const [agents, resolved, toolset, settings] = await Promise.all([
      workspace.agents(),
      workspace.providers.resolve(user.model),
      workspace.toolset(),
      workspace.compaction(),
    ])
    const agent = agents.find((item) => item.name === user.agent)
    if (!agent) throw new PromptError(`Agent not found: "${user.agent}".`)
    const context = new TurnContext(this.#input, settings)
    const system = [...(await workspace.system(agent, resolved.model)), ...(user.system ? [user.system] : [])]
    if (user.format?.type !== "json_schema") return { agent, resolved, toolset, system, context }
    const { Structured } = await import("./structured.ts")
    const structured = new Structured(user.format)
    this.#structured = structured
    return {
      agent,
      resolved,
      toolset: structured.extend(toolset),
      context,
      system: [...system, structured.instructions(resolved.model.capabilities.toolcall)],
    }
  }

  /** Without a checkpoint from the step before, one is taken while the model thinks. */
  async #step(
    prepared: WithContext,
    options: {
      count: number
      known: string | undefined
      note: string | undefined
      continues: boolean
      history: MessageWithParts[]
    },
  ): Promise<StepResult> {
    const { workspace, summaries, sessionID, signal, setStatus } = this.#input
    const { agent, resolved, toolset } = prepared
    const { count, known, history } = options
    const user = this.#user
    const { store, scope } = workspace
    const assistant = answerTo(user, workspace)
    store.commit(scope, { type: "message", info: assistant })
    summaries.refresh(sessionID, this.#range)
    setStatus({ type: "busy" })
    const looping = this.#loops.stopped
    const lastStep = looping || count >= (agent.steps ?? MAX_STEPS)
    const all = offeredTools(prepared, user, store.get(sessionID).permission ?? [])
    const offered = lastStep ? all.filter((id) => id === STRUCTURED) : all
    const note = options.note ?? (looping ? NOTES.looping : lastStep ? NOTES.lastStep : undefined)
    const plugins = await workspace.plugins()
    const system = await shapedSystem(plugins, prepared, sessionID)
    const plain = requestOf(system === prepared.system ? prepared : { ...prepared, system }, {
      user,
      history: await shapedHistory(plugins, history),
      offered,
      ...(note ? { note } : {}),
      mustCall: this.#structured !== undefined,
    })
    const request = await shapedRequest(plugins, prepared, user, await shapedTools(plugins, plain))
    const cancel = new AbortController()
    const stopped = AbortSignal.any([signal, cancel.signal])
    const checkpoint = this.#checkpoints.before(assistant, known)
    const step = runStep({
      calls: {
        workspace,
        agent,
        toolset,
        offered,
        signal: stopped,
        checkpoint: checkpoint.take,
        loops: this.#loops,
        nested: this.#nested,
      },
      resolved,
      assistant,
      request,
      signal,
      before: checkpoint.done,
      track: () => this.#checkpoints.track(assistant, signal),
      changed: (from, to) => this.#checkpoints.own(from, to, assistant.time.created),
      spend: (cost, tokens) => ({ type: "session", info: spent(store.get(sessionID), cost, tokens), quiet: true }),
      setStatus,
      cancelCalls: () => cancel.abort(),
      canShrink: prepared.context.canShrink(history),
      continues: options.continues,
      extra: () => (this.#structured?.found ? { structured: this.#structured.found.value } : {}),
    })
    return step.finally(() => {
      checkpoint.end()
      // What the step's tools left open belongs to nobody any more.
      if (signal.aborted) workspace.permissions.cancelSession(user.sessionID)
    })
  }

  #history(): MessageWithParts[] {
    const waiting = new Set(this.#input.queued())
    const items = this.#input.workspace.store.recent(this.#input.sessionID)
    return waiting.size === 0 ? items : items.filter((item) => !waiting.has(item.info.id))
  }
}
