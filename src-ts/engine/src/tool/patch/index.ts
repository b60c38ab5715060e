import { lstat } from "node:fs/promises"
import { z } from "zod"
import { define, ToolError } from "../define.ts"
import { commitEdits, type FileEdit } from "../support/commit.ts"
import type { Format } from "../support/format.ts"
import type { KeyedLock } from "../support/lock.ts"
import { type FilePatch, filePatch } from "../support/patch.ts"
import { askDirectories, locate, type Target } from "../support/target.ts"
import { readText, type TextFile } from "../support/text.ts"
import type { Tool, ToolContext, ToolModel } from "../types.ts"
import { applyHunks } from "./apply.ts"
import { type FileChange, parsePatch } from "./parse.ts"

const EXAMPLE = `*** Begin Patch
*** Update File: src/a.ts
@@ function area(
-  return w + h
+  return w * h
*** Add File: src/b.ts
+export const b = 1
*** Delete File: src/c.ts
*** End Patch`

/** Changes several files at once, all or none. */
export function patchTool(options: { lock: KeyedLock; format?: Format; home?: string }): Tool {
  return define({
    id: "apply_patch",
    description:
      "Add, change, rename and delete files with one patch; either all of it is done or nothing. Lines begin with a space (kept), - (removed) or + (added); " +
      'give about three kept lines around a change, and "@@ " with the function or class where they are not unique. "*** Move to: path" after Update File renames it.\n' +
      EXAMPLE,
    shape: { patchText: z.string().min(1).describe("The whole patch") },
    suits: prefersPatches,
    async execute(input, context) {
      const changes = parsePatch(input.patchText)
      const places = new Map<string, Target>()
      for (const path of changes.flatMap(pathsOf)) {
        if (!places.has(path)) places.set(path, await locate(context, path, options.home))
      }
      const targets = [...places.values()]
      await askDirectories(
        context,
        targets.filter((target) => target.outside).map((target) => target.real),
      )
      const keys = targets.map((target) => target.real)
      return options.lock.runAll(keys, context.abort, async () => {
        const plan = await planned(changes, places)
        const wanted = plan.filter(({ before, after }) => (before.exists ? before.text : undefined) !== after)
        const shown = wanted.map((edit) => describe(edit))
        await askAll(context, wanted, shown)
        const { edits, note } = await commitEdits(context, wanted, options.format)
        const diffs = edits.map((edit, index) => (edit === wanted[index] ? shown[index] : undefined) ?? describe(edit))
        const diff = diffs.map((each) => each.patch).join("\n")
        return {
          title: edits.length === 1 ? (edits[0]?.target.label ?? "") : `${edits.length} files`,
          output: `Done:\n${edits.map((edit) => `${sign(edit)} ${edit.target.label}`).join("\n")}${note}`,
          metadata: {
            diagnostics: {},
            diff,
            files: edits.map((edit, index) => ({
              filePath: edit.target.absolute,
              relativePath: edit.target.label,
              type: { A: "add", M: "update", D: "delete" }[sign(edit)],
              ...diffs[index],
            })),
            ...(diffs[0] && diffs.length === 1 ? { filediff: diffs[0] } : {}),
            truncated: false,
          },
        }
      })
    },
  })
}

/** Models that were trained to change files with patches do so more reliably than by replacing strings. */
export function prefersPatches(model: ToolModel): boolean {
  return /(^|[/.])(gpt-([5-9]|\d\d)|codex)/.test(model.id.toLowerCase())
}

function pathsOf(change: FileChange): string[] {
  return change.type === "update" && change.to !== undefined ? [change.path, change.to] : [change.path]
}

interface Planned {
  target: Target
  before: TextFile
  after: string | undefined
}

/** The end state of every file that the patch names; a later change of a file sees what the earlier ones made of it. */
async function planned(changes: FileChange[], places: Map<string, Target>): Promise<Planned[]> {
  const states = new Map<string, Planned>()
  const open = async (path: string): Promise<Planned> => {
    const target = places.get(path)
    if (!target) throw new ToolError(`${path} is not a path.`)
    const known = states.get(target.real)
    if (known) return known
    const before = await readText(target.real, target.label)
    const state = { target, before, after: before.exists ? before.text : undefined }
    states.set(target.real, state)
    return state
  }
  for (const change of changes) {
    const state = await open(change.path)
    const { label } = state.target
    if (change.type === "add") {
      if (state.after !== undefined)
        throw new ToolError(`${label} exists already: use Update File, or delete it first.`)
      state.after = change.lines.map((line) => `${line}\n`).join("")
      continue
    }
    if (state.after === undefined) throw new ToolError(`${label} does not exist. Use glob to find the file.`)
    if (change.type === "delete") {
      await refuseLink(state.target)
      state.after = undefined
      continue
    }
    const text = applyHunks(state.after, change.hunks, label)
    if (change.to === undefined) {
      state.after = text
      continue
    }
    const goal = await open(change.to)
    if (goal === state) {
      state.after = text
      continue
    }
    await refuseLink(state.target)
    if (goal.after !== undefined) throw new ToolError(`${goal.target.label} exists already: nothing is moved over it.`)
    state.after = undefined
    // The byte order mark moves along.
    goal.after = state.before.bom ? `\uFEFF${text}` : text
  }
  return [...states.values()]
}

/** Removing what a link points to would surprise everybody who sees the link. */
async function refuseLink(target: Target): Promise<void> {
  const info = await lstat(target.absolute).catch(() => undefined)
  if (info?.isSymbolicLink()) throw new ToolError(`${target.label} is a symbolic link. Use bash to remove or move it.`)
}

function describe({ target, before, after }: FileEdit): FilePatch {
  return filePatch(target.absolute, before.text, after ?? "")
}

function sign({ before, after }: FileEdit): "A" | "M" | "D" {
  if (after === undefined) return "D"
  return before.exists ? "M" : "A"
}

/** One question for all files (contract: behaviour section 5, edit ask). */
async function askAll(context: ToolContext, edits: FileEdit[], diffs: FilePatch[]): Promise<void> {
  const first = edits[0]
  if (!first) return
  await context.ask({
    permission: "edit",
    patterns: edits.map((edit) => edit.target.label),
    always: ["*"],
    metadata: {
      filepath: edits.map((edit) => edit.target.absolute).join(", "),
      diff: diffs.map((each) => each.patch).join("\n"),
      ...(diffs.length === 1 ? { filediff: diffs[0] } : {}),
      files: diffs,
    },
  })
}
