import { ascending } from "../id/index.ts"
import type { MessageError } from "../message/errors.ts"
import type { AssistantMessage, StepStartPart, Tokens } from "../message/types.ts"
import { costOf, type ResolvedModel } from "../provider/index.ts"
import { addCost } from "./answer.ts"
import type { Call, CallContext } from "./call.ts"
import { AbortedError, BrokenAnswerError, classify, FilteredError, retryDelay, retryLimit } from "./failure.ts"
import { pull } from "./pull.ts"
import type { ModelRequest } from "./request.ts"
import { sleep } from "./sleep.ts"
import { type Change, event } from "./store.ts"
import { AnswerStream, type Finish } from "./stream.ts"
import type { SessionStatus } from "./types.ts"
import { tokensOf } from "./usage.ts"

export interface StepInput {
  calls: Omit<CallContext, "charge">
  resolved: ResolvedModel
  assistant: AssistantMessage
  request: ModelRequest
  signal: AbortSignal
  /** The checkpoint before this step, being taken. */
  before: Promise<string | undefined>
  /** Takes a checkpoint after tools have run. */
  track(): Promise<string | undefined>
  changed(from: string, to: string): Promise<string[]>
  /** Adds a step's usage to the session's row, without announcing it yet. */
  spend(cost: number, tokens: Tokens): Change
  setStatus(status: SessionStatus): void
  /** Stops tools that still run when the step has failed. */
  cancelCalls(): void
  /** The caller can make room: a prompt that is too long is then an outcome and leaves no trace. */
  canShrink?: boolean
  /** The caller will have an answer continued that the output limit cut; otherwise a notice says that it was cut. */
  continues?: boolean
  /** Fields that the finished message gets beside its usage. */
  extra?(): Partial<AssistantMessage>
}

export interface StepResult {
  /**
   * "blocked": the user rejected a call, the model is not asked again. "length": the output limit cut the answer.
   * "overflow": the prompt was too long and nothing was said.
   */
  outcome: "continue" | "stop" | "blocked" | "length" | "overflow" | "aborted" | "error"
  assistant: AssistantMessage
  /** What the answer says. */
  text: string
  calls: readonly Call[]
  error?: MessageError
  /** Checkpoint after the step. */
  after?: string
  /** Checkpoint before a step that ended early although its tools may have changed files. */
  cut?: string
}

const CUT_CALL =
  "The answer reached the model's output limit before this call was complete, so it was not run. Send it again in smaller pieces."

/** One request to the model: its stream becomes parts, its calls are run; retried while that can help. */
export async function runStep(input: StepInput): Promise<StepResult> {
  const step = new Step(input)
  step.watch().catch((error: unknown) => input.calls.workspace.onError(error))
  for (let attempt = 1; ; attempt += 1) {
    try {
      const finish = await step.request()
      return await step.complete(finish)
    } catch (error) {
      if (input.signal.aborted) return step.fail(new AbortedError())
      const failure = classify(error, input.assistant.providerID)
      if (input.canShrink && failure.error.name === "ContextOverflowError" && step.answer.calls.length === 0) {
        return step.overflow()
      }
      if (step.answer.calls.length > 0) {
        // What the tools did counts: the next request goes on from their results.
        const salvaged = await step.salvage(failure.retry !== "no")
        if (salvaged) return salvaged
        return step.fail(error)
      }
      if (failure.retry === "no" || attempt > retryLimit(failure.retry, input.calls.workspace.retryLimit)) {
        return step.fail(error)
      }
      step.answer.discard()
      const wait = retryDelay(attempt, failure.retryAfterMs)
      const message = "message" in failure.error.data ? failure.error.data.message : failure.error.name
      input.setStatus({ type: "retry", attempt, message, next: Math.round(Date.now() + wait) })
      await sleep(wait, input.signal)
      if (input.signal.aborted) return step.fail(new AbortedError())
      input.setStatus({ type: "busy" })
    }
  }
}

