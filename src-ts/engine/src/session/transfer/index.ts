import { BadRequestError } from "../../error.ts"
import type { MessageWithParts, Part } from "../../message/types.ts"
import { copies, freshSession } from "../copy.ts"
import { closePart, NOTE } from "../recover.ts"
import type { Store } from "../store.ts"
import type { Session, SessionExport } from "../types.ts"
import type { Workspace } from "../workspace.ts"
import { EXPORT_FORMAT, EXPORT_VERSION, type SessionRecord, sessionFile } from "./schema.ts"

/** The session with its sub-agents' sessions, as a plain value to be written as JSON. */
export function exportSession(store: Store, sessionID: string): SessionExport {
  const one = (info: Session) => {
    const { permission: _p, share: _s, ...rest } = info
    const todos = store.todos(info.id)
    return { info: rest, messages: store.messages(info.id).items, ...(todos.length > 0 ? { todos } : {}) }
  }
  const children = store
    .tree(sessionID)
    .filter((info) => info.id !== sessionID)
    .reverse()
  return {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    ...one(store.get(sessionID)),
    ...(children.length > 0 ? { children: children.map(one) } : {}),
  }
}

/**
 * Stores an exported session in this directory, with new ids for everything, so that nothing that is there can be
 * touched. Permissions, shares and reverts do not travel. Throws BadRequestError with what is wrong with the file.
 */
export function importSession(workspace: Workspace, value: unknown): Session {
  const result = parse(value)
  const { store, scope } = workspace
  const made = new Map<string, string>()
  const sessions = [result, ...(result.children ?? [])].map((record) => {
    const info = sessionOf(workspace, record, made.get(record.info.parentID ?? ""))
    made.set(record.info.id, info.id)
    return { info, record }
  })
  const root = sessions[0]?.info
  if (!root) throw new BadRequestError("The file holds no session.")
  store.commit(
    scope,
    ...sessions.flatMap(({ info, record }) => [
      { type: "session" as const, info, created: true as const, quiet: true as const },
      ...copies(messagesOf(record, workspace.worktree), info.id),
      ...(record.todos?.length
        ? [{ type: "todos" as const, sessionID: info.id, todos: record.todos, quiet: true as const }]
        : []),
    ]),
    ...sessions.map(({ info }) => ({
      type: "event" as const,
      event: "session.created" as const,
      properties: { sessionID: info.id, info },
    })),
  )
  return root
}

/** Deeper values would overflow the stack of whoever reads them later. */
const MAX_DEPTH = 200

function depth(value: unknown): number {
  let level: unknown[] = [value]
  for (let count = 0; ; count += 1) {
    const next: unknown[] = []
    for (const one of level) {
      if (typeof one === "object" && one !== null) for (const inner of Object.values(one)) next.push(inner)
    }
    if (next.length === 0 || count > MAX_DEPTH) return count
    level = next
  }
}

function parse(value: unknown) {
  if (typeof value !== "object" || value === null || !("info" in value) || !("messages" in value)) {
    throw new BadRequestError("This is not an exported session: `info` and `messages` are missing.")
  }
  if ("version" in value && typeof value.version === "number" && value.version > EXPORT_VERSION) {
    throw new BadRequestError(
      `The file has version ${value.version}, newer than this program's ${EXPORT_VERSION}. Update kilo.`,
    )
  }
  if (depth(value) > MAX_DEPTH) throw new BadRequestError("The file is nested too deeply to be a session.")
  const result = sessionFile.safeParse(value, { jitless: true })
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".") || "file"}: ${issue.message}`)
  throw new BadRequestError(`This is not an exported session. ${problems.join("; ")}`)
}

function sessionOf(workspace: Workspace, record: SessionRecord, parentID: string | undefined): Session {
  const { info } = record
  return {
    ...freshSession(workspace, info.title),
    ...(parentID ? { parentID } : {}),
    ...(info.cost === undefined ? {} : { cost: info.cost }),
    ...(info.tokens ? { tokens: info.tokens as NonNullable<Session["tokens"]> } : {}),
    ...(info.agent ? { agent: info.agent } : {}),
    ...(info.model ? { model: info.model as NonNullable<Session["model"]> } : {}),
    ...(info.metadata ? { metadata: info.metadata } : {}),
    time: { created: info.time.created, updated: Date.now() },
  }
}

/** In the order of their time, nothing left open, and without changes of files that are not in this project. */
function messagesOf(record: SessionRecord, worktree: string): MessageWithParts[] {
  const now = Date.now()
  // Outside git there are no checkpoints that a list of changes could belong to.
  const prefix = worktree === "/" ? "\0" : `${worktree}/`
  // The schema has checked every key; only `undefined` in optional ones differs from our types.
  const items = structuredClone(record.messages) as unknown as MessageWithParts[]
  return items
    .toSorted((a, b) => a.info.time.created - b.info.time.created || (a.info.id < b.info.id ? -1 : 1))
    .map(({ info, parts }) => {
      const open = info.role === "assistant" && info.time.completed === undefined
      const closed = open ? { ...info, time: { ...info.time, completed: now }, error: info.error ?? aborted() } : info
      const kept = parts
        .filter((part) => part.type !== "patch" || part.files.every((file) => file.startsWith(prefix)))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return { info: closed, parts: kept.map((part): Part => closePart(part, now) ?? part) }
    })
}

function aborted() {
  return { name: "MessageAbortedError" as const, data: { message: NOTE } }
}
