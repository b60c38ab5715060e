import { join } from "node:path"
import { ConflictError } from "../error.ts"
import type { FileDiff } from "../message/types.ts"
import type { Snapshot } from "../snapshot/index.ts"
import type { Settled } from "./change.ts"
import { sum } from "./revert.ts"
import { event } from "./store.ts"
import type { Summaries } from "./summary.ts"
import type { SettledChange } from "./types.ts"
import type { Workspace } from "./workspace.ts"

interface Range {
  snapshot: Snapshot
  base: string
  last: string
}

interface Row {
  kind: SettledChange["kind"]
  files: string
  base: string
  last: string
  new_base: string
  new_last: string
  time: number
}

/** The checkpoints between which the session's changes are. Throws ConflictError where nothing can be kept or undone. */
export async function openRange(workspace: Workspace, sessionID: string, resource?: string): Promise<Range> {
  const { store } = workspace
  const session = store.get(sessionID)
  const snapshot = await workspace.snapshot()
  if (snapshot.absent) {
    const why =
      snapshot.absent === "not-a-git-repo" ? "The project is not in a git repository" : "Checkpoints are switched off"
    throw new ConflictError(`${why}, so there is nothing to go back to.`, resource)
  }
  if (session.revert) {
    throw new ConflictError("The session is rolled back. Bring it back or send a new prompt first.", resource)
  }
  const { first, last } = store.snapshots(sessionID)
  if (!first || !last || !(await snapshot.has([first, last]))) {
    throw new ConflictError("The session's checkpoints are no longer there.", resource)
  }
  return { snapshot, base: first, last }
}

/** Stores what was settled, and announces the changes that are left. */
export function settle(
  workspace: Workspace,
  summaries: Summaries,
  sessionID: string,
  settled: Settled,
): Promise<FileDiff[]> {
  const { store, scope } = workspace
  const after = store.lastStep(sessionID)
  store.commit(
    scope,
    { type: "checkpoint", sessionID, base: settled.newBase, last: settled.newLast, after },
    { type: "settled", sessionID, settled },
  )
  return announce(workspace, summaries, sessionID)
}

/** Everything is settled: all changes leave the list, the files stay. */
export async function keepAll(workspace: Workspace, summaries: Summaries, sessionID: string): Promise<FileDiff[]> {
  const { snapshot, base, last } = await openRange(workspace, sessionID)
  const files = await namesOf(summaries, sessionID)
  if (files.length === 0) return []
  const newBase = await snapshot.merge(base, last, files)
  return settle(workspace, summaries, sessionID, { kind: "keep", files, base, last, newBase, newLast: last })
}

/** Takes all changes back, but for files that were changed since: these stay as they are, and in the list. */
export async function undoAll(workspace: Workspace, summaries: Summaries, sessionID: string): Promise<FileDiff[]> {
  const { snapshot, base, last } = await openRange(workspace, sessionID)
  const files = await namesOf(summaries, sessionID)
  if (files.length === 0) return []
  const edited = await changedSince(workspace, snapshot, last, files)
  const mine = files.filter((file) => !edited.has(file))
  if (mine.length === 0) {
    throw new ConflictError(
      "Every one of these files was changed after the agent's last change, so taking that back could lose work. Nothing was changed.",
    )
  }
  const done = await put(workspace, snapshot, mine, base)
  const newLast = await snapshot.merge(last, base, done)
  return settle(workspace, summaries, sessionID, { kind: "undo", files: done, base, last, newBase: base, newLast })
}

/** What was kept or undone and can be taken back, newest first. */
export function settledChanges(workspace: Workspace, sessionID: string): SettledChange[] {
  workspace.store.get(sessionID)
  return rows(workspace, sessionID).map(({ kind, files, time }) => ({ kind, files: JSON.parse(files), time }))
}

