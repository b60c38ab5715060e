import { ToolError } from "../define.ts"

/** One place of a file to be changed. */
export interface Hunk {
  /** Lines to go to first, one after the other: what stood behind "@@". */
  anchors: string[]
  old: string[]
  now: string[]
  /** The old lines are the file's last ones. */
  end: boolean
}

export type FileChange =
  | { type: "add"; path: string; lines: string[] }
  | { type: "delete"; path: string }
  | { type: "update"; path: string; to?: string; hunks: Hunk[] }

const BEGIN = "*** Begin Patch"
const END = "*** End Patch"
const END_OF_FILE = "*** End of File"
const HEADER = /^\*\*\* (Add|Delete|Update) File: (.+)$/
const MOVE = /^\*\*\* Move to: (.+)$/

/**
 * Reads a patch of the form that begins with "*** Begin Patch". What stands around it (a shell's here-document, a code
 * fence) is overlooked. Throws ToolError with the number of the line that is wrong.
 */
export function parsePatch(text: string): FileChange[] {
  const all = text.replaceAll("\r\n", "\n").split("\n")
  const first = all.findIndex((line) => line.trim() === BEGIN)
  if (first < 0) throw new ToolError(`The patch must begin with the line "${BEGIN}".`)
  const last = all.findIndex((line, index) => index > first && line.trim() === END)
  if (last < 0) throw new ToolError(`The patch must end with the line "${END}".`)
  const changes: FileChange[] = []
  const reader = new Lines(all, first + 1, last)
  while (!reader.over) {
    const line = reader.next()
    if (line.trim() === "") continue
    const [, kind, path = ""] = HEADER.exec(line.trimEnd()) ?? []
    if (!kind) reader.fail('expected "*** Add File: ", "*** Update File: " or "*** Delete File: " with a path')
    if (kind === "Add") changes.push({ type: "add", path: path.trim(), lines: added(reader) })
    else if (kind === "Delete") changes.push({ type: "delete", path: path.trim() })
    else changes.push(updated(reader, path.trim()))
  }
  if (changes.length === 0) throw new ToolError("The patch is empty.")
  return changes
}

class Lines {
  readonly #lines: string[]
  readonly #end: number
  #at: number

  constructor(lines: string[], from: number, end: number) {
    this.#lines = lines
    this.#at = from
    this.#end = end
  }

  /** At the end, or before the next file. */
  get fileOver(): boolean {
    return this.over || HEADER.test(this.peek().trimEnd())
  }

  get over(): boolean {
    return this.#at >= this.#end
  }

  peek(): string {
    return this.#lines[this.#at] ?? ""
  }

  next(): string {
    this.#at += 1
    return this.#lines[this.#at - 1] ?? ""
  }

  /** Whether nothing but empty lines comes before the next file: those are only there for the eye. */
  onlyBlank(): boolean {
    for (let at = this.#at; at < this.#end; at += 1) {
      const line = this.#lines[at] ?? ""
      if (HEADER.test(line.trimEnd())) return true
      if (line.trim() !== "") return false
    }
    return true
  }

  /** About the line that was read last. */
  fail(problem: string): never {
    throw new ToolError(
      `Line ${this.#at} of the patch: ${problem}. It is "${(this.#lines[this.#at - 1] ?? "").slice(0, 100)}".`,
    )
  }
}

function added(reader: Lines): string[] {
  const lines: string[] = []
  while (!reader.fileOver) {
    const line = reader.next()
    if (line.startsWith("+")) lines.push(line.slice(1))
    else if (line.trim() !== "" || !reader.onlyBlank()) reader.fail('each line of a new file must begin with "+"')
  }
  return lines
}

function updated(reader: Lines, path: string): FileChange {
  const to = reader.over ? undefined : MOVE.exec(reader.peek().trimEnd())?.[1]?.trim()
  if (to !== undefined) reader.next()
  const hunks: Hunk[] = []
  let hunk: Hunk | undefined
  const begin = (anchors: string[]): Hunk => {
    const fresh: Hunk = { anchors, old: [], now: [], end: false }
    hunks.push(fresh)
    return fresh
  }
  while (!reader.fileOver) {
    const line = reader.next()
    if (line.trimEnd() === END_OF_FILE) {
      if (!hunk) reader.fail("there are no lines before the end of the file")
      hunk.end = true
      hunk = undefined
    } else if (line.startsWith("@@")) {
      const anchor = anchorOf(line)
      // Several in a row lead from the outer to the inner block.
      if (hunk && hunk.old.length + hunk.now.length === 0) hunk.anchors.push(...anchor)
      else hunk = begin(anchor)
    } else if (line === "" || line.startsWith(" ")) {
      if (line === "" && reader.onlyBlank()) continue
      hunk ??= begin([])
      hunk.old.push(line.slice(1))
      hunk.now.push(line.slice(1))
    } else if (line.startsWith("-")) {
      hunk ??= begin([])
      hunk.old.push(line.slice(1))
    } else if (line.startsWith("+")) {
      hunk ??= begin([])
      hunk.now.push(line.slice(1))
    } else {
      reader.fail('each line must begin with " ", "-", "+" or "@@"')
    }
  }
  const filled = hunks.filter((each) => each.old.length + each.now.length > 0)
  if (filled.length === 0 && to === undefined) throw new ToolError(`The patch changes nothing in ${path}.`)
  return { type: "update", path, ...(to === undefined ? {} : { to }), hunks: filled }
}

/** Models also write the line numbers of other diffs here: those say nothing reliable. */
function anchorOf(line: string): string[] {
  const text = line
    .replace(/^@@ ?/, "")
    .replace(/ ?@@$/, "")
    .replace(/^-\d+(,\d+)? \+\d+(,\d+)?( @@)? ?/, "")
  return text.trim() === "" ? [] : [text]
}
