import { statSync } from "node:fs"
import { glob, open, readdir, realpath } from "node:fs/promises"
import { dirname, isAbsolute, join, resolve } from "node:path"
import { contains } from "../file/index.ts"
import type { Paths } from "../project/types.ts"

/** Files that tell agents about the folder they lie in. */
const NAMES = ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"]
/** Folders of rules, one Markdown file for each; older names stay valid. */
const RULES = [".kilo/rules", ".kilocode/rules"]
const OLD_RULES = ".kilocoderules"
const MAX_FILE = 32 * 1024
const MAX_TOTAL = 96 * 1024
const MAX_FILES = 50

/** One of `instructions` of the configuration. */
export interface InstructionEntry {
  /** A path, a glob or an address on the web. */
  text: string
  /** From the user's own configuration; otherwise a project's file says so, which is somebody else's text. */
  own: boolean
}

export interface InstructionOptions {
  directory: string
  worktree: string
  paths: Paths
  /** Its own rule folders (`rules-NAME`) are read too. */
  agent: string
  entries: InstructionEntry[]
  /** Whether CLAUDE.md files are left out. */
  noClaude?: boolean
  /** The text at an address, or undefined when there is none; `own` as above. Without it addresses are skipped. */
  fetch?(address: string, own: boolean): Promise<string | undefined>
}

interface Candidate {
  path: string
  /** The real file must lie in here. */
  within?: string
}

/**
 * Texts for the system prompt, most general first: the user's own AGENTS.md, CLAUDE.md and rules, then those of each folder
 * from the worktree's top down to the directory, then what the configuration names. What is missing or unreadable is
 * skipped; the same file or text comes once; long ones are cut and say so.
 */
export async function loadInstructions(options: InstructionOptions): Promise<string[]> {
  const { directory, worktree, entries } = options
  const addresses = entries.filter((entry) => isAddress(entry.text))
  const [own, tree, configured, remote] = await Promise.all([
    ofUser(options),
    inTree(directory, worktree, options),
    named(options),
    Promise.all(addresses.map(async (entry) => ({ entry, text: await options.fetch?.(entry.text, entry.own) }))),
  ])
  const files = await Promise.all([...own, ...tree, ...configured].map(read))
  const found = [
    ...files,
    ...remote.map(({ entry, text }) => text && { name: entry.text, real: entry.text, text: text.slice(0, MAX_FILE) }),
  ]
  const texts: string[] = []
  const seen = new Set<string>()
  let left = MAX_TOTAL
  for (const file of found) {
    if (!file || left <= 0 || texts.length >= MAX_FILES) continue
    const text = file.text.trim()
    if (text === "" || seen.has(file.real) || seen.has(text)) continue
    seen.add(file.real).add(text)
    const shown = text.length > left ? `${text.slice(0, left)}\n(cut here: there are too many instructions)` : text
    left -= shown.length
    texts.push(`Instructions from ${file.name}:\n${shown}`)
  }
  return texts
}

/**
 * Instructions of the folders between a file and the folders that the system prompt covers already, nearest last; each with its path.
 * Nothing for files outside the worktree.
 */
export async function nestedInstructions(options: {
  file: string
  directory: string
  worktree: string
  noClaude?: boolean
}): Promise<{ path: string; text: string }[]> {
  const { directory, worktree } = options
  const top = topOf(directory, worktree)
  if (!contains(top, options.file)) return []
  const levels: string[] = []
  for (let level = dirname(options.file); contains(top, level) && !contains(level, directory); level = dirname(level)) {
    levels.unshift(level)
  }
  const within = await realpath(top).catch(() => top)
  const names = fileNames(options)
  const files = await Promise.all(
    levels.flatMap((level) => names.map((name) => read({ path: join(level, name), within }))),
  )
  return files.flatMap((file) => (file && file.text.trim() !== "" ? [{ path: file.name, text: file.text.trim() }] : []))
}

function fileNames(options: { noClaude?: boolean }): string[] {
  return options.noClaude ? NAMES.filter((name) => name !== "CLAUDE.md") : NAMES
}

/** Outside git the "worktree" is the whole disk: only the directory itself is the user's project. */
function topOf(directory: string, worktree: string): string {
  return worktree === "/" || !contains(worktree, directory) ? directory : worktree
}

