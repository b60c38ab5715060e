import { estimateText, viewOf } from "../message/index.ts"
import type { MessageWithParts, Part, ToolPart } from "../message/types.ts"

/** Longest piece of one text, and of one tool's output, at full size; both shrink when the whole does not fit. */
const TEXT = 12_000
const OUTPUT = 4_000

/**
 * A conversation as plain text, for a model that is to condense it: no tools, no media, no reasoning. Fits into about `budget`
 * tokens: long pieces lose their middle first, then messages in the middle go; what the user wrote stays longest.
 */
export function transcriptOf(history: MessageWithParts[], budget: number): string {
  const { summary, items } = viewOf(history)
  const head = summary ? [`# Summary of what came before\n${summary}`] : []
  for (const scale of [1, 0.5, 0.25, 0.1]) {
    const lines = [...head, ...items.map((item) => entry(item, scale)).filter((text) => text !== "")]
    const whole = lines.join("\n\n")
    if (estimateText(whole) <= budget) return whole
    if (scale === 0.1) return withoutMiddle(lines, budget)
  }
  return ""
}

/** The beginning says what it is all about, the end where it stands; what lies between goes. */
function withoutMiddle(lines: string[], budget: number): string {
  const first: string[] = []
  let left = budget
  for (const line of lines.slice(0, 3)) {
    const text = middleCut(line, Math.max(400, Math.floor(budget / 2)))
    left -= estimateText(text)
    first.push(text)
  }
  const last: string[] = []
  let at = lines.length - 1
  for (; at >= first.length; at -= 1) {
    const line = lines[at] ?? ""
    const cost = estimateText(line)
    if (cost > left) break
    left -= cost
    last.unshift(line)
  }
  const gone = at + 1 - first.length
  return [...first, ...(gone > 0 ? [`(${gone} messages are left out here)`] : []), ...last].join("\n\n")
}

function entry({ info, parts }: MessageWithParts, scale: number): string {
  const said = parts.map((part) => (info.role === "user" ? fromUser(part, scale) : fromAgent(part, scale)))
  const text = said.filter((line) => line !== "").join("\n")
  if (text === "") return ""
  return `# ${info.role === "user" ? "User" : "Agent"}\n${text}`
}

function fromUser(part: Part, scale: number): string {
  if (part.type === "text" && !part.ignored) return middleCut(part.text, TEXT * (part.synthetic ? scale : 1))
  if (part.type === "file") return `(attached: ${part.filename ?? part.url.slice(0, 80)}, ${part.mime})`
  if (part.type === "subtask") return `(sub-task for ${part.agent}: ${middleCut(part.prompt, TEXT * scale)})`
  return ""
}

function fromAgent(part: Part, scale: number): string {
  if (part.type === "text" && !part.ignored) return middleCut(part.text, TEXT * scale)
  if (part.type === "tool") return call(part, scale)
  return ""
}

function call(part: ToolPart, scale: number): string {
  const { state } = part
  const input = middleCut(JSON.stringify(state.input), OUTPUT * scale)
  if (state.status === "error") return `(${part.tool} ${input} failed: ${middleCut(state.error, OUTPUT * scale)})`
  if (state.status !== "completed") return `(${part.tool} ${input}: interrupted)`
  if (state.time.compacted !== undefined) return `(${part.tool} ${input}: done)`
  return `(${part.tool} ${input} gave:\n${middleCut(state.output, OUTPUT * scale)})`
}

export function middleCut(text: string, length: number): string {
  const limit = Math.max(80, Math.floor(length))
  if (text.length <= limit) return text
  const half = Math.floor(limit / 2)
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters left out …]\n${text.slice(-half)}`
}
