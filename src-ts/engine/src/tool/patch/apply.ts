import { ToolError } from "../define.ts"
import { indentOf, moved } from "../match.ts"
import { dominantEol } from "../support/text.ts"
import type { Hunk } from "./parse.ts"

/** How strictly lines are compared; the strictest that finds something counts. */
const TOLERANCES: ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  (line) => plain(line.trim()),
]

interface Line {
  text: string
  ending: string
}

/**
 * Text with all hunks done, each looked for behind the one before it. Lines that are not touched stay as they are, new
 * ones get the file's line ending. Throws ToolError when a hunk's lines are not there, or stand at several places and no
 * anchor says which one is meant.
 */
export function applyHunks(text: string, hunks: readonly Hunk[], shown: string): string {
  const eol = dominantEol(text)
  const lines = split(text)
  const result: Line[] = []
  let from = 0
  for (const [index, hunk] of hunks.entries()) {
    const at = locate(lines, hunk, from, `Hunk ${index + 1} of ${shown}`)
    result.push(...lines.slice(from, at))
    // Lines that the hunk only names keep their exact text and ending.
    result.push(...merged(lines.slice(at, at + hunk.old.length), hunk, eol))
    from = at + hunk.old.length
  }
  result.push(...lines.slice(from))
  return joined(result, eol, lines.length === 0 || lines.at(-1)?.ending !== "")
}

function split(text: string): Line[] {
  const lines: Line[] = []
  for (const match of text.matchAll(/([^\n]*?)(\r?\n|$)/g)) {
    const [whole, content = "", ending = ""] = match
    if (whole === "") break
    lines.push({ text: content, ending })
  }
  return lines
}

function joined(lines: Line[], eol: string, closed: boolean): string {
  return lines
    .map(({ text, ending }, index) => {
      const last = index === lines.length - 1
      return text + (last ? (closed ? ending || eol : "") : ending || eol)
    })
    .join("")
}

function merged(there: Line[], hunk: Hunk, eol: string): Line[] {
  const first = hunk.old.findIndex((line) => line.trim() !== "")
  const from = indentOf(hunk.old[first] ?? "")
  const to = indentOf(there[first]?.text ?? "")
  const pool = [...there]
  const result: Line[] = []
  const old = [...hunk.old]
  for (const line of hunk.now) {
    const at = old.indexOf(line)
    if (at < 0) {
      result.push({ text: moved(line, from, to), ending: eol })
      continue
    }
    const kept = pool[at]
    old.splice(0, at + 1)
    pool.splice(0, at + 1)
    if (kept) result.push(kept)
  }
  return result
}

function locate(lines: Line[], hunk: Hunk, from: number, where: string): number {
  let start = from
  for (const anchor of hunk.anchors) {
    const at = find(lines, [anchor], start)[0]
    if (at === undefined) {
      throw new ToolError(
        `${where}: the line "${anchor.slice(0, 200)}" after "@@" is not there${behind(from)}. Read the file again.`,
      )
    }
    start = at + 1
  }
  if (hunk.old.length === 0) return hunk.anchors.length > 0 && !hunk.end ? start : lines.length
  if (hunk.end) {
    const last = find(lines, hunk.old, start).at(-1)
    if (last !== undefined && last + hunk.old.length === lines.length) return last
    throw new ToolError(`${where}: its lines are not the last ones of the file. Read the file again.`)
  }
  const found = find(lines, hunk.old, start)
  // The anchor may be the first of the lines themselves.
  const again = found.length === 0 && hunk.anchors.length > 0 ? find(lines, hunk.old, Math.max(from, start - 1)) : found
  const first = again[0]
  if (first === undefined) {
    throw new ToolError(
      `${where}: these lines are not there${behind(from)}:\n${hunk.old.slice(0, 8).join("\n").slice(0, 600)}\nRead the file again and copy them exactly.`,
    )
  }
  if (again.length > 1 && hunk.anchors.length === 0) {
    const numbers = again.slice(0, 10).map((each) => each + 1)
    throw new ToolError(
      `${where}: its lines stand at several places (lines ${numbers.join(", ")}). Add lines around them, or a line "@@ " with the function or class they are in.`,
    )
  }
  return first
}

function behind(from: number): string {
  return from > 0 ? ` behind line ${from}` : ""
}

/** Where the lines stand, by the strictest comparison that finds any. */
function find(lines: Line[], wanted: string[], from: number): number[] {
  for (const tolerance of TOLERANCES) {
    const probe = wanted.map(tolerance)
    // Only blank lines would be found anywhere.
    if (tolerance !== TOLERANCES[0] && probe.every((line) => line === "")) continue
    const found: number[] = []
    for (let at = from; at + wanted.length <= lines.length; at += 1) {
      if (probe.every((line, index) => tolerance(lines[at + index]?.text ?? "") === line)) found.push(at)
    }
    if (found.length > 0) return found
  }
  return []
}

/** Models write plain quotes and dashes where a text has the typographer's. */
function plain(line: string): string {
  return line
    .replace(/[\u2018\u2019\u201A\u201B]/g, "'")
    .replace(/[\u201C\u201D\u201E\u201F]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, " ")
}
