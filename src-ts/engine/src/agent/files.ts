import { join } from "node:path"
import {
  type AgentConfig,
  type Config,
  type ConfigFolder,
  type ConfigWarning,
  checkedConfig,
  mergeConfig,
} from "../config/index.ts"
import { isObject, type Json } from "../json/index.ts"
import { findFiles, parseMarkdown } from "../markdown/index.ts"
import { loadModes, modeToAgent } from "./modes.ts"

/** Sub-folders of a configuration folder that hold agents; the older name makes primary ones. */
const FOLDERS = [
  { name: "mode", mode: "primary" },
  { name: "modes", mode: "primary" },
  { name: "agent", mode: undefined },
  { name: "agents", mode: undefined },
] as const

type Agents = Record<string, AgentConfig>

/** Agents that were written as files, by name; what was wrong with the files; and where each file is. */
export interface AgentFiles {
  /** To be used in the place of `config.agent`: files and configuration together. */
  agent: Agents
  /** The same without the project's files and configuration; missing when those add nothing. */
  own?: Agents
  warnings: ConfigWarning[]
  /** Every file that describes an agent, strongest last. */
  files: { name: string; path: string; scope: ConfigFolder["scope"] }[]
}

/**
 * Reads agents from Markdown files and from legacy mode files and lays them together with the configuration. Weakest first: legacy
 * modes, the user's files, the user's configuration, the project's files, whatever else the effective configuration
 * says. A file that can't be understood costs a warning, never more than its own agent.
 */
export async function loadAgentFiles(options: {
  folders: ConfigFolder[]
  /** Folders of the project that may hold legacy mode files, and the user's own such files. */
  modes: { roots: string[]; files: string[]; organization?: () => Promise<unknown[]> }
  global: Config
  config: Config
  /** The configuration without the project's, when that is another one. */
  own?: Config
}): Promise<AgentFiles> {
  const warnings: ConfigWarning[] = []
  const [legacy, organization, ...found] = await Promise.all([
    loadModes(options.modes, warnings),
    organizationAgents(options.modes.organization, warnings),
    ...options.folders.map((folder) => fromFolder(folder, warnings)),
  ])
  const files = found.flat()
  const of = (scope: ConfigFolder["scope"]) => together(files.filter((file) => file.scope === scope))
  const weak = [legacy, organization, of("global"), options.global.agent ?? {}]
  const strong = (config: Config) => beyond(config.agent, options.global.agent)
  const foreign = options.own !== undefined || files.some(({ scope }) => scope === "project")
  return {
    agent: merged([...weak, of("project"), strong(options.config)]),
    ...(foreign ? { own: merged([...weak, strong(options.own ?? options.config)]) } : {}),
    warnings,
    files: files.map(({ name, path, scope }) => ({ name, path, scope })),
  }
}

/** Weaker than everything that the user writes (seed 002, configuration precedence). Without network they are missing, with a warning. */
async function organizationAgents(
  load: (() => Promise<unknown[]>) | undefined,
  warnings: ConfigWarning[],
): Promise<Agents> {
  const path = "organization modes"
  const modes =
    (await load?.().catch((error: unknown) => {
      warnings.push({ path, message: error instanceof Error ? error.message : String(error) })
      return []
    })) ?? []
  const agents: Agents = {}
  for (const mode of modes) {
    // Their texts lie in a part of their own.
    const flat = isObject(mode) && isObject(mode.config) ? { ...mode.config, slug: mode.slug, name: mode.name } : mode
    const agent = modeToAgent(flat, "organization", (message) => warnings.push({ path, message }))
    if (agent) agents[agent.name] = agent.config
  }
  return agents
}

interface FoundAgent {
  name: string
  path: string
  scope: ConfigFolder["scope"]
  config: AgentConfig
}

async function fromFolder(folder: ConfigFolder, warnings: ConfigWarning[]): Promise<FoundAgent[]> {
  const found: FoundAgent[] = []
  for (const { name: sub, mode } of FOLDERS) {
    const files = await findFiles(
      join(folder.path, sub),
      (name) => name.endsWith(".md"),
      (path, message) => warnings.push({ path, message }),
    )
    for (const file of files) {
      const { settings, body, problem } = await parseMarkdown(file.text)
      if (problem !== undefined) {
        warnings.push({
          path: file.path,
          message: `The settings at the top are not valid YAML: ${problem}. What is readable is used.`,
        })
      }
      const draft: Json = {
        ...(mode ? { mode } : {}),
        ...settings,
        ...(body ? { prompt: body } : {}),
        source: folder.scope,
      }
      if (Array.isArray(draft.tools) || typeof draft.tools === "string") draft.tools = switches(draft.tools)
      const checked = await checkedConfig({ agent: { [file.name]: draft } }, file.path)
      warnings.push(...checked.warnings)
      const config = checked.config.agent?.[file.name]
      if (config) found.push({ name: file.name, path: file.path, scope: folder.scope, config })
    }
  }
  return found
}

/** Some agent files list the tools that are on; all others are off then. */
function switches(list: unknown[] | string): Record<string, boolean> {
  const names = (typeof list === "string" ? list.split(",") : list).flatMap((name) =>
    typeof name === "string" && name.trim() !== "" ? [name.trim().toLowerCase()] : [],
  )
  return names.includes("*") ? {} : { "*": false, ...Object.fromEntries(names.map((name) => [name, true])) }
}

function merged(layers: Agents[]): Agents {
  const all = layers.reduce<Json>((all, agent) => mergeConfig(all, { agent }), {})
  return (isObject(all.agent) ? all.agent : {}) as Agents
}

function together(files: FoundAgent[]): Agents {
  const merged = files.reduce<Json>((all, { name, config }) => mergeConfig(all, { agent: { [name]: config } }), {})
  return (isObject(merged.agent) ? merged.agent : {}) as Agents
}

/** What the effective configuration says that the user's global one does not: it is stronger than the project's files. */
function beyond(effective: Agents | undefined, global: Agents | undefined): Agents {
  const out: Agents = {}
  for (const [name, agent] of Object.entries(effective ?? {})) {
    const known = global?.[name]
    const entries = Object.entries(agent).filter(
      ([key, value]) => JSON.stringify(known?.[key]) !== JSON.stringify(value),
    )
    if (entries.length > 0 || !known) out[name] = Object.fromEntries(entries)
  }
  return out
}
