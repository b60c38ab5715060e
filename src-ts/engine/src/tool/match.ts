import { ToolError } from "./define.ts"
import { dominantEol, withEol } from "./support/text.ts"

export interface Replaced {
  text: string
  count: number
  /** Empty for an exact match, else what was overlooked to find the text. */
  tolerance: "" | "trailing whitespace" | "indentation" | "whitespace" | "lines in between"
}

/** How alike the lines between two anchors must be. */
const NEARLY = 0.8
const MAX_ANCHORED = 400

interface Found {
  start: number
  end: number
  replacement: string
}

/**
 * Replaces `old` in `text` by `now`. Looks for the exact text first, then line by line without trailing whitespace, then
 * with another indentation (the new text is indented alike), then with other blanks inside the lines, and last for a
 * block whose first and last lines fit and whose lines in between are nearly the same. Line endings of the file are
 * kept, line by line. Throws ToolError when nothing is found, or when there are several places and `all` is not set.
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
    ["whitespace", () => byLines(unix, wanted, fresh, sameButBlanks)],
    // Guessing at one place is help, guessing at many is damage.
    ["lines in between", () => (all ? [] : byAnchors(unix, wanted, fresh))],
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
  const { wanted, closed } = linesOf(old)
  if (!wanted.some((line) => line.trim() !== "")) return []
  const lines = text.split("\n")
  const place = placer(text, lines, closed)
  const probe = collapsed(wanted[0] ?? "")
  const found: Found[] = []
  for (let index = 0; index + wanted.length <= lines.length; index += 1) {
    if (collapsed(lines[index] ?? "") !== probe) continue
    const replacement = match(lines.slice(index, index + wanted.length), wanted, now)
    if (replacement === undefined) continue
    found.push(place(index, wanted.length, replacement))
    index += wanted.length - 1
  }
  return found
}

/** Blocks between two lines that fit exactly but for blanks, when what is in between is nearly what was meant. */
function byAnchors(text: string, old: string, now: string): Found[] {
  const { wanted, closed } = linesOf(old)
  const first = collapsed(wanted[0] ?? "")
  const last = collapsed(wanted.at(-1) ?? "")
  if (wanted.length < 3 || wanted.length > MAX_ANCHORED || first === "" || last === "") return []
  const lines = text.split("\n")
  const place = placer(text, lines, closed)
  const slack = Math.max(1, Math.floor(wanted.length / 4))
  const middle = wanted.slice(1, -1).map(collapsed).join("\n")
  const found: Found[] = []
  for (const [index, line] of lines.entries()) {
    if (collapsed(line) !== first) continue
    const [from, to] = [indentOf(wanted[0] ?? ""), indentOf(line)]
    const closing = indentOf(reindent(wanted.at(-1) ?? "", from, to) ?? "\0")
    for (let size = Math.max(3, wanted.length - slack); size <= wanted.length + slack; size += 1) {
      const end = lines[index + size - 1] ?? ""
      if (collapsed(end) !== last || indentOf(end) !== closing) continue
      const inside = lines.slice(index + 1, index + size - 1)
      if (likeness(middle, inside.map(collapsed).join("\n")) < NEARLY) continue
      found.push(place(index, size, moved(now, from, to)))
    }
  }
  return found
}

/** Compared line by line; a newline at the end belongs to the last line. */
function linesOf(old: string): { wanted: string[]; closed: boolean } {
  const closed = old.endsWith("\n")
  return { wanted: (closed ? old.slice(0, -1) : old).split("\n"), closed }
}

/** Makes the place of some lines from the first one's index and their count. */
function placer(text: string, lines: string[], closed: boolean) {
  const starts: number[] = []
  let offset = 0
  for (const line of lines) {
    starts.push(offset)
    offset += line.length + 1
  }
  return (index: number, count: number, replacement: string): Found => {
    const start = starts[index] ?? 0
    const after = starts[index + count]
    const end = closed && after !== undefined ? after : after !== undefined ? after - 1 : text.length
    // At the end of a file without a last newline, the old text's newline has nothing to stand for.
    const cut = closed && after === undefined ? replacement.replace(/\n$/, "") : replacement
    return { start, end, replacement: cut }
  }
}

const sameButEnds: LineMatch = (lines, old, now) =>
  lines.every((line, index) => line.trimEnd() === old[index]?.trimEnd()) ? now : undefined

/** The same lines, all moved left or right by one and the same indentation. */
const shifted: LineMatch = (lines, old, now) => alike(lines, old, now, (line) => line.trim())

/** The same words with other blanks between them, moved likewise. */
const sameButBlanks: LineMatch = (lines, old, now) => alike(lines, old, now, collapsed)

function alike(lines: string[], old: string[], now: string, inner: (line: string) => string): string | undefined {
  if (!lines.every((line, index) => inner(line) === inner(old[index] ?? ""))) return undefined
  const first = old.findIndex((line) => line.trim() !== "")
  const from = indentOf(old[first] ?? "")
  const to = indentOf(lines[first] ?? "")
  for (const [index, line] of lines.entries()) {
    const wanted = old[index] ?? ""
    if (wanted.trim() === "") continue
    const shift = reindent(wanted, from, to)
    if (shift === undefined || indentOf(shift) !== indentOf(line)) return undefined
  }
  return moved(now, from, to)
}

/** The text with the indentation `from` of its lines replaced by `to`. */
export function moved(text: string, from: string, to: string): string {
  if (from === to) return text
  return text
    .split("\n")
    .map((line) => (line.trim() === "" ? line : (reindent(line, from, to) ?? line)))
    .join("\n")
}

function collapsed(line: string): string {
  return line.trim().replace(/\s+/g, " ")
}

/** Share of letter pairs that two texts have in common, from 0 to 1. */
function likeness(a: string, b: string): number {
  if (a === b) return 1
  if (a.length < 2 || b.length < 2) return 0
  const pairs = new Map<string, number>()
  for (let at = 0; at < a.length - 1; at += 1) {
    const pair = a.slice(at, at + 2)
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  }
  let common = 0
  for (let at = 0; at < b.length - 1; at += 1) {
    const pair = b.slice(at, at + 2)
    const left = pairs.get(pair) ?? 0
    if (left === 0) continue
    common += 1
    pairs.set(pair, left - 1)
  }
  return (2 * common) / (a.length + b.length - 2)
}

export function indentOf(line: string): string {
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
