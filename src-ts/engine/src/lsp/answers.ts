import { fileURLToPath } from "node:url"
import { isObject } from "../json/index.ts"
import type { CodeSymbol, Diagnostic, DocumentSymbol, Place } from "./types.ts"

const MAX_SYMBOLS = 2000

/** Locations or location links, one or many, or nothing. */
export function toPlaces(answer: unknown): Place[] {
  const items = Array.isArray(answer) ? answer : answer ? [answer] : []
  return items.flatMap((item: unknown) => {
    if (!isObject(item)) return []
    const file = pathOf(item.uri ?? item.targetUri)
    const range = rangeOf(item.range ?? item.targetSelectionRange ?? item.targetRange)
    return file && range ? [{ file, range }] : []
  })
}

/** The symbols of a file, nested where the server nests them. */
export function toDocumentSymbols(answer: unknown, depth = 0): DocumentSymbol[] {
  if (!Array.isArray(answer) || depth > 20) return []
  return answer.slice(0, MAX_SYMBOLS).flatMap((item: unknown) => {
    if (!isObject(item) || typeof item.name !== "string") return []
    const range = rangeOf(
      item.selectionRange ?? item.range ?? (isObject(item.location) ? item.location.range : undefined),
    )
    if (!range) return []
    const kind = typeof item.kind === "number" ? item.kind : 0
    return [{ name: item.name, kind, range, children: toDocumentSymbols(item.children, depth + 1) }]
  })
}

export function toSymbols(answer: unknown): CodeSymbol[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((item: unknown) => {
    if (!isObject(item) || typeof item.name !== "string" || !isObject(item.location)) return []
    const { uri } = item.location
    const range = rangeOf(item.location.range) ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }
    if (typeof uri !== "string") return []
    return [{ name: item.name, kind: typeof item.kind === "number" ? item.kind : 0, location: { uri, range } }]
  })
}

/** The text of a hover: a string, marked code, or several. */
export function toText(answer: unknown): string {
  const content = isObject(answer) ? answer.contents : undefined
  const one = (value: unknown): string => {
    if (typeof value === "string") return value
    return isObject(value) && typeof value.value === "string" ? value.value : ""
  }
  return (Array.isArray(content) ? content.map(one).join("\n\n") : one(content)).trim()
}

export function pathOf(uri: unknown): string | undefined {
  if (typeof uri !== "string") return undefined
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

const SEVERITIES = ["", "error", "warning", "note", "hint"]

/** One line: `error 12:5 message (source code)`, counted from 1. */
export function lineOf({ severity, range, message, source, code }: Diagnostic): string {
  const by = [source, code].filter((part) => part !== undefined).join(" ")
  const where = `${range.start.line + 1}:${range.start.character + 1}`
  const text = message.replaceAll("\n", " ").slice(0, 300)
  return `${SEVERITIES[severity ?? 1] || "error"} ${where} ${text}${by ? ` (${by})` : ""}`
}

const KINDS = [
  "symbol",
  "file",
  "module",
  "namespace",
  "package",
  "class",
  "method",
  "property",
  "field",
  "constructor",
  "enum",
  "interface",
  "function",
  "variable",
  "constant",
  "string",
  "number",
  "boolean",
  "array",
  "object",
  "key",
  "null",
  "enum member",
  "struct",
  "event",
  "operator",
  "type parameter",
]

export function kindOf(kind: number): string {
  return KINDS[kind] ?? "symbol"
}

/** A range as servers send it, or undefined for anything else. */
export function rangeOf(value: unknown): Diagnostic["range"] | undefined {
  const at = (place: unknown) =>
    isObject(place) && typeof place.line === "number" && typeof place.character === "number"
      ? { line: place.line, character: place.character }
      : undefined
  if (!isObject(value)) return undefined
  const start = at(value.start)
  const end = at(value.end)
  return start && end ? { start, end } : undefined
}
