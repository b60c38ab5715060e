import type { MessageWithParts, Part } from "./types.ts"

/** What a picture or document costs at most providers, roughly. */
const MEDIA = 1_500

/** A rough count of tokens, on the high side for code: four letters of Latin text each, other scripts one to two a character. */
export function estimateText(text: string): number {
  // A cheap sample decides: counting every character of a long history would cost more than the answer is worth.
  let other = 0
  const stride = Math.max(1, Math.floor(text.length / 512))
  let seen = 0
  for (let at = 0; at < text.length; at += stride) {
    seen += 1
    if (text.charCodeAt(at) > 0x2ff) other += 1
  }
  const share = seen === 0 ? 0 : other / seen
  return Math.ceil(text.length * (0.27 + share * 0.9))
}

/** Tokens of a message as a model is shown it. */
export function estimateMessage(item: MessageWithParts): number {
  return item.parts.reduce((sum, part) => sum + estimatePart(part), 4)
}

export function estimatePart(part: Part): number {
  switch (part.type) {
    case "text":
      return part.ignored ? 0 : estimateText(part.text)
    case "reasoning":
      return estimateText(part.text)
    case "file":
      return part.mime.startsWith("text/") || part.mime === "application/x-directory" ? 0 : MEDIA
    case "subtask":
      return estimateText(part.prompt)
    case "tool":
      return 12 + estimateText(JSON.stringify(part.state.input)) + estimateOutput(part.state)
    default:
      return 0
  }
}

function estimateOutput(state: Extract<Part, { type: "tool" }>["state"]): number {
  if (state.status === "error") return estimateText(state.error)
  if (state.status !== "completed" || state.time.compacted !== undefined) return 10
  return estimateText(state.output) + (state.attachments?.length ?? 0) * MEDIA
}