class Step {
  readonly #input: StepInput
  readonly answer: AnswerStream
  #assistant: AssistantMessage
  #start: StepStartPart | undefined
  #startedAt = 0

  constructor(input: StepInput) {
    this.#input = input
    this.#assistant = input.assistant
    const calls = { ...input.calls, charge: (cost: number) => this.#charge(cost) }
    const ids = { sessionID: input.assistant.sessionID, messageID: input.assistant.id }
    this.answer = new AnswerStream(calls, ids, () => this.#announceStart())
  }

  get #store() {
    return this.#input.calls.workspace.store
  }

  get #scope() {
    return this.#input.calls.workspace.scope
  }

  /** Asks the model and handles its stream to the end. Throws whatever ended it early. */
  async request(): Promise<Finish> {
    const { resolved, request, signal } = this.#input
    let finish: Finish | undefined
    await pull(resolved, request, signal, (chunk) => {
      const end = this.answer.handle(chunk)
      if (end) finish = end
    })
    if (signal.aborted) throw new AbortedError()
    const reason = finish?.reason.unified
    if (!finish || reason === "interrupted") throw this.answer.unfinished()
    if (reason === "error") throw new BrokenAnswerError("The model provider ended its answer with an error.", true)
    if (reason === "other" && !this.answer.began) throw this.answer.unfinished()
    return finish
  }

  /** The step shows itself with the model's first word. A checkpoint that takes longer is added when it is there. */
  #announceStart() {
    if (this.#start) return
    this.#startedAt = Date.now()
    this.#start = {
      id: ascending("prt"),
      sessionID: this.#assistant.sessionID,
      messageID: this.#assistant.id,
      type: "step-start",
      ...(this.#before ? { snapshot: this.#before } : {}),
    }
    this.#store.commit(this.#scope, { type: "part", part: this.#start })
  }

  /** Whether what the step changed is noted. */
  #compared = false
  #before: string | undefined
  #known = false

  /** Notes the checkpoint as soon as it is taken. */
  watch(): Promise<string | undefined> {
    return this.#input.before.then((hash) => this.#noteCheckpoint(hash))
  }

  #noteCheckpoint(hash: string | undefined): string | undefined {
    if (this.#known) return this.#before
    this.#known = true
    this.#before = hash
    if (hash && this.#start && !this.#start.snapshot && this.#assistant.time.completed === undefined) {
      this.#start = { ...this.#start, snapshot: hash }
      this.#store.commit(this.#scope, { type: "part", part: this.#start })
    }
    return hash
  }

  /** Ends the step after the model's last word: waits for its tools, books usage, closes the message. */
  async complete(finish: Finish): Promise<StepResult> {
    this.#announceStart()
    this.answer.closeTexts()
    await this.answer.settled()
    this.answer.interrupt(finish.reason.unified === "length" ? CUT_CALL : undefined)
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    const called = this.answer.calls.length > 0
    const reason = called ? "tool-calls" : finish.reason.unified
    const tokens = tokensOf(finish.usage)
    return this.#finish(called ? "tool-calls" : reason, tokens, finish.at, finish.reason.unified)
  }

  /** After a failure in mid-stream: keeps what the tools did, if all is in place for the model to go on from there. */
  async salvage(retryable: boolean): Promise<StepResult | undefined> {
    if (!retryable || !this.answer.calls.some((call) => call.started)) return undefined
    this.answer.closeTexts()
    await this.answer.settled()
    this.answer.interrupt()
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    return this.#finish("tool-calls", tokensOf(undefined), Date.now(), "tool-calls")
  }

