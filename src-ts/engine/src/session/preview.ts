import { NotFoundError } from "../error.ts"
import type { FileDiff } from "../message/types.ts"
import type { Snapshot } from "../snapshot/index.ts"
import { type Point, undoneFiles } from "./changes.ts"
import { settlePoint } from "./revert.ts"
import { changedSince } from "./settle.ts"
import type { RevertPreview } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** What `revert` to the same point would do, without doing it. Throws NotFoundError for an unknown point. */
export async function previewRevert(workspace: Workspace, sessionID: string, asked: Point): Promise<RevertPreview> {
  const { store } = workspace
  const session = store.get(sessionID)
  const point = settlePoint(store, sessionID, asked)
  const start = point && store.findMessage(point.messageID)
  if (!point || !start) throw new NotFoundError(`Message not found: ${asked.messageID}`)
  const count = store.db.get<{ messages: number; prompts: number }>(
    `select count(*) as messages, coalesce(sum(json_extract(data, '$.role') = 'user'), 0) as prompts from message
     where session_id = ? and (time_created, id) >= (?, ?)`,
    sessionID,
    start.time.created,
    start.id,
  )
  const counts = { messages: count?.messages ?? 0, prompts: count?.prompts ?? 0 }
  const snapshot = await workspace.snapshot()
  if (snapshot.absent) return { ...counts, files: [], edited: [], workspace: snapshot.absent }
  const files = undoneFiles(store, sessionID, point)
  if (files.size === 0) return { ...counts, files: [], edited: [], workspace: "restored" }
  const trees = [...new Set(files.values())]
  const now = (await snapshot.has(trees)) ? await snapshot.track(undefined, [...files.keys()]) : undefined
  if (!now) return { ...counts, files: [], edited: [], workspace: "unavailable" }
  const undone: FileDiff[] = []
  for (const tree of trees) {
    const mine = [...files].flatMap(([file, of]) => (of === tree ? [file] : []))
    undone.push(...(await snapshot.diff(tree, now, mine)).map(({ patch: _, ...entry }) => entry))
  }
  undone.sort((a, b) => ((a.file ?? "") < (b.file ?? "") ? -1 : 1))
  const edited = session.revert ? [] : await editedByOthers(workspace, sessionID, snapshot, undone)
  return { ...counts, files: undone, edited, workspace: "restored" }
}

async function editedByOthers(workspace: Workspace, sessionID: string, snapshot: Snapshot, undone: FileDiff[]) {
  const { last } = workspace.store.snapshots(sessionID)
  const files = undone.flatMap(({ file }) => (file === undefined ? [] : [file]))
  if (!last || files.length === 0 || !(await snapshot.has([last]))) return []
  return [...(await changedSince(workspace, snapshot, last, files))]
}
