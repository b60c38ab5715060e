import { estimateMessage, estimateText, viewOf } from "../message/index.ts"
import type { MessageWithParts, Part, Tokens, ToolPart } from "../message/types.ts"
import type { Model } from "../provider/index.ts"

/** `compaction` of the configuration (contract: types, Config). */
export interface CompactionSettings {
  auto?: boolean
  threshold_percent?: number
  prune?: boolean
  tail_turns?: number
  preserve_recent_tokens?: number
  reserved?: number
}

const RESERVED = 20_000
const TAIL_TURNS = 2
/** Tool output is only dropped from behind this much of newer output, and only when that frees this much at least. */
const PROTECTED = 40_000
const WORTHWHILE = 20_000
/** Tools whose output is instructions, not data. */
const KEPT_TOOLS = new Set(["skill"])

/** Tokens that a request may use before the history is condensed; undefined when the model's limit is unknown. */
export function usableTokens(model: Model, settings: CompactionSettings): number | undefined {
  const { context, input, output } = model.limit
  const whole = input && input > 0 ? input : context
  if (!(whole > 0)) return undefined
  const reserved = settings.reserved ?? Math.min(RESERVED, output > 0 ? output : RESERVED)
  // Small models would have nothing left after the usual reserve.
  const usable = Math.max(whole - reserved, Math.floor(whole / 2))
  const percent = settings.threshold_percent
  return percent && percent > 0 ? Math.min(usable, Math.floor((whole * percent) / 100)) : usable
}

/**
 * Tokens that the next request will have: what the provider counted for the last one, and an estimate of what came since.
 * `overhead` is an estimate of system prompt and tools, for a request that has no one before it.
 */
export function usedTokens(history: MessageWithParts[], overhead: number): number {
  const { summary, items, fresh } = viewOf(history)
  const at = items.findLastIndex(
    ({ info }, index) => index >= fresh && info.role === "assistant" && counted(info.tokens) > 0,
  )
  const info = items[at]?.info
  if (info?.role !== "assistant") {
    return overhead + estimateText(summary ?? "") + items.reduce((sum, item) => sum + estimateMessage(item), 0)
  }
  const results = (items[at]?.parts ?? []).filter((part) => part.type === "tool")
  const since = items.slice(at + 1).reduce((sum, item) => sum + estimateMessage(item), 0)
  return counted(info.tokens) + results.reduce((sum, part) => sum + estimateResult(part), 0) + since
}

function counted(tokens: Tokens): number {
  return tokens.input + tokens.cache.read + tokens.cache.write + tokens.output + tokens.reasoning
}

function estimateResult(part: Part): number {
  return estimateMessage({ info: { role: "user" } as MessageWithParts["info"], parts: [part] })
}

/** Whether there is anything to condense: an agent's work, and not just the prompt. */
export function canCompact(history: MessageWithParts[]): boolean {
  return viewOf(history).items.some(
    ({ info, parts }) =>
      info.role === "assistant" &&
      parts.some((part) => (part.type === "text" && !part.ignored) || part.type === "tool"),
  )
}

/**
 * Where the tail begins that a summary leaves as it is: the newest messages of at most `tail_turns` prompts that fit into a
 * quarter of the room. Undefined when not even the last one fits.
 */
export function tailStart(items: MessageWithParts[], usable: number, settings: CompactionSettings): string | undefined {
  const turns = settings.tail_turns ?? TAIL_TURNS
  let left = settings.preserve_recent_tokens ?? Math.min(8_000, Math.floor(usable / 4))
  let prompts = 0
  let start: string | undefined
  for (const item of items.toReversed()) {
    if (prompts >= turns) break
    left -= estimateMessage(item)
    if (left < 0) break
    start = item.info.id
    if (item.info.role === "user") prompts += 1
  }
  return start
}

/**
 * Old tool output that no longer pays: everything behind the newest two prompts and behind the newest part of all output.
 * Empty when it would not free enough to be worth the provider's cache.
 */
export function prunable(history: MessageWithParts[], usable: number | undefined): ToolPart[] {
  const protect = Math.min(PROTECTED, usable === undefined ? PROTECTED : usable / 3)
  const worthwhile = Math.min(WORTHWHILE, protect / 2)
  const found: ToolPart[] = []
  let prompts = 0
  let seen = 0
  let freed = 0
  for (const { info, parts } of viewOf(history).items.toReversed()) {
    if (info.role === "user") prompts += 1
    if (prompts < 2 || info.role === "user") continue
    for (const part of parts.toReversed()) {
      if (part.type !== "tool" || part.state.status !== "completed") continue
      // What lies behind was pruned before.
      if (part.state.time.compacted !== undefined) return freed >= worthwhile ? found : []
      if (KEPT_TOOLS.has(part.tool)) continue
      const size = estimateResult(part)
      seen += size
      if (seen <= protect) continue
      freed += size
      found.push(part)
    }
  }
  return freed >= worthwhile ? found : []
}
