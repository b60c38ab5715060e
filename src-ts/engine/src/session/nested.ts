import { viewOf } from "../message/index.ts"
import type { MessageWithParts, Part } from "../message/types.ts"
import type { ToolResult } from "../tool/types.ts"
import type { Workspace } from "./workspace.ts"

/**
 * Adds to what a tool read the instructions of the folders around that file, each once as long as the model can see it:
 * the system prompt only has those of the directory and above.
 */
export class NestedInstructions {
  readonly #workspace: Workspace
  readonly #history: () => MessageWithParts[]
  #shown: Set<string> | undefined

  constructor(workspace: Workspace, history: () => MessageWithParts[]) {
    this.#workspace = workspace
    this.#history = history
  }

  /** The result of a read with the instructions behind it; any other result as it is. Never rejects. */
  async extend(result: ToolResult): Promise<ToolResult> {
    const display = result.metadata.display
    const file = isFile(display) ? display.path : undefined
    if (file === undefined) return result
    const found = await this.#workspace.nested(file).catch((error: unknown) => {
      this.#workspace.onError(error)
      return []
    })
    if (found.length === 0) return result
    this.#shown ??= new Set(viewOf(this.#history()).items.flatMap((item) => item.parts.flatMap(loadedBy)))
    const shown = this.#shown
    const fresh = found.filter(({ path }) => !shown.has(path))
    if (fresh.length === 0) return result
    for (const { path } of fresh) shown.add(path)
    const texts = fresh.map(({ path, text }) => `<instructions path=${JSON.stringify(path)}>\n${text}\n</instructions>`)
    return {
      ...result,
      output: [result.output, ...texts].join("\n\n"),
      metadata: { ...result.metadata, loaded: fresh.map(({ path }) => path) },
    }
  }

  /** After a summary the model sees nothing of them any more. */
  forget() {
    this.#shown = undefined
  }
}

function isFile(display: unknown): display is { path: string } {
  if (typeof display !== "object" || display === null) return false
  return "type" in display && display.type === "file" && "path" in display && typeof display.path === "string"
}

function loadedBy(part: Part): string[] {
  if (part.type !== "tool" || part.state.status !== "completed" || part.state.time.compacted !== undefined) return []
  const loaded = part.state.metadata.loaded
  return Array.isArray(loaded) ? loaded.filter((path) => typeof path === "string") : []
}
