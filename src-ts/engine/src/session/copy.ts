import { relative } from "node:path"
import { NotFoundError } from "../error.ts"
import { ascending, descending } from "../id/index.ts"
import type { Message, MessageWithParts, Part } from "../message/types.ts"
import { slug } from "./slug.ts"
import type { Change } from "./store.ts"
import type { Session } from "./types.ts"
import type { Workspace } from "./workspace.ts"

const FORKED = / \(fork #(\d+)\)$/

/** Title of a copy: "… (fork #1)", counted up for a copy of a copy. */
export function forkTitle(title: string): string {
  const count = Number(FORKED.exec(title)?.[1] ?? 0)
  return `${title.replace(FORKED, "")} (fork #${count + 1})`
}

/**
 * Copies a session up to a message (exclusive) into a new root session of this directory, with ids of its own.
 * What a revert hides and what a running turn is still writing is left out. One transaction: all of it or nothing.
 */
export function fork(workspace: Workspace, sessionID: string, messageID: string | undefined): Session {
  const { store, scope } = workspace
  const source = store.get(sessionID)
  let items = store.messages(sessionID).items
  const running = items.find((item) => item.info.role === "assistant" && item.info.time.completed === undefined)
  const stop = messageID ?? source.revert?.messageID
  if (stop !== undefined) {
    const at = items.findIndex((item) => item.info.id === stop)
    if (at < 0 && messageID !== undefined) throw new NotFoundError(`Message not found: ${messageID}`)
    if (at >= 0) items = items.slice(0, at)
  }
  if (running?.info.role === "assistant") {
    const { parentID } = running.info
    const at = items.findIndex((item) => item.info.id === parentID)
    if (at >= 0) items = items.slice(0, at)
  }
  const info: Session = {
    ...freshSession(workspace, forkTitle(source.title)),
    ...(source.agent ? { agent: source.agent } : {}),
    ...(source.model ? { model: source.model } : {}),
    ...(source.permission ? { permission: structuredClone(source.permission) } : {}),
  }
  const todos = store.todos(sessionID)
  store.commit(
    scope,
    { type: "session", info, created: true, quiet: true },
    ...copies(items, info.id),
    ...(todos.length > 0 ? [{ type: "todos" as const, sessionID: info.id, todos, quiet: true as const }] : []),
    { type: "event", event: "session.created", properties: { sessionID: info.id, info } },
  )
  return info
}

/** A session of this directory that holds nothing yet; not stored. */
export function freshSession(workspace: Workspace, title: string, now = Date.now()): Session {
  return {
    id: descending("ses"),
    slug: slug(),
    projectID: workspace.projectID,
    directory: workspace.directory,
    path: relative(workspace.worktree, workspace.directory).replaceAll("\\", "/"),
    cost: 0,
    tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
    title,
    version: workspace.version,
    time: { created: now, updated: now },
  }
}

/** Messages and parts as rows of another session, with new ids in the same order; references among them follow. */
export function copies(items: readonly MessageWithParts[], sessionID: string): Change[] {
  const ids = new Map(items.map((item) => [item.info.id, ascending("msg")]))
  const renamed = (id: string) => ids.get(id) ?? id
  return items.flatMap(({ info, parts }) => {
    const messageID = renamed(info.id)
    const message: Message =
      info.role === "assistant"
        ? { ...info, id: messageID, sessionID, parentID: renamed(info.parentID) }
        : { ...info, id: messageID, sessionID }
    return [
      { type: "message" as const, info: message, quiet: true as const },
      ...parts.map((part) => ({
        type: "part" as const,
        part: copyPart(part, { sessionID, messageID }, renamed),
        quiet: true as const,
      })),
    ]
  })
}

function copyPart(part: Part, place: { sessionID: string; messageID: string }, renamed: (id: string) => string): Part {
  const copy: Part = { ...part, ...place, id: ascending("prt") }
  if (copy.type === "compaction" && copy.tail_start_id) copy.tail_start_id = renamed(copy.tail_start_id)
  if (copy.type === "tool" && copy.state.status === "completed" && copy.state.attachments) {
    const attachments = copy.state.attachments.map((file) => ({ ...file, ...place, id: ascending("prt") }))
    return { ...copy, state: { ...copy.state, attachments } }
  }
  return copy
}
