import { readdir, readFile, realpath, stat } from "node:fs/promises"
import { join } from "node:path"
import { isObject, type Json } from "../json/index.ts"

/** A Markdown file with settings at its top, between two lines of dashes. */
export interface Markdown {
  settings: Json
  body: string
  /** Why the settings could not be read as YAML; what is readable line by line is in `settings` all the same. */
  problem?: string
}

/** A file that was found below a folder. */
export interface FoundFile {
  path: string
  /** Path below the folder with slashes, without the extension. */
  name: string
  text: string
}

const MAX_FILE = 256 * 1024
const MAX_DEPTH = 5
const MAX_FILES = 500

/** Splits off the front matter. A file without any, or with an unclosed one, is all body. Never throws. */
export async function parseMarkdown(source: string): Promise<Markdown> {
  const text = source.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n")
  const match = /^---[ \t]*\n(?:([\s\S]*?)\n)?---[ \t]*(?:\n|$)/.exec(text)
  if (!match) return { settings: {}, body: text.trim() }
  const head = match[1] ?? ""
  const body = text.slice(match[0].length).trim()
  const read = await parseYaml(head)
  if (read.problem !== undefined) return { settings: readLines(head), body, problem: read.problem }
  if (read.value === null || read.value === undefined) return { settings: {}, body }
  if (isObject(read.value)) return { settings: read.value, body }
  return { settings: {}, body, problem: "the settings at the top must be lines of the form `key: value`" }
}

/** Reads YAML into plain JSON values, or says in a few words why that is impossible. Never throws. */
export async function parseYaml(text: string): Promise<{ value?: unknown; problem?: string }> {
  const { parse } = await import("./yaml.ts")
  try {
    // The detour through JSON leaves plain data only: no dates, no cycles, no keys that change a prototype.
    const value: unknown = parse(text, { maxAliasCount: 20, logLevel: "error" })
    return { value: JSON.parse(JSON.stringify(value ?? null), (key, item) => (key === "__proto__" ? undefined : item)) }
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "not valid" }
  }
}

/** Writes plain values as YAML. */
export async function toYaml(value: unknown): Promise<string> {
  return (await import("./yaml.ts")).stringify(value)
}

/**
 * The text files of one extension below a folder, in the order of their names. Links are followed, each real folder once, so that
 * cycles end; too large, unreadable and binary files are told to `skipped`. A missing folder has none.
 */
export async function findFiles(
  folder: string,
  accept: (fileName: string) => boolean,
  skipped: (path: string, why: string) => void = () => undefined,
): Promise<FoundFile[]> {
  const seen = new Set<string>()
  const found: FoundFile[] = []
  const walk = async (path: string, prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    if (entries.length === 0) return
    const real = await realpath(path).catch(() => path)
    if (seen.has(real)) return
    seen.add(real)
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MAX_FILES) return
      const child = join(path, entry.name)
      const info = entry.isSymbolicLink() ? await stat(child).catch(() => undefined) : entry
      if (info?.isDirectory()) {
        if (depth < MAX_DEPTH && entry.name !== "node_modules" && entry.name !== ".git") {
          await walk(child, `${prefix}${entry.name}/`, depth + 1)
        }
        continue
      }
      if (!info?.isFile() || !accept(entry.name)) continue
      const text = await readText(child, skipped)
      if (text === undefined) continue
      found.push({ path: child, name: `${prefix}${entry.name.replace(/\.[^.]*$/, "")}`, text })
    }
  }
  await walk(folder, "", 0)
  return found
}

/** A text file of reasonable size, else undefined and the reason in `skipped`. */
export async function readText(
  path: string,
  skipped: (path: string, why: string) => void = () => undefined,
): Promise<string | undefined> {
  try {
    const info = await stat(path)
    if (!info.isFile()) return undefined
    if (info.size > MAX_FILE) {
      skipped(path, `The file is ignored: it has ${info.size} bytes, the limit is ${MAX_FILE}.`)
      return undefined
    }
    const text = await readFile(path, "utf8")
    if (!text.includes("\0")) return text
    skipped(path, "The file is ignored: it is not a text file.")
  } catch (error) {
    skipped(path, `Can't be read (${error instanceof Error ? error.message : String(error)}). The file is ignored.`)
  }
  return undefined
}

/** Plain "key: value" lines, for front matter that is not valid YAML, as a colon in a description easily makes it. */
function readLines(head: string): Json {
  const settings: Json = {}
  for (const line of head.split("\n")) {
    const entry = /^([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*))?$/.exec(line)
    const key = entry?.[1]
    if (key === undefined || key === "__proto__") continue
    const value = scalar(entry?.[2] ?? "")
    if (value !== undefined) settings[key] = value
  }
  return settings
}

function scalar(text: string): string | boolean | number | undefined {
  const value = text.trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"|^'((?:[^']|'')*)'/.exec(value)
  if (quoted) return quoted[1]?.replace(/\\(.)/g, "$1") ?? quoted[2]?.replaceAll("''", "'") ?? ""
  const plain = value.replace(/[ \t]+#.*$/, "")
  if (plain === "true" || plain === "false") return plain === "true"
  if (/^-?\d+(\.\d+)?$/.test(plain)) return Number(plain)
  // Empty, a block, a list or a mapping: not a simple value.
  return plain === "" || /^[|>[{&*!]/.test(plain) ? undefined : plain
}
