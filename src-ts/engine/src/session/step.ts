import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider"
import { ascending } from "../id/index.ts"
import type { MessageError } from "../message/errors.ts"
import type { AssistantMessage, ReasoningPart, StepStartPart, TextPart, Tokens } from "../message/types.ts"
import { costOf, type ResolvedModel } from "../provider/index.ts"
import { Call, type CallContext } from "./call.ts"
import {
  AbortedError,
  BrokenAnswerError,
  classify,
  FilteredError,
  retryDelay,
  retryLimit,
  UNFINISHED,
} from "./failure.ts"
import { pull } from "./pull.ts"
import { sleep } from "./sleep.ts"
import { type Change, event, type LiveText } from "./store.ts"
import type { SessionStatus } from "./types.ts"
import { tokensOf } from "./usage.ts"

export interface StepInput {
  calls: CallContext
  resolved: ResolvedModel
  assistant: AssistantMessage
  request: Omit<LanguageModelV4CallOptions, "abortSignal">
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
}

export interface StepResult {
  /** "blocked": the user rejected a call, the model is not asked again. */
  outcome: "continue" | "stop" | "blocked" | "aborted" | "error"
  assistant: AssistantMessage
  error?: MessageError
  /** Checkpoint after the step. */
  after?: string
}

interface Open {
  live?: LiveText
  type: "text" | "reasoning"
  metadata: Record<string, unknown> | undefined
}

