import type { Part, PatchPart } from "../message/types.ts"
import type { Database } from "../storage/index.ts"
import type { Store } from "./store.ts"

/** A place in a session's history: everything from this message, or from this part of it, on. */
export interface Point {
  messageID: string
  partID?: string
}

interface Row {
  data: string
  message_id: string
  time: number
}

const PATCHES = `select part.data, part.message_id, message.time_created as time from part
  join message on message.id = part.message_id
  where part.session_id = ? and json_extract(part.data, '$.type') = 'patch'`

/** Absolute paths of all files that the session's steps changed. */
export function changedFiles(db: Database, sessionID: string): string[] {
  return filesOf(db.all<Row>(PATCHES, sessionID))
}

/** The same for the answers to one prompt. */
export function changedByPrompt(db: Database, sessionID: string, userID: string): string[] {
  return filesOf(db.all<Row>(`${PATCHES} and json_extract(message.data, '$.parentID') = ?`, sessionID, userID))
}

/**
 * What going back to a point has to restore: each file with the checkpoint before its first change from there on.
 * A step that was cut short has no list of its changes: there the files count that its tools say they wrote.
 */
export function undoneFiles(store: Store, sessionID: string, point: Point): Map<string, string> {
  const start = store.findMessage(point.messageID)
  const files = new Map<string, string>()
  if (!start || start.sessionID !== sessionID) return files
  const from = [start.time.created, start.id] as const
  const within = (row: Row, part: { id: string }) =>
    point.partID === undefined || row.message_id !== start.id || part.id >= point.partID
  const add = (file: string, tree: string) => {
    if (!files.has(file)) files.set(file, tree)
  }
  const order = "and (message.time_created, message.id) >= (?, ?) order by message.time_created, message.id, part.id"
  for (const row of store.db.all<Row>(`${PATCHES} ${order}`, sessionID, ...from)) {
    const part = JSON.parse(row.data) as PatchPart
    if (within(row, part)) for (const file of part.files) add(file, part.hash)
  }
  const cut = store.db.all<{ id: string }>(
    `select message.id from message where session_id = ? and (time_created, id) >= (?, ?)
     and json_extract(data, '$.role') = 'assistant' and json_extract(data, '$.error') is not null`,
    sessionID,
    ...from,
  )
  for (const { id } of cut) {
    const { parts } = store.message(sessionID, id)
    if (parts.some((part) => part.type === "patch")) continue
    const begin = parts.find((part) => part.type === "step-start")
    if (begin?.type !== "step-start" || !begin.snapshot) continue
    for (const file of parts.flatMap(writtenBy)) add(file, begin.snapshot)
  }
  return files
}

function writtenBy(part: Part): string[] {
  if (part.type !== "tool" || part.state.status === "pending") return []
  const diff: unknown = part.state.metadata?.filediff
  if (typeof diff !== "object" || diff === null || !("file" in diff)) return []
  return typeof diff.file === "string" ? [diff.file] : []
}

function filesOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap((row) => (JSON.parse(row.data) as PatchPart).files))]
}

/** Every checkpoint that a session of the project still refers to. Looks at one session after the other, so that nobody waits long. */
export async function usedCheckpoints(db: Database, projectID: string): Promise<string[]> {
  const used = new Set<string>()
  const add = (tree: string | null | undefined) => {
    if (tree) used.add(tree)
  }
  for (const { id } of db.all<{ id: string }>("select id from session where project_id = ?", projectID)) {
    const rows = db.all<{ tree: string | null }>(
      `select distinct coalesce(json_extract(data, '$.snapshot'), json_extract(data, '$.hash')) as tree from part
       where session_id = ? and json_extract(data, '$.type') in ('step-start', 'step-finish', 'snapshot', 'patch')`,
      id,
    )
    for (const { tree } of rows) add(tree)
    const own = db.get<{ base: string; last: string }>(
      "select base, last from session_checkpoint where session_id = ?",
      id,
    )
    add(own?.base)
    add(own?.last)
    const settled = db.all<{ base: string; last: string; new_base: string; new_last: string }>(
      "select base, last, new_base, new_last from session_settled where session_id = ?",
      id,
    )
    for (const row of settled) for (const tree of Object.values(row)) add(tree)
    add(
      db.get<{ tree: string | null }>(
        "select json_extract(data, '$.revert.snapshot') as tree from session where id = ?",
        id,
      )?.tree,
    )
    await new Promise((resolve) => setImmediate(resolve))
  }
  return [...used]
}
