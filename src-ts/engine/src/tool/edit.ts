import { z } from "zod"
import { define, ToolError } from "./define.ts"
import { replaceText } from "./match.ts"
import { prefersPatches } from "./patch/index.ts"
import { type Format, formatted } from "./support/format.ts"
import type { KeyedLock } from "./support/lock.ts"
import { type FilePatch, filePatch } from "./support/patch.ts"
import { askOutside, locate, type Target } from "./support/target.ts"
import { assertUnchanged, readText, writeText } from "./support/text.ts"
import type { Tool, ToolContext } from "./types.ts"

/** Replaces text in a file. Edits of one file wait for each other, so that parallel calls lose nothing. */
export function editTool(options: { lock: KeyedLock; format?: Format; home?: string }): Tool {
  return define({
    id: "edit",
    description:
      "Replace text in a file. oldString must be copied exactly from the file (without line numbers) and occur once; add surrounding lines to make it unique, " +
      "or set replaceAll. An empty oldString creates a new file from newString.",
    shape: {
      filePath: z.string().min(1).describe("File to change"),
      oldString: z.string().describe("Text to replace"),
      newString: z.string().describe("Text to put there"),
      replaceAll: z.boolean().optional().describe("Replace every occurrence"),
    },
    suits: (model) => !prefersPatches(model),
    async execute(input, context) {
      const target = await locate(context, input.filePath, options.home)
      await askOutside(context, target)
      return options.lock.run(target.real, context.abort, async () => {
        const before = await readText(target.real, target.label)
        if (!before.exists && input.oldString !== "") {
          throw new ToolError(`${target.label} does not exist. To create it, use write.`)
        }
        if (before.text !== "" && input.oldString === "") {
          throw new ToolError(`${target.label} is not empty: give the text to replace, or use write to replace it all.`)
        }
        const replaced =
          input.oldString === ""
            ? { text: input.newString, count: 1, tolerance: "" as const }
            : replaceText(before.text, input.oldString, input.newString, input.replaceAll ?? false, target.label)
        const filediff = filePatch(target.absolute, before.text, replaced.text)
        await askEdit(context, target, filediff)
        await assertUnchanged(target.real, target.label, before)
        await writeText(target.real, replaced.text, before.bom)
        const { now, note: shaped } = await formatted(options.format, target, replaced.text, context.abort)
        const done = now === replaced.text ? filediff : filePatch(target.absolute, before.text, now)
        context.edited(target.absolute, before.exists ? "change" : "add")
        const changes = { diff: done.patch, filediff: done, diagnostics: {} }
        context.update({ metadata: changes })
        const places = replaced.count > 1 ? ` in ${replaced.count} places` : ""
        const note = replaced.tolerance === "" ? "" : ` (matched with different ${replaced.tolerance})`
        return {
          title: target.label,
          output: `${before.exists ? `Edited ${target.label}${places}${note}.` : `Created ${target.label}.`}${shaped}`,
          metadata: { diagnostics: {}, diff: done.patch, filediff: done, truncated: false },
        }
      })
    },
  })
}

/** The question before a file is changed (contract: behaviour section 5, edit ask). */
export async function askEdit(context: ToolContext, target: Target, filediff: FilePatch): Promise<void> {
  await context.ask({
    permission: "edit",
    patterns: [target.label],
    always: ["*"],
    metadata: { filepath: target.absolute, diff: filediff.patch, filediff },
  })
}
