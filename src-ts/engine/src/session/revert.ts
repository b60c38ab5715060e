import type { FileDiff, Part } from "../message/types.ts"
import { CheckpointMissingError, type Restored } from "../snapshot/index.ts"
import { type Point, undoneFiles } from "./changes.ts"
import { type Change, event, type Store } from "./store.ts"
import type { Summaries } from "./summary.ts"
import type { Session } from "./types.ts"
import type { Workspace } from "./workspace.ts"

type Revert = NonNullable<Session["revert"]>

/** Parts that a person sees; the others come and go with them. */
const VISIBLE = new Set<Part["type"]>(["text", "reasoning", "tool", "file", "subtask", "agent"])

/**
 * Goes back to a point of a session: files that its later steps changed get their earlier state, and the messages from
 * there on are hidden until the next prompt removes them. An unknown message changes nothing.
 */
export async function revert(workspace: Workspace, summaries: Summaries, sessionID: string, asked: Point) {
  const { store, scope } = workspace
  const session = store.get(sessionID)
  const point = settlePoint(store, sessionID, asked)
  if (!point) return session
  const snapshot = await workspace.snapshot()
  const files = undoneFiles(store, sessionID, point)
  const before = session.revert
  const mark: Revert = { messageID: point.messageID, ...(point.partID ? { partID: point.partID } : {}) }
  if (snapshot.absent) return done(workspace, sessionID, { ...mark, workspace: snapshot.absent }, [])
  if (files.size === 0 && !before?.snapshot) {
    return done(workspace, sessionID, { ...mark, workspace: "restored" }, [])
  }
  const now = before?.snapshot ?? (await snapshot.track(undefined, [...files.keys()]))
  if (!now) return done(workspace, sessionID, { ...mark, workspace: "unavailable" }, [])
  const wanted = new Map(files)
  // A later point than the one before: what lies between comes back.
  if (before?.snapshot) {
    for (const file of undoneFiles(store, sessionID, before).keys()) {
      if (!wanted.has(file)) wanted.set(file, before.snapshot)
    }
  }
  // Told to nobody yet, but stored: if we are killed in the middle, the way back is known.
  store.commit(scope, { type: "session", info: { ...session, revert: { ...mark, snapshot: now } }, quiet: true })
  let restored: Restored
  try {
    restored = await snapshot.restore(wanted)
  } catch (error) {
    if (!(error instanceof CheckpointMissingError)) {
      store.commit(scope, { type: "session", info: session, quiet: true })
      throw error
    }
    const kept = before?.snapshot ? { snapshot: before.snapshot } : {}
    return done(workspace, sessionID, { ...mark, ...kept, workspace: "unavailable" }, [])
  }
  const after = (await snapshot.track()) ?? now
  const paths = [...files.keys()]
  const diff = (await snapshot.diff(now, after, paths)).map((entry) => entry.patch ?? "").join("")
  const undone = await snapshot.diff(after, now, paths)
  summaries.forget(sessionID)
  const left = restored.left.length > 0 ? { left: restored.left } : {}
  const text = diff.replace(/\n$/, "")
  return done(workspace, sessionID, { ...mark, snapshot: now, diff: text, workspace: "restored", ...left }, undone)
}

/** Takes a revert back: the files are as they were before it, the messages are there again. */
export async function unrevert(workspace: Workspace, summaries: Summaries, sessionID: string): Promise<Session> {
  const { store, scope } = workspace
  const session = store.get(sessionID)
  if (!session.revert) return session
  const { snapshot: tree } = session.revert
  if (tree) {
    const files = undoneFiles(store, sessionID, session.revert)
    const { left } = await (await workspace.snapshot()).restore(new Map([...files.keys()].map((file) => [file, tree])))
    if (left.length > 0) workspace.onError(new Error(`Not restored: ${left.map((item) => item.file).join(", ")}`))
  }
  summaries.forget(sessionID)
  const diff = await summaries.diff(sessionID)
  // Read again: the session may have been renamed meanwhile.
  const { revert: _, ...rest } = store.get(sessionID)
  const info: Session = { ...rest, time: { ...rest.time, updated: Date.now() }, summary: sum(diff) }
  store.commit(scope, event("session.diff", { sessionID, diff }), { type: "session", info })
  return info
}

/** What makes a revert permanent: the hidden messages and parts go. Part of the commit that brings the next message. */
export function permanent(store: Store, sessionID: string): Change[] {
  const session = store.find(sessionID)
  if (!session?.revert) return []
  const { messageID, partID } = session.revert
  const { revert: _, ...info } = session
  const clear: Change = { type: "session", info }
  const start = store.findMessage(messageID)
  if (!start || start.sessionID !== sessionID) return [clear]
  const hidden = store.db.all<{ id: string }>(
    "select id from message where session_id = ? and (time_created, id) >= (?, ?) order by time_created, id",
    sessionID,
    start.time.created,
    start.id,
  )
  const removed = hidden
    .filter(({ id }) => partID === undefined || id !== messageID)
    .map(({ id }): Change => ({ type: "message.removed", sessionID, messageID: id }))
  if (partID === undefined) return [...removed, clear]
  const parts = store
    .message(sessionID, messageID)
    .parts.filter((part) => part.id >= partID)
    .map((part): Change => ({ type: "part.removed", part }))
  return [...parts, ...removed, clear]
}

/** Sums of a list of changes, as sessions show them. */
export function sum(diff: FileDiff[]): NonNullable<Session["summary"]> {
  return {
    additions: diff.reduce((total, file) => total + file.additions, 0),
    deletions: diff.reduce((total, file) => total + file.deletions, 0),
    files: diff.length,
  }
}

/** The point as it is stored; undefined when there is no such message or part. */
export function settlePoint(store: Store, sessionID: string, asked: Point): Point | undefined {
  const message = store.findMessage(asked.messageID)
  if (!message || message.sessionID !== sessionID) return undefined
  const whole = { messageID: asked.messageID }
  const { partID } = asked
  if (partID === undefined) return whole
  const { parts } = store.message(sessionID, asked.messageID)
  if (!parts.some((part) => part.id === partID)) return undefined
  // Nothing to see before it: the message as a whole goes.
  const rest = parts.some((part) => part.id < partID && VISIBLE.has(part.type))
  return rest && message.role === "assistant" ? { ...whole, partID } : whole
}

function done(workspace: Workspace, sessionID: string, mark: Revert, undone: FileDiff[]): Session {
  const { store, scope } = workspace
  const session = store.get(sessionID)
  const diffs = undone.map(({ patch: _, ...entry }) => entry)
  const info: Session = {
    ...session,
    summary: { ...sum(undone), diffs },
    time: { ...session.time, updated: Date.now() },
    revert: mark,
  }
  store.commit(scope, event("session.diff", { sessionID, diff: undone }), { type: "session", info })
  return info
}
