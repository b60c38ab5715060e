import { join } from "node:path"
import { type Config, type ConfigFolder, type ConfigWarning, projectRoots, switchedOn } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { isObject } from "../json/index.ts"
import { findFiles, parseMarkdown } from "../markdown/index.ts"
import type { Paths } from "../project/types.ts"
import type { Skill } from "../skill/types.ts"
import { BUILT_IN } from "./builtin.ts"
import { hints } from "./template.ts"
import type { Command, CommandFile } from "./types.ts"

const FOLDERS = ["workflow", "workflows", "command", "commands"]

/**
 * Slash commands in the order of their names, the files they come from, and what was wrong with these. Weakest first: skills,
 * built-in commands, the user's Markdown files, the user's configuration, the project's files, whatever else the
 * effective configuration says. A file's name is the command's name; in a sub-folder it is "folder/name".
 */
export async function loadCommands(options: {
  folders: ConfigFolder[]
  place: { paths: Paths; env: EngineOptions["env"]; directory: string; worktree: string }
  global: Config
  config: Config
  /** What the project's own configuration files say: their commands are not trusted. */
  project?: Config
  skills: Skill[]
}): Promise<{ commands: Command[]; files: CommandFile[]; warnings: ConfigWarning[] }> {
  const { place, global, config, skills } = options
  const warnings: ConfigWarning[] = []
  const places = foldersOf(options.folders, place)
  const read = await Promise.all(places.map((one) => fromFolder(one, warnings)))
  const of = (scope: ConfigFolder["scope"]) => read.flat().filter((entry) => entry.scope === scope)
  const found = new Map<string, Command>()
  const add = (command: Command) => found.set(command.name, command)

  for (const skill of skills) add(fromSkill(skill))
  for (const command of BUILT_IN) add(command)
  for (const entry of of("global")) add(entry.command)
  for (const command of fromConfig(global.command)) add(command)
  for (const entry of of("project")) add(entry.command)
  for (const command of fromConfig(config.command)) {
    if (JSON.stringify(global.command?.[command.name]) === JSON.stringify(config.command?.[command.name])) continue
    add(options.project?.command?.[command.name] ? { ...command, trusted: false } : command)
  }
  const builtIn = BUILT_IN.map(({ source: _, template, trusted: __, ...rest }) => ({
    ...rest,
    source: "builtin",
    builtin: true,
    location: "builtin",
    editable: false,
    content: template,
  }))
  const files = read
    .flat()
    .map(({ command: { source: _, template: __, trusted: ___, ...rest }, path, text, scope }) => ({
      ...rest,
      source: scope,
      builtin: false,
      location: path,
      editable: true,
      content: text,
    }))
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  return { commands: [...found.values()].sort(byName), files: [...builtIn, ...files].sort(byName), warnings }
}

function foldersOf(folders: ConfigFolder[], place: Parameters<typeof loadCommands>[0]["place"]): ConfigFolder[] {
  const claude = switchedOn(place.env.KILO_DISABLE_CLAUDE_CODE)
    ? []
    : [
        { path: join(place.paths.home, ".claude"), scope: "global" as const },
        ...projectRoots(place)
          .filter((root) => root !== place.paths.home)
          .map((root) => ({ path: join(root, ".claude"), scope: "project" as const })),
      ]
  return [
    ...claude.map(({ path, scope }) => ({ path: join(path, "commands"), scope })),
    ...folders.flatMap(({ path, scope }) => FOLDERS.map((name) => ({ path: join(path, name), scope }))),
  ]
}

interface FoundCommand {
  command: Command
  path: string
  text: string
  scope: ConfigFolder["scope"]
}

async function fromFolder(folder: ConfigFolder, warnings: ConfigWarning[]): Promise<FoundCommand[]> {
  const files = await findFiles(
    folder.path,
    (name) => name.endsWith(".md"),
    (path, message) => warnings.push({ path, message }),
  )
  return Promise.all(
    files.map(async ({ path, name, text }) => {
      const { settings, body, problem } = await parseMarkdown(text)
      if (problem !== undefined) {
        warnings.push({
          path,
          message: `The settings at the top are not valid YAML: ${problem}. What is readable is used.`,
        })
      }
      return { command: make(name, body, settings, folder.scope === "global"), path, text, scope: folder.scope }
    }),
  )
}

function fromConfig(entries: Config["command"]): Command[] {
  return Object.entries(entries ?? {}).flatMap(([name, entry]) =>
    isObject(entry) && typeof entry.template === "string" ? [make(name, entry.template, entry)] : [],
  )
}

function fromSkill(skill: Skill): Command {
  return {
    name: skill.name,
    ...(skill.description ? { description: skill.description } : {}),
    source: "skill",
    ...(skill.trusted === undefined ? {} : { trusted: skill.trusted }),
    template: skill.content,
    hints: hints(skill.content),
  }
}

function make(name: string, template: string, settings: Record<string, unknown>, trusted?: boolean): Command {
  const text = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value.trim() : undefined)
  const model = text(settings.model)
  const optional = {
    description: text(settings.description),
    agent: text(settings.agent),
    // A name without its provider is another program's shorthand.
    model: model?.includes("/") ? model : undefined,
    variant: text(settings.variant),
    subtask: typeof settings.subtask === "boolean" ? settings.subtask : undefined,
    trusted,
  }
  const set = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { name, source: "command", template, hints: hints(template), ...set }
}
