import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { AgentConfig } from "../config/index.ts"
import { writeAtomic } from "../disk/index.ts"
import { BadRequestError } from "../error.ts"
import { toYaml } from "../markdown/index.ts"
import type { PermissionConfig } from "../permission/index.ts"
import type { AgentFiles } from "./files.ts"
import type { AgentDraft, SavedAgent } from "./types.ts"

/** Writes and removes the files of agents. */
export class AgentWriter {
  readonly #folders: { global: string; project: string }

  /** The configuration folders that new files go to. */
  constructor(folders: { global: string; project: string }) {
    this.#folders = folders
  }

  /**
   * Writes an agent's Markdown file, over an older one of the name and scope. Names may have folders ("team/reviewer").
   * Throws BadRequestError for a name that is no file name.
   */
  async save(id: string, draft: AgentDraft): Promise<SavedAgent> {
    const problem = badName(id)
    if (problem) throw new BadRequestError(`"${id}" can't be the name of an agent: ${problem}.`)
    const scope = draft.scope ?? "project"
    const path = join(this.#folders[scope], "agent", ...id.split("/").slice(0, -1), `${id.split("/").at(-1)}.md`)
    const markdown = await toMarkdown(draft)
    await writeAtomic(
      path,
      markdown,
      scope === "global" ? { mode: 0o600, dirMode: 0o700 } : { mode: 0o644, dirMode: 0o755 },
    )
    return { id, scope, path, markdown }
  }

  /** Removes the files of an agent. Resolves with how many there were. */
  async remove(name: string, files: AgentFiles["files"], scope?: "global" | "project"): Promise<number> {
    const own = files.filter((file) => file.name === name && (scope === undefined || file.scope === scope))
    for (const file of own) await rm(file.path, { force: true })
    return own.length
  }
}

async function toMarkdown(draft: AgentDraft): Promise<string> {
  const { description, mode, model, color, steps, temperature, tools } = draft
  const permission = tools ? { "*": "deny", ...Object.fromEntries(tools.map((tool) => [tool, "allow"])) } : undefined
  const rules = typeof draft.permission === "string" ? { "*": draft.permission } : draft.permission
  const all = permission || rules ? { ...permission, ...rules } : undefined
  const settings: Partial<AgentConfig> = {
    ...(description ? { description } : {}),
    ...(mode ? { mode } : {}),
    ...(model ? { model } : {}),
    ...(color ? { color } : {}),
    ...(steps === undefined ? {} : { steps }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(all ? { permission: all as PermissionConfig } : {}),
  }
  const head = Object.keys(settings).length > 0 ? `---\n${await toYaml(settings)}---\n\n` : ""
  return `${head}${draft.prompt.trim()}\n`
}

/** Why a name can't become a path below a folder, on any system; undefined when it can. */
export function badName(id: string): string | undefined {
  if (id.length > 120) return "it is too long"
  for (const part of id.split("/")) {
    if (part === "" || part === "." || part === "..") return "a part of it is empty or made of dots"
    if (!/^[\p{L}\p{N} ._-]+$/u.test(part)) return "use letters, digits, dashes, dots and underscores"
    if (part.startsWith(".") || /[ .]$/.test(part)) return "a part of it starts or ends with a dot or blank"
  }
  return undefined
}
