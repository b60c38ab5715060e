import { readFile, realpath } from "node:fs/promises"
import { homedir } from "node:os"
import { isAbsolute, join, relative, resolve, sep } from "node:path"
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"
import type { EngineOptions } from "../engine.ts"
import { isObject, type Json } from "../json/index.ts"
import { fromLegacyMcp } from "./claims.ts"
import { keySchemas } from "./schema.ts"
import type { ConfigWarning } from "./types.ts"

/** One readable layer of configuration, with what was wrong in it. */
export interface Layer {
  /** Where it comes from, as warnings name it. */
  path: string
  config: Json
  warnings: ConfigWarning[]
  /** Files that `{file:...}` drew in; a change in one of them makes the layer stale. */
  files: string[]
  /** Where `{env:...}` and `{file:...}` drew something in; `outside`: not from a file beside or below this one. */
  references: { path: Path; outside: boolean }[]
}

export type Path = (string | number)[]

/**
 * Reads JSONC text. Whatever is broken is named in the warnings and left out, the rest counts; never throws.
 * `path` names the source in warnings; relative `{file:...}` references start at `base`. `legacyMcp`: the text is an older `mcp.json`.
 */
export async function parseConfig(
  text: string,
  source: { path: string; base: string; env: EngineOptions["env"]; legacyMcp?: boolean },
): Promise<Layer> {
  const layer: Layer = { path: source.path, config: {}, warnings: [], files: [], references: [] }
  const clean = text.replace(/^\uFEFF/, "")
  const { tree, errors } = parseText(clean)
  const warn = (message: string, detail: string | undefined) =>
    layer.warnings.push(detail === undefined ? { path: source.path, message } : { path: source.path, message, detail })
  const first = errors[0]
  if (first)
    warn(`Not valid JSON: ${spoken(first)}. The readable part of the file is used.`, position(clean, first.offset))
  if (!tree) return layer
  const value = plain(tree)
  if (!isObject(value)) {
    if (!first) warn("The file must hold one JSON object, { ... }. It is ignored.", position(clean, tree.offset))
    return layer
  }
  const at = (path: Path) => {
    const node = nearest(tree, path)
    return node ? position(clean, node.offset) : undefined
  }
  const read = await substitute(value, source, layer, [], (path, message) => warn(message, at(path)))
  const filled = source.legacyMcp && isObject(read) ? fromLegacyMcp(read) : read
  layer.config = isObject(filled) ? validate(filled, (path, message) => warn(message, at(path))) : {}
  return layer
}

/** JSONC text as plain values with nothing filled in; empty when it holds no object. */
export function plainText(text: string): Json {
  const { tree } = parseText(text.replace(/^\uFEFF/, ""))
  const value = tree ? plain(tree) : undefined
  return isObject(value) ? value : {}
}

/** Syntax tree and syntax errors of JSONC text; comments and trailing commas are fine, an empty text has no tree. */
export function parseText(text: string): { tree: Node | undefined; errors: ParseError[] } {
  if (!text.trim()) return { tree: undefined, errors: [] }
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  return { tree, errors }
}

export function spoken(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
}

export function position(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const line = before.split("\n").length
  return `line ${line}, column ${offset - before.lastIndexOf("\n")}`
}

/** The tree as plain values. Own code instead of the library's, which would let a "__proto__" key change the prototype. */
function plain(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(plain)
  if (node.type !== "object") return node.value
  const out: Json = {}
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? []
    if (!key || !value || key.value === "__proto__") continue
    out[String(key.value)] = plain(value)
  }
  return out
}

function nearest(tree: Node, path: Path): Node | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node) return node
  }
  return undefined
}

const REFERENCE = /\{(env|file):([^{}]+)\}/g

/** Fills `{env:NAME}` (empty when unset) and `{file:path}` (trimmed text; the value is dropped when it can't be read). */
async function substitute(
  value: unknown,
  source: { base: string; env: EngineOptions["env"] },
  layer: Layer,
  path: Path,
  warn: (path: Path, message: string) => void,
): Promise<unknown> {
  if (Array.isArray(value)) {
    const items = await Promise.all(value.map((item, i) => substitute(item, source, layer, [...path, i], warn)))
    return items.filter((item) => item !== undefined)
  }
  if (isObject(value)) {
    const out: Json = {}
    for (const [key, item] of Object.entries(value)) {
      const filled = await substitute(item, source, layer, [...path, key], warn)
      if (filled !== undefined) out[key] = filled
    }
    return out
  }
  if (typeof value !== "string" || !value.includes("{")) return value
  let out = ""
  let end = 0
  for (const match of value.matchAll(REFERENCE)) {
    const [whole, kind, name = ""] = match
    out += value.slice(end, match.index)
    end = match.index + whole.length
    if (kind === "env") {
      layer.references.push({ path, outside: true })
      out += source.env[name.trim()] ?? ""
      continue
    }
    const file = expand(name.trim(), source)
    layer.files.push(file)
    layer.references.push({ path, outside: await leaves(source.base, file) })
    try {
      out += (await readFile(file, "utf8")).trim()
    } catch (error) {
      warn(path, `${whole} can't be read (${reason(error)}). The value is ignored.`)
      return undefined
    }
  }
  return out + value.slice(end)
}

