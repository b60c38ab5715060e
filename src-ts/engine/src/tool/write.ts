import { z } from "zod"
import { define } from "./define.ts"
import { askEdit } from "./edit.ts"
import { type Format, formatted } from "./support/format.ts"
import type { KeyedLock } from "./support/lock.ts"
import { filePatch } from "./support/patch.ts"
import { askOutside, locate } from "./support/target.ts"
import { assertUnchanged, readText, withEol, writeText } from "./support/text.ts"
import type { Tool } from "./types.ts"

/** Creates or replaces a whole file. */
export function writeTool(options: { lock: KeyedLock; format?: Format; home?: string }): Tool {
  return define({
    id: "write",
    description:
      "Create a file with this content, or replace a file's whole content. Missing directories are made. To change part of a file use edit.",
    shape: {
      filePath: z.string().min(1).describe("File to write"),
      content: z.string().describe("The whole content"),
    },
    async execute(input, context) {
      const target = await locate(context, input.filePath, options.home)
      await askOutside(context, target)
      return options.lock.run(target.real, context.abort, async () => {
        const before = await readText(target.real, target.label)
        // Models write plain newlines; a file with Windows line endings keeps them.
        const keep = before.exists && before.eol === "\r\n" && !input.content.includes("\r")
        const text = keep ? withEol(input.content, "\r\n") : input.content
        const filediff = filePatch(target.absolute, before.text, text)
        await askEdit(context, target, filediff)
        await assertUnchanged(target.real, target.label, before)
        await writeText(target.real, text, before.bom && !text.startsWith("\uFEFF"))
        const { now, note } = await formatted(options.format, target, text, context.abort)
        const done = now === text ? filediff : filePatch(target.absolute, before.text, now)
        context.edited(target.absolute, before.exists ? "change" : "add")
        return {
          title: target.label,
          output: `${before.exists ? "Replaced" : "Created"} ${target.label}.${note}`,
          metadata: {
            diagnostics: {},
            filepath: target.absolute,
            exists: before.exists,
            diff: done.patch,
            filediff: done,
            truncated: false,
          },
        }
      })
    },
  })
}
