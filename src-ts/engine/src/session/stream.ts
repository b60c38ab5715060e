import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider"
import { ascending } from "../id/index.ts"
import type { ReasoningPart, TextPart } from "../message/types.ts"
import { Call, type CallContext } from "./call.ts"
import { BrokenAnswerError, TooLongError, UNFINISHED } from "./failure.ts"
import type { LiveText } from "./store.ts"

/** How the model ended its answer. */
export interface Finish {
  reason: LanguageModelV4FinishReason
  usage: LanguageModelV4Usage
  at: number
}

interface Open {
  live?: LiveText
  type: "text" | "reasoning"
  metadata: Record<string, unknown> | undefined
}

/** No model's output limit comes near this many characters: what goes on for longer will not end by itself. */
const MAX_CHARS = 4_000_000
/** Texts and calls of one answer. */
const MAX_PARTS = 1_000

/**
 * The parts of one answer while it streams: texts and reasoning, opened with their first word, and tool calls, which
 * start as soon as they are complete.
 */
export class AnswerStream {
  readonly #context: CallContext
  readonly #ids: { sessionID: string; messageID: string }
  readonly #onStart: () => void
  readonly #open = new Map<string, Open>()
  readonly #calls = new Map<string, Call>()
  readonly #texts: (TextPart | ReasoningPart)[] = []
  #chars = 0
  #parts = 0
  #began = false

  /** `onStart` is called before the first part is announced, and may be called again. */
  constructor(context: CallContext, ids: { sessionID: string; messageID: string }, onStart: () => void) {
    this.#context = context
    this.#ids = ids
    this.#onStart = onStart
  }

  get calls(): Call[] {
    return [...this.#calls.values()]
  }

  /** The closed texts of the answer, without reasoning. */
  get text(): string {
    return this.#texts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")
  }

  /** Whether the model has said anything, even if it was taken back. */
  get began(): boolean {
    return this.#began
  }

  get #store() {
    return this.#context.workspace.store
  }

  get #scope() {
    return this.#context.workspace.scope
  }

  /** Takes one piece of the stream. Throws what the stream reports as an error, and when the answer has no end. */
  handle(chunk: LanguageModelV4StreamPart): Finish | undefined {
    switch (chunk.type) {
      case "text-delta": {
        const open = this.#open.get(chunk.id) ?? this.#begin(chunk.id, "text", chunk.providerMetadata)
        if (chunk.delta === "") return undefined
        this.#count(chunk.delta)
        open.live ??= this.#stream(open)
        open.live.append(chunk.delta)
        return undefined
      }
      case "reasoning-delta": {
        const open = this.#open.get(chunk.id) ?? this.#begin(chunk.id, "reasoning", chunk.providerMetadata)
        // Signatures come with an empty delta.
        if (chunk.providerMetadata) open.metadata = { ...open.metadata, ...chunk.providerMetadata }
        if (chunk.delta === "") return undefined
        this.#count(chunk.delta)
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
        this.#count(chunk.delta)
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
        throw isUnfinished(chunk.error) ? this.unfinished() : chunk.error
      case "finish":
        return { reason: chunk.finishReason, usage: chunk.usage, at: Date.now() }
      default:
        return undefined
    }
  }

  /** Closes texts that the provider left open. */
  closeTexts() {
    for (const id of [...this.#open.keys()]) this.#end(id, undefined)
  }

  /** Closes calls that get no result any more. */
  interrupt(reason?: string) {
    for (const call of this.#calls.values()) call.interrupt(reason)
  }

  /** Resolves when every call that was started has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.calls.map((call) => call.done))
  }

  /** A stream that began well and stopped is worth another try; one without a single word is no model's. */
  unfinished(): BrokenAnswerError {
    if (this.#began) {
      return new BrokenAnswerError("The connection to the model provider ended before the answer was complete.", true)
    }
    return new BrokenAnswerError(
      "The model provider answered with nothing that a model would say. Check the provider's base URL and the model's name.",
      false,
    )
  }

  /** Takes back a partial answer that is going to be asked for again. */
  discard() {
    this.closeTexts()
    this.#chars = 0
    this.#parts = 0
    const removed = this.#texts.splice(0)
    if (removed.length > 0) {
      this.#store.commit(this.#scope, ...removed.map((part) => ({ type: "part.removed" as const, part })))
    }
  }

  #count(delta: string) {
    this.#chars += delta.length
    if (this.#chars > MAX_CHARS) throw new TooLongError()
  }

  #beginPart() {
    this.#began = true
    this.#onStart()
    this.#parts += 1
    if (this.#parts > MAX_PARTS) throw new TooLongError()
  }

  #begin(id: string, type: Open["type"], metadata: Record<string, unknown> | undefined): Open {
    // A provider that uses an id again means another part.
    this.#end(id, undefined)
    const open: Open = { type, metadata }
    this.#open.set(id, open)
    return open
  }

  #stream(open: Open): LiveText {
    this.#beginPart()
    const base = { id: ascending("prt"), ...this.#ids, text: "", time: { start: Date.now() } }
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
    this.#beginPart()
    const call = new Call(this.#context, { id: ascending("prt"), ...this.#ids, callID: id, tool: name })
    this.#calls.set(id, call)
    return call
  }
}

function isUnfinished(error: unknown): boolean {
  return error instanceof Error && UNFINISHED.test(error.message)
}