/** Whether a file lies outside a folder, links followed; one that can't be found does, to be safe. */
async function leaves(folder: string, file: string): Promise<boolean> {
  const [top, real] = await Promise.all([folder, file].map((path) => realpath(path).catch(() => undefined)))
  if (top === undefined || real === undefined) return true
  const way = relative(top, real)
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)
}

function expand(name: string, source: { base: string; env: EngineOptions["env"] }): string {
  if (name.startsWith("~/")) return join(source.env.HOME || homedir(), name.slice(2))
  return isAbsolute(name) ? name : resolve(source.base, name)
}

/** Short cause of a file error for people. */
export function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (code === "ENOENT") return "it does not exist"
  if (code === "EACCES" || code === "EPERM") return "no permission"
  if (code === "EISDIR") return "it is a folder"
  return error instanceof Error ? error.message : String(error)
}

/** Removes what breaks its schema, as deep inside as possible. A bad permission becomes "ask", the safe answer. */
export function validate(config: Json, warn: (path: Path, message: string) => void): Json {
  const out: Json = { ...config }
  for (const [key, schema] of Object.entries(keySchemas)) {
    if (out[key] === undefined || out[key] === null) continue
    const holder: Json = { [key]: withoutNulls(out[key]) }
    // Every pass removes or replaces one value, so it ends; the limit guards against a schema that refuses "ask".
    for (let pass = 0; pass < 1000; pass++) {
      const value = holder[key]
      if (value === undefined) break
      // Without compiling the schema first, which takes longer than reading the few values.
      const parsed = schema.safeParse(value, { jitless: true })
      if (parsed.success) break
      const issue = deepest(parsed.error.issues)
      const path: Path = [key, ...issue.path]
      warn(path, `${path.join(".")}: ${issue.message}`)
      if (inPermission(path) && replace(holder, path, "ask")) continue
      if (!remove(holder, path)) delete holder[key]
    }
    if (holder[key] === undefined) delete out[key]
    else out[key] = holder[key]
  }
  return out
}

interface Issue {
  path: Path
  message: string
}

/** Of several complaints, and of a union's alternatives, the one that reaches furthest into the value. */
function deepest(issues: readonly unknown[]): Issue {
  let best: Issue = { path: [], message: "not valid" }
  for (const issue of issues) {
    if (!isObject(issue)) continue
    const path = (Array.isArray(issue.path) ? issue.path : []).filter(
      (part): part is string | number => typeof part === "string" || typeof part === "number",
    )
    let found: Issue = { path, message: String(issue.message) }
    for (const branch of Array.isArray(issue.errors) ? issue.errors : []) {
      if (!Array.isArray(branch) || branch.length === 0) continue
      const inner = deepest(branch)
      if (inner.path.length > 0) found = { path: [...path, ...inner.path], message: inner.message }
    }
    if (best.message === "not valid" || found.path.length > best.path.length) best = found
  }
  return best
}

function parentOf(root: Json, path: Path): { parent: Json | unknown[]; key: string | number } | undefined {
  let parent: unknown = root
  for (const part of path.slice(0, -1)) {
    if (isObject(parent)) parent = parent[part]
    else if (Array.isArray(parent)) parent = parent[Number(part)]
    else return undefined
  }
  const key = path.at(-1)
  if (key === undefined || !(isObject(parent) || Array.isArray(parent))) return undefined
  return { parent, key }
}

function remove(root: Json, path: Path): boolean {
  // A missing value (a required key) is repaired by removing what should have held it.
  for (let length = path.length; length > 0; length--) {
    const place = parentOf(root, path.slice(0, length))
    if (!place) continue
    if (Array.isArray(place.parent)) {
      place.parent.splice(Number(place.key), 1)
      return true
    }
    if (place.key in place.parent) {
      delete place.parent[place.key]
      return true
    }
  }
  return false
}

function inPermission(path: Path): boolean {
  return path[0] === "permission" || ((path[0] === "agent" || path[0] === "mode") && path[2] === "permission")
}

function replace(root: Json, path: Path, value: string): boolean {
  const place = parentOf(root, path)
  if (!place || Array.isArray(place.parent) || !(place.key in place.parent)) return false
  if (place.parent[place.key] === value) return false
  place.parent[place.key] = value
  return true
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])),
  )
}
