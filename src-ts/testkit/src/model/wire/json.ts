/** Small readers for bodies of unknown shape: a test server must not crash on what it is sent. */

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}
}

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : []
}

export function string(value: unknown): string {
  return typeof value === "string" ? value : ""
}

/** Text of a content field: a string, or the `text` of its parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content
  return records(content)
    .map((part) => string(part.text))
    .filter((text) => text !== "")
    .join("\n")
}

/** A result of a tool as text, whatever the wire wraps it in. */
export function resultText(value: unknown): string {
  if (typeof value === "string") return value
  return textOf(value) || JSON.stringify(value ?? "")
}

/** One SSE frame; with a name for the wires that use `event:` lines. */
export function frame(data: unknown, event?: string): string {
  const text = typeof data === "string" ? data : JSON.stringify(data)
  return event ? `event: ${event}\ndata: ${text}\n\n` : `data: ${text}\n\n`
}

/** Cuts a text in pieces as a tokenizer would send them: arguments of tools arrive in more than one frame. */
export function pieces(text: string, count = 3): string[] {
  const size = Math.max(1, Math.ceil(text.length / count))
  const found: string[] = []
  for (let at = 0; at < text.length; at += size) found.push(text.slice(at, at + size))
  return found
}

/** Parsed JSON, or an empty object: some wires carry arguments as values and cannot send a broken text. */
export function parsedOrEmpty(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text))
  } catch {
    return {}
  }
}
