import type { Tool } from "../tool/types.ts"
import { messageOf } from "./failure.ts"

/** Arguments of a call as the model sent them; `problem` says why they can't be read. */
export interface Arguments {
  value: Record<string, unknown>
  problem?: string
}

/**
 * The id of the tool that a model means: its own spelling, or the one tool on offer that differs only in case, in
 * separators or by a namespace before it. Undefined when there is none, or more than one.
 */
export function meantTool(name: string, offered: readonly string[]): string | undefined {
  if (offered.includes(name)) return name
  const plain = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase()
  for (const wanted of [name, name.split(/[.:/]/).at(-1) ?? ""]) {
    const close = offered.filter((id) => plain(id) === plain(wanted))
    if (wanted !== "" && close.length === 1) return close[0]
  }
  return undefined
}

/**
 * Reads a call's arguments. Slips that lose nothing are mended: a code fence around the object, trailing commas, raw line
 * breaks in strings, Python's constants, an object that is written as a string, brackets left open at the end. A text that
 * ends within a string was cut off, and nobody can know how it went on: that is a problem, not a slip.
 */
export function readArguments(text: string): Arguments {
  if (text.trim() === "") return { value: {} }
  let problem = "an object is expected."
  for (const candidate of candidates(text)) {
    let value: unknown
    try {
      value = JSON.parse(candidate)
      if (typeof value === "string") value = JSON.parse(value)
    } catch (error) {
      if (candidate === text) problem = `${messageOf(error)}.`
      continue
    }
    if (isRecord(value)) return { value }
  }
  return { value: {}, problem }
}

function* candidates(text: string): Generator<string> {
  yield text
  const fenced = /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1]
  const body = fenced ?? text
  const mended = mend(body)
  if (mended !== undefined) yield mended
}

/** One walk over the text, outside and inside of strings. Undefined when it ends within a string. */
function mend(text: string): string | undefined {
  const start = text.indexOf("{")
  if (start < 0) return undefined
  const open: string[] = []
  let out = ""
  let quoted = false
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? ""
    if (quoted) {
      if (char === "\\") {
        out += char + (text[at + 1] ?? "")
        at += 1
      } else if (char === '"') {
        quoted = false
        out += char
      } else out += escapeControl(char)
      continue
    }
    if (char === '"') {
      quoted = true
      out += char
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]")
      out += char
    } else if (char === "}" || char === "]") {
      if (open.pop() !== char) return undefined
      out = `${out.replace(/,\s*$/, "")}${char}`
      // What stands behind the object is talk.
      if (open.length === 0) return out
    } else if (/[A-Z]/.test(char)) {
      const word = /^(True|False|None)\b/.exec(text.slice(at, at + 6))?.[1]
      if (!word) return undefined
      out += word === "None" ? "null" : word.toLowerCase()
      at += word.length - 1
    } else out += char
  }
  if (quoted) return undefined
  return out.replace(/[,\s]*$/, "") + open.reverse().join("")
}

function escapeControl(char: string): string {
  const code = char.charCodeAt(0)
  return code < 0x20 ? JSON.stringify(char).slice(1, -1) : char
}

/**
 * Arguments that fit the tool's parameters: as sent, or with values turned into the expected type where that can mean only one
 * thing ("5" for 5, a list written as a string, null for left out, `file_path` for `filePath`). Otherwise throws an error
 * that tells the model what to correct.
 */
export function fitArguments(tool: Tool, input: Record<string, unknown>): Record<string, unknown> {
  const first = tool.parameters.safeParse(input)
  const sent = withoutNulls(input)
  if (first.success && sent === input) return first.data
  let value = sent
  for (let round = 0; round < ROUNDS; round += 1) {
    const result = tool.parameters.safeParse(value)
    if (result.success) return result.data
    const next = structuredClone(value)
    if (!result.error.issues.map((issue) => convert(next, issue)).some(Boolean)) break
    value = next
  }
  if (first.success) return first.data
  const problems = first.error.issues.map((issue) => {
    const key = issue.path.map(String).join(".") || ("keys" in issue && issue.keys?.join(", ")) || "arguments"
    return `${key}: ${issue.message}`
  })
  throw new Error(
    `The arguments of ${tool.id} don't fit its parameters. ${problems.join("; ")}. Correct them and call it again.`,
  )
}

/** One conversion may uncover the next problem, in a list that was a string, say. */
const ROUNDS = 4

interface Issue {
  code?: string | undefined
  expected?: unknown
  path: PropertyKey[]
}

/** Changes the value that an issue is about, in place; false when there is nothing sure to do. */
function convert(root: Record<string, unknown>, issue: Issue): boolean {
  const key = issue.path.at(-1)
  if (issue.code !== "invalid_type" || key === undefined) return false
  const parent = issue.path
    .slice(0, -1)
    .reduce<unknown>((value, step) => (isNested(value) ? value[step] : undefined), root)
  if (!isNested(parent)) return false
  if (!Object.hasOwn(parent, key)) return typeof key === "string" && rename(parent, key)
  const made = as(issue.expected, parent[key])
  if (made === undefined) return false
  parent[key] = made
  return true
}

/** `file_path` or `FilePath` for `filePath`. */
function rename(parent: Record<PropertyKey, unknown>, key: string): boolean {
  const plain = (text: string) => text.replace(/[_-]/g, "").toLowerCase()
  const close = Object.keys(parent).filter((name) => plain(name) === plain(key))
  const [name] = close
  if (name === undefined || close.length !== 1) return false
  parent[key] = parent[name]
  delete parent[name]
  return true
}

function as(expected: unknown, value: unknown): unknown {
  if (expected === "string" && (typeof value === "number" || typeof value === "boolean")) return String(value)
  if (expected === "array" && isRecord(value)) return [value]
  if (typeof value !== "string") return undefined
  const text = value.trim()
  if (expected === "number" || expected === "int") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  if (expected === "boolean") return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined
  if (expected !== "array" && expected !== "object") return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return (expected === "array" ? Array.isArray(parsed) : isRecord(parsed)) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Many models write null for what they leave out. The same object when there is none. */
function withoutNulls(input: Record<string, unknown>): Record<string, unknown> {
  if (!Object.values(input).includes(null)) return input
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isNested(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null
}
