import type { AssistantMessage, CompactionPart, MessageWithParts } from "./types.ts"

/** Text parts of a prompt that was given again after a compaction carry the id of the message that they repeat. */
export const REPEATS = "repeats"

/** What a model is shown of a session. */
export interface View {
  /** What stands for everything before `items`. */
  summary?: string
  items: MessageWithParts[]
  /** Index of the first item that came after the summary. */
  fresh: number
}

/**
 * The part of a history that counts: after the newest complete summary only the messages that it left as they are (from
 * `tail_start_id` on) and those that came later. Everything else stays in the session for people to read.
 */
export function viewOf(history: MessageWithParts[]): View {
  const at = history.findLastIndex(isSummary)
  const summary = history[at]?.info
  const plain = (item: MessageWithParts) =>
    !(item.info.role === "assistant" && item.info.summary) && markerOf(item) === undefined
  if (summary?.role !== "assistant") return { items: history.filter(plain), fresh: 0 }
  const marker = history.findIndex((item) => item.info.id === summary.parentID)
  const start = history[marker] && markerOf(history[marker])?.tail_start_id
  const tail = start === undefined ? -1 : history.findIndex((item) => item.info.id === start)
  const repeated = new Set(history.slice(marker + 1).flatMap(repeats))
  const kept = tail < 0 ? [] : history.slice(tail, Math.max(0, marker)).filter((item) => !repeated.has(item.info.id))
  const before = kept.filter(plain)
  return {
    summary: textOf(history[at]),
    items: [...before, ...history.slice(marker + 1).filter(plain)],
    fresh: before.length,
  }
}

/** The compaction part of a message that asks for a summary. */
export function markerOf(item: MessageWithParts): CompactionPart | undefined {
  if (item.info.role !== "user") return undefined
  return item.parts.find((part) => part.type === "compaction")
}

/** A summary that is whole: one that was cut off or failed stands for nothing. */
function isSummary(item: MessageWithParts): boolean {
  const info = item.info
  if (info.role !== "assistant" || !info.summary) return false
  return isDone(info) && textOf(item).trim() !== ""
}

function isDone(info: AssistantMessage): boolean {
  return info.error === undefined && info.time.completed !== undefined
}

function repeats(item: MessageWithParts): string[] {
  return item.parts.flatMap((part) => {
    const id = part.type === "text" ? part.metadata?.[REPEATS] : undefined
    return typeof id === "string" ? [id] : []
  })
}

function textOf(item: MessageWithParts | undefined): string {
  return (item?.parts ?? []).flatMap((part) => (part.type === "text" && !part.ignored ? [part.text] : [])).join("\n\n")
}

/** Index of the first message that `viewOf` needs; -1 when it lies before these, or when nothing was condensed yet. */
export function startOf(history: MessageWithParts[]): number {
  const at = history.findLastIndex(isSummary)
  const summary = history[at]?.info
  if (summary?.role !== "assistant") return -1
  const marker = history.findIndex((item) => item.info.id === summary.parentID)
  const tail = history[marker] && markerOf(history[marker])?.tail_start_id
  return tail === undefined ? marker : history.findIndex((item) => item.info.id === tail)
}
