import { chmod, lstat, mkdir, rmdir, stat, unlink, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { ToolError } from "../define.ts"
import type { ToolContext } from "../types.ts"
import { type Format, formatted } from "./format.ts"
import type { Target } from "./target.ts"
import { assertUnchanged, type TextFile, writeText } from "./text.ts"

/** What becomes of one file. */
export interface FileEdit {
  target: Target
  before: TextFile
  /** The new text, or undefined when the file is removed. */
  after: string | undefined
}

/**
 * Writes and removes files, all of them or none: when one fails, what was done already is taken back. Throws ToolError
 * when a file was changed by somebody else since it was read. Returns the edits as they ended up: an edit whose file a formatter
 * has changed is another object, with that text; `note` says so, to be put behind the output.
 */
export async function commitEdits(
  context: ToolContext,
  edits: readonly FileEdit[],
  format?: Format,
): Promise<{ edits: FileEdit[]; note: string }> {
  const undo: (() => Promise<void>)[] = []
  try {
    for (const edit of edits) {
      const { target, before } = edit
      await assertUnchanged(target.real, target.label, before)
      undo.push(await restorer(edit))
      if (edit.after === undefined) await unlink(target.real)
      else await writeText(target.real, edit.after, before.bom && !edit.after.startsWith("\uFEFF"))
    }
  } catch (error) {
    const failed: string[] = []
    for (const back of undo.reverse()) await back().catch((problem: Error) => failed.push(problem.message))
    const text = error instanceof Error ? error.message : String(error)
    if (failed.length > 0) throw new ToolError(`${text} Taking back what was written failed too: ${failed.join("; ")}`)
    if (error instanceof ToolError) throw error
    throw new ToolError(`Nothing was changed: ${text}`)
  }
  const ended: FileEdit[] = []
  const notes: string[] = []
  for (const edit of edits) {
    const { target, before, after } = edit
    if (after !== undefined) {
      const { now, note } = await formatted(format, target, after, context.abort)
      ended.push(now === after ? edit : { ...edit, after: now })
      notes.push(note)
    } else ended.push(edit)
    context.edited(target.absolute, after === undefined ? "unlink" : before.exists ? "change" : "add")
  }
  return { edits: ended, note: notes.join("") }
}

/** Notes how a file is now; the function puts it back. */
async function restorer({ target, before }: FileEdit): Promise<() => Promise<void>> {
  const path = target.real
  if (before.exists) {
    const { mode } = await stat(path)
    return async () => {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, before.bytes, { mode })
      await chmod(path, mode)
    }
  }
  const made = await missingParents(path)
  return async () => {
    await unlink(path).catch(ignoreMissing)
    for (const directory of made) await rmdir(directory).catch(() => undefined)
  }
}

/** Directories that would have to be made for a file, the deepest first. */
async function missingParents(path: string): Promise<string[]> {
  const missing: string[] = []
  for (let at = dirname(path); ; at = dirname(at)) {
    if (await lstat(at).catch(() => undefined)) return missing
    missing.push(at)
  }
}

function ignoreMissing(error: NodeJS.ErrnoException) {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error
}
