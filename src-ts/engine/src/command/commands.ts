import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Config } from "../config/types.ts"
import type { Paths } from "../project/types.ts"
import { parseMarkdown } from "./markdown.ts"
import type { Command } from "./types.ts"

const MAX_FILE = 256 * 1024
const MAX_COMMANDS = 500
const MAX_DEPTH = 5
/** Below a project's root; later ones win. */
const PROJECT_FOLDERS = [".opencode/command", ".opencode/commands", ".kilo/command", ".kilo/commands"]

/**
 * Slash commands by name. Weakest first: Markdown files in the global configuration folder, those of the worktree's root,
 * those of the directory, then `command` of the configuration. A file's name is the command's name; in a sub-folder it is
 * "folder/name". Unreadable files are skipped.
 */
export async function resolveCommands(options: {
  config: Config
  directory: string
  worktree: string
  paths: Paths
}): Promise<Command[]> {
  const { config, directory, worktree, paths } = options
  const roots = worktree === "/" || worktree === directory ? [directory] : [worktree, directory]
  const folders = [
    join(paths.config, "command"),
    join(paths.config, "commands"),
    ...roots.flatMap((root) => PROJECT_FOLDERS.map((folder) => join(root, folder))),
  ]
  const found = new Map<string, Command>()
  for (const folder of folders) {
    for (const command of await fromFolder(folder)) {
      if (found.size < MAX_COMMANDS || found.has(command.name)) found.set(command.name, command)
    }
  }
  for (const [name, entry] of Object.entries(config.command ?? {})) {
    if (typeof entry?.template !== "string") continue
    const { description, agent, model, variant, subtask } = entry
    found.set(name, make(name, entry.template, { description, agent, model, variant, subtask }))
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function fromFolder(folder: string, prefix = "", depth = 0): Promise<Command[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const commands: Command[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < MAX_DEPTH) {
      commands.push(...(await fromFolder(path, `${prefix}${entry.name}/`, depth + 1)))
      continue
    }
    if (!entry.name.endsWith(".md")) continue
    const info = await stat(path).catch(() => undefined)
    if (!info?.isFile() || info.size > MAX_FILE) continue
    const text = await readFile(path, "utf8").catch(() => undefined)
    if (text === undefined) continue
    const { settings, body } = parseMarkdown(text)
    commands.push(make(`${prefix}${entry.name.slice(0, -3)}`, body, settings))
  }
  return commands
}

type Settings = { [key in "description" | "agent" | "model" | "variant" | "subtask"]?: unknown }

function make(name: string, template: string, settings: Settings): Command {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined)
  const subtask = typeof settings.subtask === "boolean" ? settings.subtask : undefined
  const command: Command = { name, source: "command", template, hints: hints(template) }
  const optional = {
    description: text(settings.description),
    agent: text(settings.agent),
    model: text(settings.model),
    variant: text(settings.variant),
    subtask,
  }
  return { ...command, ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) }
}

/** The places that arguments go to: $1, $2, … in order, then $ARGUMENTS. */
function hints(template: string): string[] {
  const numbers = [...new Set([...template.matchAll(/\$([1-9]\d?)(?!\d)/g)].map((match) => Number(match[1])))]
  const numbered = numbers.sort((a, b) => a - b).map((number) => `$${number}`)
  return template.includes("$ARGUMENTS") ? [...numbered, "$ARGUMENTS"] : numbered
}