  async #finish(reason: string, tokens: Tokens, end: number, unified: string): Promise<StepResult> {
    const { resolved, calls } = this.#input
    await this.#input.calls.checkpoint()
    const before = await this.watch()
    const mutated = this.answer.calls.some((call) => call.mutates)
    const after = mutated ? ((await this.#input.track()) ?? before) : before
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    const cost = costOf(resolved.model, tokens)
    const ids = { sessionID: this.#assistant.sessionID, messageID: this.#assistant.id }
    const elapsed = Math.max(0, end - this.#startedAt)
    const generated = tokens.output + tokens.reasoning
    const filtered = unified === "content-filter"
    this.#assistant = {
      ...this.#assistant,
      cost: addCost(this.#assistant.cost, cost),
      tokens,
      finish: reason,
      ...this.#input.extra?.(),
    }
    const changes: Change[] = []
    if (reason === "length" && !this.#input.continues) {
      changes.push({
        type: "part",
        part: {
          id: ascending("prt"),
          ...ids,
          type: "text",
          text: "The answer reached the model's output limit and was cut here. Ask to continue.",
          synthetic: true,
          ignored: true,
        },
      })
    }
    changes.push(
      {
        type: "part",
        part: {
          id: ascending("prt"),
          ...ids,
          type: "step-finish",
          reason,
          ...(after ? { snapshot: after } : {}),
          ...(generated > 0 && elapsed > 0
            ? { metrics: { generation: generated / (elapsed / 1000), source: "computed" as const } }
            : {}),
          time: { start: this.#startedAt, end, elapsed },
          cost,
          tokens,
        },
      },
      this.#input.spend(cost, tokens),
      { type: "message", info: this.#assistant },
    )
    this.#store.commit(this.#scope, ...changes)
    if (before && after && before !== after) {
      const files = await this.#input.changed(before, after)
      if (files.length > 0) {
        this.#store.commit(this.#scope, {
          type: "part",
          part: { id: ascending("prt"), ...ids, type: "patch", hash: before, files },
        })
      }
    }
    const rest = after ? { after } : {}
    this.#compared = true
    if (filtered) return { ...this.fail(new FilteredError()), ...rest }
    this.#assistant = { ...this.#assistant, time: { ...this.#assistant.time, completed: Date.now() } }
    this.#store.commit(this.#scope, { type: "message", info: this.#assistant })
    const blocked = this.answer.calls.some((call) => call.rejected)
    if (blocked) return { ...this.#result("blocked"), ...rest }
    if (calls.signal.aborted) return { ...this.#result("aborted"), ...rest }
    if (this.answer.calls.length > 0) return { ...this.#result("continue"), ...rest }
    return { ...this.#result(reason === "length" ? "length" : "stop"), ...rest }
  }

  /** The prompt was too long for the model: whatever began is taken back, and the caller decides. */
  overflow(): StepResult {
    this.answer.discard()
    return this.#result("overflow")
  }

  #result(outcome: StepResult["outcome"]): StepResult {
    return { outcome, assistant: this.#assistant, text: this.answer.text, calls: this.answer.calls }
  }

  /** What sub-agents cost counts for the message that started them, not for the session's own sum. */
  #charge(cost: number) {
    if (cost === 0 || this.#assistant.time.completed !== undefined) return
    this.#assistant = { ...this.#assistant, cost: addCost(this.#assistant.cost, cost) }
    this.#store.commit(this.#scope, { type: "message", info: this.#assistant })
  }

  /** Closes everything that is open; the message says what went wrong, then the session does. */
  fail(error: unknown): StepResult {
    const aborted = error instanceof AbortedError
    const failure = classify(error, this.#assistant.providerID)
    this.answer.closeTexts()
    this.answer.interrupt()
    this.#input.cancelCalls()
    this.#assistant = {
      ...this.#assistant,
      time: { ...this.#assistant.time, completed: Date.now() },
      error: failure.error,
    }
    const sessionID = this.#assistant.sessionID
    this.#store.commit(
      this.#scope,
      { type: "message", info: this.#assistant },
      event("session.error", { sessionID, error: failure.error }),
    )
    const mutated = !this.#compared && this.answer.calls.some((call) => call.mutates)
    return {
      ...this.#result(aborted ? "aborted" : "error"),
      error: failure.error,
      ...(mutated && this.#before ? { cut: this.#before } : {}),
    }
  }
}