interface Finish {
  reason: LanguageModelV4FinishReason
  usage: LanguageModelV4Usage
  at: number
}

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
      if (step.hasCalls) {
        // What the tools did counts: the next request goes on from their results.
        const salvaged = await step.salvage(failure.retry !== "no")
        if (salvaged) return salvaged
        return step.fail(error)
      }
      if (failure.retry === "no" || attempt > retryLimit(failure.retry, input.calls.workspace.retryLimit)) {
        return step.fail(error)
      }
      step.discard()
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
  readonly #open = new Map<string, Open>()
  readonly #calls = new Map<string, Call>()
  readonly #texts: (TextPart | ReasoningPart)[] = []
  #assistant: AssistantMessage
  #start: StepStartPart | undefined
  #startedAt = 0

  constructor(input: StepInput) {
    this.#input = input
    this.#assistant = input.assistant
  }

  get hasCalls(): boolean {
    return this.#calls.size > 0
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
      const end = this.#handle(chunk)
      if (end) finish = end
    })
    if (signal.aborted) throw new AbortedError()
    const reason = finish?.reason.unified
    if (!finish || reason === "interrupted") throw this.#unfinished()
    if (reason === "error") throw new BrokenAnswerError("The model provider ended its answer with an error.", true)
    if (reason === "other" && !this.#start) throw this.#unfinished()
    return finish
  }

  #streamError(error: unknown): unknown {
    return error instanceof Error && UNFINISHED.test(error.message) ? this.#unfinished() : error
  }

  /** A stream that began well and stopped is worth another try; one without a single word is no model's. */
  #unfinished(): BrokenAnswerError {
    if (this.#start) {
      return new BrokenAnswerError("The connection to the model provider ended before the answer was complete.", true)
    }
    return new BrokenAnswerError(
      "The model provider answered with nothing that a model would say. Check the provider's base URL and the model's name.",
      false,
    )
  }

  #handle(chunk: LanguageModelV4StreamPart): Finish | undefined {
    switch (chunk.type) {
      case "text-delta": {
        const open = this.#open.get(chunk.id) ?? this.#begin(chunk.id, "text", chunk.providerMetadata)
        if (chunk.delta === "") return undefined
        open.live ??= this.#stream(open)
        open.live.append(chunk.delta)
        return undefined
      }
      case "reasoning-delta": {
        const open = this.#open.get(chunk.id) ?? this.#begin(chunk.id, "reasoning", chunk.providerMetadata)
        // Signatures come with an empty delta.
        if (chunk.providerMetadata) open.metadata = { ...open.metadata, ...chunk.providerMetadata }
        if (chunk.delta === "") return undefined
        open.live ??= this.#stream(open)
        open.live.append(chunk.delta)
        return undefined
      }
      case "text-start":
        this.#begin(chunk.id, "text", chunk.providerMetadata)
        return undefined
      case "reasoning-start":
        this.#begin(chunk.id, "reasoning", chunk.providerMetadata)
        return undefined
      case "text-end":
      case "reasoning-end":
        this.#end(chunk.id, chunk.providerMetadata)
        return undefined
      case "tool-input-start":
        this.#call(chunk.id, chunk.toolName)
        return undefined
      case "tool-input-delta":
        this.#calls.get(chunk.id)?.input(chunk.delta)
        return undefined
      case "tool-call": {
        const call = this.#call(chunk.toolCallId, chunk.toolName)
        if (!chunk.providerExecuted) call.start(chunk.input, chunk.providerMetadata)
        return undefined
      }
      case "tool-result":
        this.#calls.get(chunk.toolCallId)?.provided(chunk.result, chunk.isError === true)
        return undefined
      case "error":
        throw this.#streamError(chunk.error)
      case "finish":
        return { reason: chunk.finishReason, usage: chunk.usage, at: Date.now() }
      default:
        return undefined
    }
  }

  #begin(id: string, type: Open["type"], metadata: Record<string, unknown> | undefined): Open {
    const open: Open = { type, metadata }
    this.#open.set(id, open)
    return open
  }

  #stream(open: Open): LiveText {
    this.#announceStart()
    const base = {
      id: ascending("prt"),
      sessionID: this.#assistant.sessionID,
      messageID: this.#assistant.id,
      text: "",
      time: { start: Date.now() },
    }
    return this.#store.stream(
      this.#scope,
      open.type === "text" ? { ...base, type: "text" } : { ...base, type: "reasoning" },
    )
  }

  #end(id: string, metadata: Record<string, unknown> | undefined) {
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    const all = { ...open.metadata, ...metadata }
    const kept = Object.keys(all).length > 0 ? { metadata: all } : {}
    // Hidden reasoning has no text, only the provider's signature, which must go back to it.
    if (!open.live && (open.type === "text" || !kept.metadata)) return
    const live = open.live ?? this.#stream(open)
    const part = {
      ...live.part,
      text: live.close(),
      ...kept,
      time: { start: live.part.time?.start ?? Date.now(), end: Date.now() },
    }
    this.#texts.push(part)
    this.#store.commit(this.#scope, { type: "part", part })
  }

  #call(id: string, name: string): Call {
    const known = this.#calls.get(id)
    if (known) return known
    this.#announceStart()
    const call = new Call(this.#input.calls, {
      id: ascending("prt"),
      sessionID: this.#assistant.sessionID,
      messageID: this.#assistant.id,
      callID: id,
      tool: name,
    })
    this.#calls.set(id, call)
    return call
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

  #closeTexts() {
    for (const id of [...this.#open.keys()]) this.#end(id, undefined)
  }

  /** Ends the step after the model's last word: waits for its tools, books usage, closes the message. */
  async complete(finish: Finish): Promise<StepResult> {
    this.#announceStart()
    this.#closeTexts()
    await Promise.all([...this.#calls.values()].map((call) => call.done))
    for (const call of this.#calls.values()) call.interrupt()
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    const called = this.#calls.size > 0
    const reason = called ? "tool-calls" : finish.reason.unified
    const tokens = tokensOf(finish.usage)
    return this.#finish(called ? "tool-calls" : reason, tokens, finish.at, finish.reason.unified)
  }

  /** After a failure in mid-stream: keeps what the tools did, if all is in place for the model to go on from there. */
  async salvage(retryable: boolean): Promise<StepResult | undefined> {
    const calls = [...this.#calls.values()]
    if (!retryable || !calls.some((call) => call.started)) return undefined
    this.#closeTexts()
    await Promise.all(calls.map((call) => call.done))
    for (const call of calls) call.interrupt()
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    return this.#finish("tool-calls", tokensOf(undefined), Date.now(), "tool-calls")
  }

  async #finish(reason: string, tokens: Tokens, end: number, unified: string): Promise<StepResult> {
    const { resolved, calls } = this.#input
    await this.#input.calls.checkpoint()
    const before = await this.watch()
    const mutated = [...this.#calls.values()].some((call) => call.mutates)
    const after = mutated ? ((await this.#input.track()) ?? before) : before
    if (this.#input.signal.aborted) return this.fail(new AbortedError())
    const cost = costOf(resolved.model, tokens)
    const ids = { sessionID: this.#assistant.sessionID, messageID: this.#assistant.id }
    const elapsed = Math.max(0, end - this.#startedAt)
    const generated = tokens.output + tokens.reasoning
    const filtered = unified === "content-filter"
    this.#assistant = { ...this.#assistant, cost, tokens, finish: reason }
    const changes: Change[] = []
    if (unified === "length" && reason === "length") {
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
    if (filtered) return { ...this.fail(new FilteredError()), ...rest }
    this.#assistant = { ...this.#assistant, time: { ...this.#assistant.time, completed: Date.now() } }
    this.#store.commit(this.#scope, { type: "message", info: this.#assistant })
    const blocked = [...this.#calls.values()].some((call) => call.rejected)
    const outcome = blocked ? "blocked" : calls.signal.aborted ? "aborted" : this.#calls.size > 0 ? "continue" : "stop"
    return { outcome, assistant: this.#assistant, ...rest }
  }

  /** Takes back a partial answer that is going to be asked for again. */
  discard() {
    this.#closeTexts()
    const removed = this.#texts.splice(0)
    if (removed.length > 0) {
      this.#store.commit(this.#scope, ...removed.map((part) => ({ type: "part.removed" as const, part })))
    }
  }

  /** Closes everything that is open; the message says what went wrong, then the session does. */
  fail(error: unknown): StepResult {
    const aborted = error instanceof AbortedError
    const failure = classify(error, this.#assistant.providerID)
    this.#closeTexts()
    for (const call of this.#calls.values()) call.interrupt()
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
    return { outcome: aborted ? "aborted" : "error", assistant: this.#assistant, error: failure.error }
  }
}