async function ofUser(options: InstructionOptions): Promise<Candidate[]> {
  const { paths } = options
  const rules = await Promise.all(
    [join(paths.config, "rules"), join(paths.home, ".kilocode/rules")].map((folder) => markdown(folder)),
  )
  return [
    { path: join(paths.config, "AGENTS.md") },
    ...(options.noClaude ? [] : [{ path: join(paths.home, ".claude/CLAUDE.md") }]),
    ...rules.flat(),
  ]
}

async function inTree(directory: string, worktree: string, options: InstructionOptions): Promise<Candidate[]> {
  const top = topOf(directory, worktree)
  // A cloned repository must not bring a file of the user's home into the prompt through a symlink.
  const within = await realpath(top).catch(() => top)
  const levels: string[] = []
  for (let current = resolve(directory); ; current = dirname(current)) {
    levels.unshift(current)
    if (current === resolve(top) || dirname(current) === current) break
  }
  const names = [...fileNames(options), OLD_RULES, `${OLD_RULES}-${options.agent}`]
  const folders = RULES.flatMap((folder) => [folder, `${folder}-${options.agent}`])
  const found = await Promise.all(
    levels.map(async (level) => [
      ...names.map((name) => ({ path: join(level, name), within })),
      ...(await Promise.all(folders.map((folder) => markdown(join(level, folder), within)))).flat(),
    ]),
  )
  return found.flat()
}

/** The Markdown and text files of a folder and its folders, by name. */
async function markdown(folder: string, within?: string): Promise<Candidate[]> {
  if (!exists(folder)) return []
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  return entries
    .filter((name) => /\.(md|txt)$/i.test(name))
    .sort()
    .slice(0, MAX_FILES)
    .map((name) => ({ path: join(folder, name), ...(within === undefined ? {} : { within }) }))
}

async function named(options: InstructionOptions): Promise<Candidate[]> {
  const { directory, worktree, paths } = options
  const top = topOf(directory, worktree)
  const inside = await realpath(top).catch(() => top)
  const found: Candidate[] = []
  for (const { text: entry, own } of options.entries) {
    if (isAddress(entry)) continue
    // What a project names must be its own.
    const within = own ? {} : { within: inside }
    const text = entry.startsWith("~/") ? join(paths.home, entry.slice(2)) : entry
    if (!/[*?[{]/.test(text)) {
      const candidates = isAbsolute(text) ? [text] : [join(directory, text), join(worktree, text)]
      const path = await firstReadable(candidates)
      if (path) found.push({ path, ...within })
      continue
    }
    if (!own && (isAbsolute(text) || text.split(/[\\/]/).includes(".."))) continue
    const names: string[] = []
    for await (const name of glob(text, { cwd: top, exclude: (name) => name === "node_modules" || name === ".git" })) {
      names.push(resolve(top, name))
      if (names.length >= MAX_FILES) break
    }
    for (const path of names.sort()) found.push({ path, ...within })
  }
  return found
}

function isAddress(entry: string): boolean {
  return /^https?:\/\//i.test(entry)
}

async function firstReadable(candidates: string[]): Promise<string | undefined> {
  for (const path of candidates) {
    if (await realpath(path).catch(() => undefined)) return path
  }
  return undefined
}

/** Most of the places that are looked at are empty: asking at once is cheaper than a round through the thread pool for each. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // A name that is too long, a folder that may not be entered: nothing to read either.
    return false
  }
}

async function read({ path, within }: Candidate): Promise<{ name: string; real: string; text: string } | undefined> {
  if (!exists(path)) return undefined
  const real = await realpath(path).catch(() => undefined)
  if (real === undefined || (within !== undefined && !contains(within, real))) return undefined
  const text = await head(real)
  return text === undefined ? undefined : { name: path, real, text }
}

async function head(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined)
  if (!file) return undefined
  try {
    const info = await file.stat()
    if (!info.isFile()) return undefined
    const buffer = Buffer.alloc(Math.min(info.size, MAX_FILE))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const text = buffer.subarray(0, bytesRead).toString("utf8")
    if (text.includes("\0")) return undefined
    return info.size > MAX_FILE ? `${text}\n(cut here: the file has ${info.size} bytes)` : text
  } finally {
    await file.close()
  }
}
