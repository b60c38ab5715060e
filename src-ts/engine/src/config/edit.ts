import { readFile } from "node:fs/promises"
import { applyEdits, createScanner, findNodeAtLocation, modify, type Node } from "jsonc-parser"
import { writeAtomic } from "../disk/index.ts"
import { BadRequestError } from "../error.ts"
import { isObject, type Json } from "../json/index.ts"
import { type Path, parseText, position, reason, spoken, validate } from "./parse.ts"

/** Refuses a patch whose values have the wrong type. Nulls (deletions) are fine anywhere. */
export function checkPatch(patch: Json): void {
  const problems: string[] = []
  validate(patch, (_, message) => problems.push(message))
  if (problems.length > 0) throw new BadRequestError(`Configuration not changed. ${problems.join("; ")}`)
}

/**
 * Lays a patch into JSONC text: objects deeply, null deletes, the rest replaces. Comments and order survive.
 * With `deletesOnly` nothing but the deletions is done. What stands at a path of `replace` is written anew as a whole, in the patch's order.
 */
export function editText(text: string, patch: Json, deletesOnly = false, replace: readonly Path[] = []): string {
  const whole = new Set(replace.map((path) => JSON.stringify(path)))
  const edit = (current: string, path: Path, value: unknown): string => {
    const tree = parseText(current).tree
    const node = tree && findNodeAtLocation(tree, path)
    if (value === undefined) return current
    if (value === null) return node ? without(current, node) : current
    if (isObject(value) && node?.type === "object" && !whole.has(JSON.stringify(path)))
      return Object.entries(value).reduce((now, [key, item]) => edit(now, [...path, key], item), current)
    return deletesOnly ? current : set(current, path, withoutNulls(value))
  }
  return Object.entries(patch)
    .filter(([key]) => key !== "__proto__")
    .reduce((now, [key, value]) => edit(now, [key], value), text.trim() ? text : "{}\n")
}

function set(text: string, path: Path, value: unknown): string {
  const options = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: text.includes("\r\n") ? "\r\n" : "\n" } }
  return applyEdits(text, modify(text, path, value, options))
}

/**
 * The text without one property. By hand, because the library takes the comments up to the next property along, which belong to that
 * one. A comment above or behind the property stays too: it may say why it is not set.
 */
function without(text: string, value: Node): string {
  const property = value.parent
  const siblings = property?.parent?.children ?? []
  if (property?.type !== "property") return text
  let end = property.offset + property.length
  const cuts: [from: number, to: number][] = []
  const after = commaAfter(text, end)
  const before = siblings[siblings.indexOf(property) - 1]
  if (after === end) end += 1
  else if (after !== undefined) cuts.push([after, after + 1])
  else if (before) {
    const comma = commaAfter(text, before.offset + before.length)
    if (comma !== undefined) cuts.push([comma, comma + 1])
  }
  cuts.push(wholeLine(text, property.offset, end))
  return cuts
    .sort(([one], [other]) => other - one)
    .reduce((now, [from, to]) => now.slice(0, from) + now.slice(to), text)
}

function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true)
  scanner.setPosition(offset)
  scanner.scan()
  return text[scanner.getTokenOffset()] === "," ? scanner.getTokenOffset() : undefined
}

/** With the line's end and indentation where nothing else stands on it. */
function wholeLine(text: string, from: number, to: number): [number, number] {
  const indent = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0
  const rest = /^[ \t]*(\r?\n|$)/.exec(text.slice(to))
  const start = from - indent
  return rest && (start === 0 || text[start - 1] === "\n") ? [start, to + rest[0].length] : [from, to]
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])),
  )
}

/**
 * Edits a file on disk; a missing one is made when there is something to set. Throws BadRequestError for a file that can't be read or
 * isn't valid, which stays as it is: writing would lose what the user has in it.
 */
export async function editFile(
  file: string,
  patch: Json,
  options: { mode: number; dirMode: number; deletesOnly?: boolean; replace?: readonly Path[] },
): Promise<void> {
  // Another process may write between our read and our write; then start again from what it wrote.
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = await read(file)
    const { tree, errors } = parseText(before)
    const problem = errors[0] ?? (tree && tree.type !== "object" ? "object" : undefined)
    if (problem) {
      const what =
        problem === "object"
          ? "it must hold one JSON object"
          : `${spoken(problem)} at ${position(before, problem.offset)}`
      throw new BadRequestError(`${file} is not valid (${what}) and was not changed. Fix it, then try again.`)
    }
    const bom = before.startsWith("\uFEFF") ? "\uFEFF" : ""
    const after = bom + editText(before.slice(bom.length), patch, options.deletesOnly, options.replace)
    if (after === before || (before === "" && options.deletesOnly)) return
    if ((await read(file)) !== before) continue
    await writeAtomic(file, after, options)
    return
  }
  throw new BadRequestError(`${file} is being changed by another program. Try again.`)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return ""
    throw new BadRequestError(`${file} can't be read (${reason(error)}) and was not changed.`)
  }
}
