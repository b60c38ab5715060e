import { z } from "zod"
import { define, ToolError } from "./define.ts"
import { askEdit } from "./edit.ts"
import { replaceText } from "./match.ts"
import { prefersPatches } from "./patch/index.ts"
import { commitEdits } from "./support/commit.ts"
import type { Format } from "./support/format.ts"
import type { KeyedLock } from "./support/lock.ts"
import { filePatch } from "./support/patch.ts"
import { askOutside, locate } from "./support/target.ts"
import { readText } from "./support/text.ts"
import type { Tool } from "./types.ts"

const edit = z.object({
  oldString: z.string().min(1).describe("Text to replace"),
  newString: z.string().describe("Text to put there"),
  replaceAll: z.boolean().optional().describe("Replace every occurrence"),
})

/** Several replacements in one file, all or none. */
export function multieditTool(options: { lock: KeyedLock; format?: Format; home?: string }): Tool {
  return define({
    id: "multiedit",
    description:
      "Make several replacements in one file, in order, each like edit and on the result of the one before it. If one does not fit, nothing is changed.",
    shape: {
      filePath: z.string().min(1).describe("File to change"),
      edits: z.array(edit).min(1).max(100).describe("Replacements, in order"),
    },
    suits: (model) => !prefersPatches(model),
    async execute(input, context) {
      const target = await locate(context, input.filePath, options.home)
      await askOutside(context, target)
      return options.lock.run(target.real, context.abort, async () => {
        const before = await readText(target.real, target.label)
        if (!before.exists) throw new ToolError(`${target.label} does not exist. To create it, use write.`)
        let after = before.text
        let places = 0
        for (const [index, each] of input.edits.entries()) {
          try {
            const { oldString, newString, replaceAll } = each
            const replaced = replaceText(after, oldString, newString, replaceAll ?? false, target.label)
            after = replaced.text
            places += replaced.count
          } catch (error) {
            if (!(error instanceof ToolError)) throw error
            throw new ToolError(`Edit ${index + 1} of ${input.edits.length}: ${error.message} Nothing was changed.`)
          }
        }
        const filediff = filePatch(target.absolute, before.text, after)
        await askEdit(context, target, filediff)
        const { edits, note } = await commitEdits(context, [{ target, before, after }], options.format)
        const now = edits[0]?.after ?? after
        const done = now === after ? filediff : filePatch(target.absolute, before.text, now)
        const changes = { diff: done.patch, filediff: done, diagnostics: {} }
        context.update({ metadata: changes })
        return {
          title: target.label,
          output: `Edited ${target.label} in ${places} place${places === 1 ? "" : "s"}.${note}`,
          metadata: { ...changes, truncated: false },
        }
      })
    },
  })
}
