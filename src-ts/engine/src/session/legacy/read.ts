import { readdir, readFile, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import type { Message, MessageWithParts, Part } from "../../message/types.ts"
import { closePart, NOTE } from "../recover.ts"
import { messageSchema, partSchema } from "../transfer/schema.ts"

/** Larger files are left out: a message is a few kilobytes. */
const MAX_BYTES = 64 * 1024 * 1024
const AT_ONCE = 16

export interface Problem {
  path: string
  message: string
}

/** A JSON file; a broken one becomes a problem and undefined. */
export async function readJson(file: string, problems: Problem[]): Promise<unknown> {
  try {
    const info = await stat(file)
    if (info.size > MAX_BYTES) throw new Error("The file is too large.")
    return JSON.parse(await readFile(file, "utf8"))
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    problems.push({ path: file, message: `Not taken over: ${error instanceof Error ? error.message : error}` })
    return undefined
  }
}

/** Names of the JSON files of a folder, without the ending. */
export async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => basename(name, ".json"))
    .sort()
}

/** A session's messages with their parts, in the order of their time; what can't be read is left out and reported. */
export async function readMessages(root: string, sessionID: string, problems: Problem[]): Promise<MessageWithParts[]> {
  const folder = join(root, "message", sessionID)
  const items: MessageWithParts[] = []
  await each(await namesIn(folder), async (name) => {
    const file = join(folder, `${name}.json`)
    const info = readMessage(await readJson(file, problems), name, sessionID)
    if (!info) {
      problems.push({ path: file, message: "Not taken over: this is not a message." })
      return
    }
    items.push({ info, parts: await readParts(root, info, problems) })
  })
  items.sort((a, b) => a.info.time.created - b.info.time.created || (a.info.id < b.info.id ? -1 : 1))
  let user = items.find((item) => item.info.role === "user")?.info.id ?? ""
  for (const { info } of items) {
    if (info.role === "user") user = info.id
    else if (info.parentID === "msg_unknown") info.parentID = user || info.id
  }
  return items
}

async function readParts(root: string, info: Message, problems: Problem[]): Promise<Part[]> {
  const folder = join(root, "part", info.id)
  const parts: Part[] = []
  await each(await namesIn(folder), async (name) => {
    const file = join(folder, `${name}.json`)
    const value = await readJson(file, problems)
    if (value === undefined) return
    const result = partSchema.safeParse(object(value))
    if (!result.success) {
      problems.push({ path: file, message: "Not taken over: this is not a part of a message." })
      return
    }
    const part = { ...result.data, sessionID: info.sessionID, messageID: info.id } as unknown as Part
    parts.push(closePart(part, info.time.created) ?? part)
  })
  return parts.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Older files lack what later ones always have. */
function readMessage(value: unknown, name: string, sessionID: string): Message | undefined {
  const raw = object(value)
  const agent = text(raw.agent) ?? text(raw.mode) ?? "code"
  const unknown = { providerID: "unknown", modelID: "unknown" }
  const usage = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } }
  const result = messageSchema.safeParse({
    agent,
    mode: agent,
    model: unknown,
    ...unknown,
    parentID: "msg_unknown",
    path: { cwd: "/", root: "/" },
    cost: 0,
    tokens: usage,
    ...raw,
    id: raw.id ?? name,
  })
  if (!result.success || result.data.id !== name) return undefined
  const info = { ...result.data, sessionID } as unknown as Message
  if (info.role === "assistant" && info.time.completed === undefined) {
    info.time = { ...info.time, completed: info.time.created }
    info.error ??= { name: "MessageAbortedError", data: { message: NOTE } }
  }
  return info
}

async function each(names: string[], body: (name: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < names.length; at += AT_ONCE) await Promise.all(names.slice(at, at + AT_ONCE).map(body))
}

export function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined
}
