import { randomUUID } from "node:crypto"
import { setImmediate as breathe } from "node:timers/promises"
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider"
import { nextMove } from "./moves.ts"
import type { Move } from "./say.ts"
import { readTurn } from "./turn.ts"

const NONE: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

/**
 * The offline guide: a language model made of rules. It has no private path: it sees the prompt and the offered tools like any model,
 * and acts only through tool calls, one step after the other, until it gives its answer.
 */
export function createGuide(): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "offline",
    modelId: "guide",
    supportedUrls: {},
    async doStream(options) {
      options.abortSignal?.throwIfAborted()
      return { stream: ReadableStream.from(parts(nextMove(readTurn(options)), options)) }
    },
    async doGenerate(options) {
      options.abortSignal?.throwIfAborted()
      const move = nextMove(readTurn(options))
      const content: LanguageModelV4Content[] = [{ type: "text", text: move.text }]
      for (const item of move.calls ?? [])
        content.push({
          type: "tool-call",
          toolCallId: callID(),
          toolName: item.tool,
          input: JSON.stringify(item.input),
        })
      return { content, finishReason: reasonOf(move), usage: NONE, warnings: [] }
    },
  }
}

async function* parts(
  move: Move,
  options: LanguageModelV4CallOptions,
): AsyncGenerator<LanguageModelV4StreamPart, void, undefined> {
  yield { type: "stream-start", warnings: [] }
  const id = randomUUID()
  yield { type: "text-start", id }
  for (const delta of pieces(move.text)) {
    // Lets an abort, and other sessions, in between.
    await breathe()
    options.abortSignal?.throwIfAborted()
    yield { type: "text-delta", id, delta }
  }
  yield { type: "text-end", id }
  for (const item of move.calls ?? []) {
    const toolCallId = callID()
    const input = JSON.stringify(item.input)
    yield { type: "tool-input-start", id: toolCallId, toolName: item.tool }
    yield { type: "tool-input-delta", id: toolCallId, delta: input }
    yield { type: "tool-input-end", id: toolCallId }
    yield { type: "tool-call", toolCallId, toolName: item.tool, input }
  }
  yield { type: "finish", usage: NONE, finishReason: reasonOf(move) }
}

const callID = () => `call_${randomUUID().replaceAll("-", "")}`

const reasonOf = (move: Move) =>
  (move.calls ?? []).length > 0
    ? ({ unified: "tool-calls", raw: "tool-calls" } as const)
    : ({ unified: "stop", raw: "stop" } as const)

/** A few words at a time, so that long code doesn't take thousands of steps. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,40}(?:(?<=\s)|$)|[\s\S]{1,40}/g) ?? []
}
