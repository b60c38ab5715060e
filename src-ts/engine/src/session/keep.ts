import { join } from "node:path"
import { applyPatch, parsePatch, reversePatch, type StructuredPatch } from "diff"
import { ConflictError, NotFoundError } from "../error.ts"
import type { FileDiff } from "../message/types.ts"
import { removeFile, type Snapshot, type StoredFile, writeStored } from "../snapshot/index.ts"
import { openRange, settle } from "./settle.ts"
import type { Summaries } from "./summary.ts"
import type { SessionChangeInput } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** A file, or a piece of it. */
type OneChange = SessionChangeInput & { file: string }

interface Place {
  snapshot: Snapshot
  /** Relative to the repository. */
  file: string
  base: string
  last: string
  diff: FileDiff
}

/** Takes one change of a file, or one hunk of it, as settled: it leaves the session's list of changes, the file stays. */
export async function keepChange(workspace: Workspace, summaries: Summaries, sessionID: string, input: OneChange) {
  const place = await locate(workspace, summaries, sessionID, input)
  const { snapshot, file, base, last } = place
  const stored = await snapshot.read(last, file)
  let kept = stored
  if (input.hunk !== undefined || input.partID !== undefined) {
    const before = await snapshot.read(base, file)
    const text = apply(textOf(before, file), hunksOf(workspace, sessionID, place, input), file)
    // Once every hunk is kept, the file itself is: a new file, a deletion and a mode have no hunk of their own.
    kept =
      stored && text === textOf(stored, file)
        ? stored
        : { mode: (before ?? stored)?.mode ?? "100644", content: Buffer.from(text) }
    if (!stored && text === "") kept = undefined
  }
  const newBase = await snapshot.replace(base, file, kept)
  return settle(workspace, summaries, sessionID, { kind: "keep", files: [file], base, last, newBase, newLast: last })
}

/** Takes one change of a file, or one hunk of it, back. Refuses when the file is not as the session left it. */
export async function undoChange(workspace: Workspace, summaries: Summaries, sessionID: string, input: OneChange) {
  const place = await locate(workspace, summaries, sessionID, input)
  const { snapshot, file, base, last } = place
  const { worktree } = workspace
  const stored = await snapshot.read(last, file)
  // Held before it is touched, and compared with what the session knows.
  const now = await snapshot.track(undefined, [join(worktree, file)])
  if (!now) throw new ConflictError("The state of the files can't be read, so nothing was changed.", file)
  if (!same(await snapshot.read(now, file), stored)) {
    throw new ConflictError(
      `${file} was changed after the agent's last change, so taking that back could lose work. Nothing was changed; edit the file by hand.`,
      file,
    )
  }
  let wanted = await snapshot.read(base, file)
  if (input.hunk !== undefined || input.partID !== undefined) {
    const backwards = reversePatch(hunksOf(workspace, sessionID, place, input))
    const text = apply(textOf(stored, file), backwards, file)
    const back = wanted && text === textOf(wanted, file)
    if (!back && !(wanted === undefined && text === "")) {
      wanted = { mode: (stored ?? wanted)?.mode ?? "100644", content: Buffer.from(text) }
    }
  }
  const problem = await (wanted ? writeStored(worktree, file, wanted) : removeFile(worktree, file))
  if (problem) throw new ConflictError(`${file} can't be changed: ${problem}`, file)
  workspace.bus.publish(workspace.scope, "file.edited", { file: join(worktree, file) })
  const newLast = await snapshot.replace(last, file, wanted)
  return settle(workspace, summaries, sessionID, { kind: "undo", files: [file], base, last, newBase: base, newLast })
}

async function locate(workspace: Workspace, summaries: Summaries, sessionID: string, input: OneChange): Promise<Place> {
  const { snapshot, base, last } = await openRange(workspace, sessionID, input.file)
  const diff = (await summaries.diff(sessionID)).find((entry) => entry.file === input.file)
  if (!diff) throw new NotFoundError(`The session has no open change in ${input.file}.`)
  if (input.patch !== undefined && input.patch !== diff.patch) {
    throw new ConflictError(
      `The changes in ${input.file} are no longer the ones that were shown. Look at them again.`,
      input.file,
    )
  }
  return { snapshot, file: input.file, base, last, diff }
}

/** The hunks that are meant: of the session's whole change, or of what one tool call did. */
function hunksOf(workspace: Workspace, sessionID: string, place: Place, input: OneChange): StructuredPatch {
  const source = input.partID === undefined ? place.diff.patch : patchOfPart(workspace, sessionID, place, input.partID)
  const patch = source === undefined ? undefined : parsePatch(source)[0]
  if (!patch || patch.hunks.length === 0) {
    throw new ConflictError(
      `${place.file} has no lines that could be chosen: it is binary, too large, or only its mode changed. Take the whole file.`,
      place.file,
    )
  }
  if (input.hunk === undefined) return patch
  const hunk = patch.hunks.find(
    (one) =>
      `@@ -${range(one.oldStart, one.oldLines)} +${range(one.newStart, one.newLines)} @@` === normal(input.hunk ?? ""),
  )
  if (!hunk)
    throw new ConflictError(
      `${place.file} has no change at ${input.hunk} any more. Look at the changes again.`,
      place.file,
    )
  return { ...patch, hunks: [hunk] }
}

function patchOfPart(workspace: Workspace, sessionID: string, place: Place, partID: string): string {
  const row = workspace.store.db.get<{ data: string }>(
    "select json_extract(data, '$.state.metadata.filediff') as data from part where id = ? and session_id = ?",
    partID,
    sessionID,
  )
  const diff = row?.data ? (JSON.parse(row.data) as { file?: unknown; patch?: unknown }) : undefined
  if (diff?.file !== join(workspace.worktree, place.file) || typeof diff.patch !== "string") {
    throw new NotFoundError(`Part ${partID} did not change ${place.file}.`)
  }
  return diff.patch
}

/** Applies hunks exactly where they are or, when lines moved, where they fit without a doubt. Throws ConflictError. */
function apply(text: string, patch: StructuredPatch, file: string): string {
  const result = applyPatch(text, patch, { fuzzFactor: 0, autoConvertLineEndings: false })
  if (result === false) {
    throw new ConflictError(`Later changes in ${file} touch the same lines. Nothing was changed.`, file)
  }
  return result
}

function textOf(stored: StoredFile | undefined, file: string): string {
  if (!stored) return ""
  const text = stored.content.toString("utf8")
  if (stored.mode === "120000" || !Buffer.from(text).equals(stored.content)) {
    throw new ConflictError(`${file} is not text. Take the whole file.`, file)
  }
  return text
}

function same(a: StoredFile | undefined, b: StoredFile | undefined): boolean {
  if (!a || !b) return a === b
  return a.mode === b.mode && a.content.equals(b.content)
}

function range(start: number, lines: number): string {
  return lines === 1 ? `${start}` : `${start},${lines}`
}

/** "@@ -1,3 +1 @@ function f" and "@@ -1,3 +1,1 @@" name the same place. */
function normal(header: string): string {
  const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(header.trim())
  if (!match) return header
  const [, oldStart, oldLines, newStart, newLines] = match
  return `@@ -${range(Number(oldStart), Number(oldLines ?? 1))} +${range(Number(newStart), Number(newLines ?? 1))} @@`
}