/** Takes the newest keeping or undoing back. Refuses when one of its files was changed since. */
export async function takeBack(workspace: Workspace, summaries: Summaries, sessionID: string): Promise<FileDiff[]> {
  const { store, scope } = workspace
  const [row] = rows(workspace, sessionID)
  if (!row) throw new ConflictError("Nothing of this session was kept or undone that could be taken back.")
  const { snapshot, base, last } = await openRange(workspace, sessionID)
  const files: string[] = JSON.parse(row.files)
  if (!(await snapshot.has([row.base, row.last, row.new_base, row.new_last]))) {
    throw new ConflictError("The session's checkpoints are no longer there.")
  }
  const paths = files.map((file) => join(workspace.worktree, file))
  const later = [
    ...(await snapshot.diff(row.new_base, base, paths)),
    ...(await snapshot.diff(row.new_last, last, paths)),
  ]
  if (later.length > 0) {
    const names = [...new Set(later.map((entry) => entry.file))].join(", ")
    throw new ConflictError(`The agent has changed ${names} since. Nothing was changed.`)
  }
  if (row.kind === "undo") {
    const edited = await changedSince(workspace, snapshot, row.new_last, files)
    if (edited.size > 0) {
      throw new ConflictError(
        `${[...edited].join(", ")} was changed since, so bringing the agent's changes back could lose work. Nothing was changed.`,
      )
    }
    const done = await put(workspace, snapshot, files, row.last)
    if (done.length < files.length) throw new ConflictError("Some of the files can't be written. Look at them first.")
  }
  const newBase = base === row.new_base ? row.base : await snapshot.merge(base, row.base, files)
  const newLast = last === row.new_last ? row.last : await snapshot.merge(last, row.last, files)
  const after = store.lastStep(sessionID)
  store.commit(
    scope,
    { type: "checkpoint", sessionID, base: newBase, last: newLast, after },
    { type: "settled.back", sessionID },
  )
  return announce(workspace, summaries, sessionID)
}

/** Which of the files (relative) are not as the checkpoint has them. Throws ConflictError when that can't be told. */
export async function changedSince(
  workspace: Workspace,
  snapshot: Snapshot,
  tree: string,
  files: readonly string[],
): Promise<Set<string>> {
  const paths = files.map((file) => join(workspace.worktree, file))
  const now = await snapshot.track(undefined, paths)
  if (!now) throw new ConflictError("The state of the files can't be read, so nothing was changed.")
  return new Set((await snapshot.diff(tree, now, paths)).map((entry) => entry.file ?? ""))
}

/** Gives the files the state of a checkpoint. Answers those that have it now. */
async function put(workspace: Workspace, snapshot: Snapshot, files: readonly string[], tree: string) {
  const { left } = await snapshot.restore(new Map(files.map((file) => [join(workspace.worktree, file), tree])))
  const not = new Set(left.map((item) => item.file))
  const done = files.filter((file) => !not.has(join(workspace.worktree, file)))
  for (const file of done) {
    workspace.bus.publish(workspace.scope, "file.edited", { file: join(workspace.worktree, file) })
  }
  if (done.length === 0) throw new ConflictError(left[0]?.reason ?? "None of the files could be written.")
  return done
}

function rows(workspace: Workspace, sessionID: string): Row[] {
  return workspace.store.db.all<Row & object>(
    "select kind, files, base, last, new_base, new_last, time from session_settled where session_id = ? order by id desc",
    sessionID,
  )
}

async function namesOf(summaries: Summaries, sessionID: string): Promise<string[]> {
  return (await summaries.diff(sessionID)).flatMap((entry) => (entry.file === undefined ? [] : [entry.file]))
}

async function announce(workspace: Workspace, summaries: Summaries, sessionID: string): Promise<FileDiff[]> {
  const { store, scope } = workspace
  summaries.forget(sessionID)
  const diff = await summaries.diff(sessionID)
  const session = store.get(sessionID)
  store.commit(
    scope,
    { type: "session", info: { ...session, summary: sum(diff) } },
    event("session.diff", { sessionID, diff }),
  )
  return diff
}
