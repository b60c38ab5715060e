import { Worker } from "node:worker_threads"
import picomatch from "picomatch"
import { BadRequestError } from "../error.ts"
import { findRipgrep, ripgrepSearch } from "./ripgrep.ts"
import type { TextMatch } from "./types.ts"
import { type WalkOptions, walk } from "./walk.ts"

export interface SearchOptions extends WalkOptions {
  /** Regular expression. */
  pattern: string
  /** Glob that files must match; without a slash it is matched against the name alone. */
  include?: string
  /** Only this file, relative to the root, even when it is ignored. */
  file?: string
  limit: number
  timeoutMs?: number
}

export interface Searched {
  /** Ordered by file and line; paths relative to the root. */
  matches: TextMatch[]
  /** There are more than `limit`, or time ran out. */
  cut: boolean
}

const MAX_FILE_BYTES = 8 * 1024 * 1024
const MAX_LINE = 4000
const MAX_SUBMATCHES = 100
const TIMEOUT_MS = 20_000

/**
 * Lines that match a regular expression in files that git does not ignore; binary and very large files are skipped.
 * Throws BadRequestError for an invalid expression. Uses ripgrep when it is on PATH, else an own search in a thread
 * that is ended when time runs out, so that no expression can hang the process.
 */
export async function search(options: SearchOptions): Promise<Searched> {
  options.signal?.throwIfAborted()
  const accepts = fileFilter(options.include)
  const program = options.builtIn ? undefined : findRipgrep(options.env)
  if (program) {
    const name = nameGlob(options.include)
    const limited = limitedSignal(options)
    const found = await ripgrepSearch(program, {
      ...options,
      signal: limited.signal,
      maxFileBytes: MAX_FILE_BYTES,
      accepts,
      ...(name ? { name } : {}),
    }).catch((error: Error) => {
      if (limited.timedOut()) return { matches: [], cut: true }
      throw error
    })
    if (found) return { matches: ordered(found.matches), cut: found.cut }
  }
  return searchDirectly(options, accepts)
}

/** Whether a path relative to the root is wanted. "*.ts" means every .ts file at any depth. */
export function fileFilter(include: string | undefined): (file: string) => boolean {
  if (!include) return () => true
  const pattern = include.replace(/^\.?\//, "")
  const matcher = picomatch(pattern.includes("/") ? pattern : `**/${pattern}`, { dot: true })
  return (file) => matcher(file)
}

/**
 * The glob that the names of the wanted files match, when ripgrep reads it like we do. What ripgrep then leaves out no
 * pattern wants; what it lets through is still checked.
 */
export function nameGlob(pattern: string | undefined): string | undefined {
  if (!pattern) return undefined
  const name = pattern.slice(pattern.lastIndexOf("/") + 1)
  // A slash inside of braces does not end a directory's name.
  if (pattern.slice(0, -name.length).includes("{")) return undefined
  return /^(?=.*\w)[\w.*-]*(\{[\w.*-]+(,[\w.*-]+)*\})?[\w.*-]*$/.test(name) && !name.includes("**") ? name : undefined
}

function limitedSignal(options: SearchOptions): { signal: AbortSignal; timedOut(): boolean } {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  return { signal, timedOut: () => timeout.aborted && !options.signal?.aborted }
}

function ordered(matches: TextMatch[]): TextMatch[] {
  return matches.map(bounded).sort((a, b) => compare(a.path.text, b.path.text) || a.line_number - b.line_number)
}

/** A minified file is one line of megabytes. */
function bounded(match: TextMatch): TextMatch {
  if (match.lines.text.length <= MAX_LINE && match.submatches.length <= MAX_SUBMATCHES) return match
  return {
    ...match,
    lines: { text: match.lines.text.slice(0, MAX_LINE) },
    submatches: match.submatches.slice(0, MAX_SUBMATCHES),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Runs in a worker thread; plain text so that it needs no file of its own in the bundle. */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads")
const { readFileSync, statSync } = require("node:fs")
const { join } = require("node:path")
const { root, files, pattern, flags, limit, maxFileBytes } = workerData
const matches = []
let cut = false
const bytes = (text) => Buffer.byteLength(text)
outer: for (const file of files) {
  let data
  try {
    const path = join(root, file)
    if (statSync(path).size > maxFileBytes) continue
    data = readFileSync(path)
  } catch { continue }
  if (data.includes(0)) continue
  const text = data.toString("utf8")
  const expression = new RegExp(pattern, flags)
  let offset = 0
  let number = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\\n", start)
    const end = newline < 0 ? text.length : newline + 1
    const line = text.slice(start, end)
    const body = line.replace(/\\r?\\n$/, "")
    number += 1
    const submatches = []
    for (const found of body.matchAll(expression)) {
      const from = bytes(body.slice(0, found.index))
      submatches.push({ match: { text: found[0] }, start: from, end: from + bytes(found[0]) })
    }
    if (submatches.length > 0) {
      if (matches.length >= limit) { cut = true; break outer }
      matches.push({ path: { text: file }, lines: { text: line }, line_number: number, absolute_offset: offset, submatches })
    }
    offset += bytes(line)
    start = end
  }
}
parentPort.postMessage({ matches, cut })
`

async function searchDirectly(options: SearchOptions, accepts: (file: string) => boolean): Promise<Searched> {
  const flags = flagsFor(options.pattern)
  const { limit: _, ...rest } = options
  const walked = options.file === undefined ? await walk({ ...rest, builtIn: true }) : { files: [], cut: false }
  const files = options.file === undefined ? walked.files.filter(accepts).sort(compare) : [options.file]
  const { promise, resolve, reject } = Promise.withResolvers<Searched>()
  const workerData = {
    root: options.root,
    files,
    pattern: options.pattern,
    flags,
    limit: options.limit,
    maxFileBytes: MAX_FILE_BYTES,
  }
  const worker = new Worker(WORKER, { eval: true, workerData })
  const limited = limitedSignal(options)
  const stop = () => {
    if (limited.timedOut()) resolve({ matches: [], cut: true })
    else reject(limited.signal.reason)
  }
  limited.signal.addEventListener("abort", stop, { once: true })
  worker.once("message", resolve)
  worker.once("error", reject)
  try {
    const found = await promise
    return { matches: found.matches.map(bounded), cut: found.cut || walked.cut }
  } finally {
    limited.signal.removeEventListener("abort", stop)
    await worker.terminate()
  }
}

/** Strict Unicode mode first; it refuses needless escapes such as \\-, which many people write. */
function flagsFor(pattern: string): string {
  for (const flags of ["gu", "g"]) {
    if (compiles(pattern, flags)) return flags
  }
  throw new BadRequestError(`Not a valid regular expression: ${pattern}`)
}

function compiles(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags)
    return true
  } catch {
    return false
  }
}
