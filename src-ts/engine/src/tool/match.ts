import { ToolError } from "./define.ts"
import { dominantEol, withEol } from "./support/text.ts"

export interface Replaced {
  text: string
  count: number
  /** Empty for an exact match, else what was overlooked to find the text. */
  tolerance: "" | "trailing whitespace" | "indentation"
}

interface Found {
  start: number
  end: number
  replacement: string
}

/**
 * Replaces `old` in `text` by `now`. Looks for the exact text first, then line by line without trailing whitespace, then
 * with another indentation (the new text is indented alike). Line endings of the file are kept, line by line.
 * Throws ToolError when nothing is found, or when there are several places and `all` is not set.
 */
export function replaceText(text: string, old: string, now: string, all: boolean, shown: string): Replaced {
  if (old === now) throw new ToolError("oldString and newString are the same: there is nothing to change.")
  const eol = dominantEol(text)
  const unix = text.replaceAll("\r\n", "\n")
  const wanted = old.replaceAll("\r\n", "\n")
  const fresh = now.replaceAll("\r\n", "\n")

  const stages: [Replaced["tolerance"], () => Found[]][] = [
    ["", () => exact(unix, wanted, fresh)],
    ["trailing whitespace", () => byLines(unix, wanted, fresh, sameButEnds)],
    ["indentation", () => byLines(unix, wanted, fresh, shifted)],
  ]
  for (const [tolerance, find] of stages) {
    const found = find()
    if (found.length === 0) continue
    if (found.length > 1 && !all) throw new ToolError(ambiguous(unix, found, shown))
    const original = originalOffsets(text)
    let result = ""
    let from = 0
    for (const { start, end, replacement } of found) {
      result += text.slice(from, original(start)) + withEol(replacement, eol)
      from = original(end)
    }
    return { text: result + text.slice(from), count: found.length, tolerance }
  }
  throw new ToolError(notFound(unix, wanted, shown))
}

function exact(text: string, old: string, now: string): Found[] {
  const found: Found[] = []
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length)) {
    found.push({ start: at, end: at + old.length, replacement: now })
  }
  return found
}

/** How the new text must look where these lines stand for the old ones; undefined when they do not. */
type LineMatch = (lines: string[], old: string[], now: string) => string | undefined

function byLines(text: string, old: string, now: string, match: LineMatch): Found[] {
  const closed = old.endsWith("\n")
  const wanted = (closed ? old.slice(0, -1) : old).split("\n")
  if (!wanted.some((line) => line.trim() !== "")) return []
  const lines = text.split("\n")
  const starts: number[] = []
  let offset = 0
  for (const line of lines) {
    starts.push(offset)
    offset += line.length + 1
  }
  const probe = wanted[0]?.trim()
  const found: Found[] = []
  for (let index = 0; index + wanted.length <= lines.length; index += 1) {
    if (lines[index]?.trim() !== probe) continue
    const replacement = match(lines.slice(index, index + wanted.length), wanted, now)
    if (replacement === undefined) continue
    const start = starts[index] ?? 0
    const after = starts[index + wanted.length]
    const end = closed && after !== undefined ? after : after !== undefined ? after - 1 : text.length
    // At the end of a file without a last newline, the old text's newline has nothing to stand for.
    const cut = closed && after === undefined ? replacement.replace(/\n$/, "") : replacement
    found.push({ start, end, replacement: cut })
    index += wanted.length - 1
  }
  return found
}

const sameButEnds: LineMatch = (lines, old, now) =>
  lines.every((line, index) => line.trimEnd() === old[index]?.trimEnd()) ? now : undefined

/** The same lines, all moved left or right by one and the same indentation. */
const shifted: LineMatch = (lines, old, now) => {
  if (!lines.every((line, index) => line.trim() === old[index]?.trim())) return undefined
  const first = old.findIndex((line) => line.trim() !== "")
  const from = indentOf(old[first] ?? "")
  const to = indentOf(lines[first] ?? "")
  for (const [index, line] of lines.entries()) {
    const wanted = old[index] ?? ""
    if (wanted.trim() === "") continue
    const moved = reindent(wanted, from, to)
    if (moved === undefined || indentOf(moved) !== indentOf(line)) return undefined
  }
  return now
    .split("\n")
    .map((line) => (line.trim() === "" ? line : (reindent(line, from, to) ?? line)))
    .join("\n")
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? ""
}

function reindent(line: string, from: string, to: string): string | undefined {
  return line.startsWith(from) ? to + line.slice(from.length) : undefined
}

/** Offset in the text as it is on disk for one in the text with plain newlines. */
function originalOffsets(text: string): (offset: number) => number {
  const marks: number[] = []
  for (let at = text.indexOf("\r\n"); at >= 0; at = text.indexOf("\r\n", at + 2)) marks.push(at - marks.length)
  return (offset) => {
    // Count of line endings that start before the offset.
    let low = 0
    let high = marks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((marks[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return offset + low
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length
}

function ambiguous(text: string, found: Found[], shown: string): string {
  const lines = found.slice(0, 10).map((each) => lineAt(text, each.start))
  return (
    `oldString is found ${found.length} times in ${shown} (lines ${lines.join(", ")}${found.length > 10 ? ", …" : ""}). ` +
    "Add surrounding lines to make it unique, or set replaceAll to change every place."
  )
}

function notFound(text: string, old: string, shown: string): string {
  const first = old.split("\n").find((line) => line.trim() !== "")
  const near = first === undefined ? [] : linesLike(text, first.trim())
  const hint = near.length > 0 ? ` Its first line stands in line ${near.join(", ")}, but what follows differs.` : ""
  return `oldString is not in ${shown}.${hint} Read the file again and copy the text exactly, without line numbers.`
}

function linesLike(text: string, wanted: string): number[] {
  const numbers: number[] = []
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === wanted) numbers.push(index + 1)
    if (numbers.length >= 5) break
  }
  return numbers
}
