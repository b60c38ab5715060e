import { join } from "node:path"
import type { AgentConfig, ConfigWarning } from "../config/index.ts"
import { isObject } from "../json/index.ts"
import { parseYaml, readText } from "../markdown/index.ts"
import type { PermissionConfig } from "../permission/index.ts"
import { ALIASES } from "./builtin.ts"

/** Files of older versions and of a relative, in a project's folder; weakest first. Both hold YAML or JSON. */
const NAMES = [".roomodes", ".kilocodemodes"]

/** Tools of each group of a legacy mode; a mode without the group may not use them. */
const GROUPS: Record<string, string[]> = {
  read: ["read", "list", "glob", "grep"],
  edit: ["edit"],
  command: ["bash"],
  browser: ["webfetch", "websearch"],
}

/** Reads the custom modes of older versions as agents. A broken file or mode costs a warning. */
export async function loadModes(
  places: { roots: string[]; files: string[] },
  warnings: ConfigWarning[],
): Promise<Record<string, AgentConfig>> {
  const agents: Record<string, AgentConfig> = {}
  const paths = [...places.files, ...places.roots.flatMap((root) => NAMES.map((name) => join(root, name)))]
  for (const path of paths) {
    const text = await readText(path, (_, message) => {
      if (!message.includes("ENOENT") && !message.includes("ENOTDIR")) warnings.push({ path, message })
    })
    if (text === undefined) continue
    const { value, problem } = await parseYaml(text)
    const list = isObject(value) ? value.customModes : undefined
    if (problem !== undefined || !Array.isArray(list)) {
      const message = problem === undefined ? "it has no list `customModes`" : problem
      warnings.push({ path, message: `Can't be read as custom modes: ${message}. The file is ignored.` })
      continue
    }
    for (const mode of list) {
      const agent = modeToAgent(mode, "legacy", (message) => warnings.push({ path, message }))
      if (agent) agents[agent.name] = agent.config
    }
  }
  return agents
}

/**
 * A custom mode as an agent: its role is the prompt, what its tool groups leave out is denied. `warn` hears of what can't be carried
 * over; undefined when the mode has no usable name.
 */
export function modeToAgent(
  mode: unknown,
  source: "legacy" | "organization",
  warn: (message: string) => void,
): { name: string; config: AgentConfig } | undefined {
  if (!isObject(mode) || typeof mode.slug !== "string" || !/^[\p{L}\p{N}_-]+$/u.test(mode.slug)) {
    warn("A custom mode without a `slug` of letters, digits and dashes is ignored.")
    return undefined
  }
  const name = ALIASES[mode.slug] ?? mode.slug
  const text = (key: string) => {
    const value = mode[key]
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined
  }
  const prompt = [text("roleDefinition"), text("customInstructions")].filter((part) => part !== undefined).join("\n\n")
  const description = text("description") ?? text("whenToUse")
  const displayName = text("name")
  const permission = Array.isArray(mode.groups) ? groupRules(mode.groups, mode.slug, warn) : undefined
  return {
    name,
    config: {
      mode: "primary",
      source,
      ...(prompt === "" ? {} : { prompt }),
      ...(description === undefined ? {} : { description }),
      ...(displayName === undefined ? {} : { displayName }),
      ...(permission === undefined ? {} : { permission }),
    },
  }
}

function groupRules(groups: unknown[], slug: string, warn: (message: string) => void): PermissionConfig {
  const rules: Record<string, "deny" | "allow" | "ask" | Record<string, "deny" | "allow" | "ask">> = {}
  const has = new Map<string, unknown>()
  for (const group of groups) {
    if (typeof group === "string") has.set(group, undefined)
    else if (Array.isArray(group) && typeof group[0] === "string") has.set(group[0], group[1])
  }
  for (const [group, permissions] of Object.entries(GROUPS)) {
    if (has.has(group)) continue
    for (const permission of permissions) rules[permission] = "deny"
  }
  const limit = has.get("edit")
  const regex = isObject(limit) ? limit.fileRegex : undefined
  if (typeof regex === "string" && regex !== "") {
    const patterns = wildcards(regex)
    if (patterns)
      rules.edit = { "*": "deny", ...Object.fromEntries(patterns.map((pattern) => [pattern, "allow" as const])) }
    else {
      rules.edit = "ask"
      warn(`Mode "${slug}": the file pattern ${regex} has no counterpart in permission rules, so every edit asks.`)
    }
  }
  return rules
}

/** Wildcard patterns for the usual "files that end in" expressions: `\.md$`, `.*\.(js|ts)$`, `\.test\.[jt]sx?$` is too much. */
function wildcards(regex: string): string[] | undefined {
  const match = /^(?:\^?\.\*)?((?:\\\.[\w-]+)*\\\.)(?:([\w-]+)|\((?:\?:)?([\w|.-]+)\))\$?$/.exec(regex)
  const before = match?.[1]?.replaceAll("\\.", ".")
  const ends = match?.[2] === undefined ? match?.[3]?.split("|") : [match[2]]
  if (before === undefined || !ends || ends.some((end) => end === "" || end.includes("."))) return undefined
  return ends.map((end) => `*${before}${end}`)
}
