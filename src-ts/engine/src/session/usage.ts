import type { LanguageModelV4Usage } from "@ai-sdk/provider"
import type { Tokens } from "../message/types.ts"

/** Token counts as the wire has them: input without cache, output without reasoning (contract: behaviour section 5). */
export function tokensOf(usage: LanguageModelV4Usage | undefined): Tokens {
  const input = usage?.inputTokens
  const output = usage?.outputTokens
  const read = input?.cacheRead ?? 0
  const write = input?.cacheWrite ?? 0
  const reasoning = output?.reasoning ?? 0
  const totalIn = input?.total ?? (input?.noCache ?? 0) + read + write
  const totalOut = output?.total ?? (output?.text ?? 0) + reasoning
  return {
    total: totalIn + totalOut,
    input: input?.noCache ?? Math.max(0, totalIn - read - write),
    output: Math.max(0, totalOut - reasoning),
    reasoning,
    cache: { read, write },
  }
}
