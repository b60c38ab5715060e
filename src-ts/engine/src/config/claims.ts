import { isObject, type Json } from "../json/index.ts"
import type { Layer } from "./parse.ts"

/** Sections of the configuration whose entries name programs that we would start. */
const SECTIONS = ["mcp", "lsp", "formatter"] as const
export type ClaimSection = (typeof SECTIONS)[number]

/** An entry that a file inside the project defines or changes: somebody else's text decides what would be run. */
export interface Claim {
  /** The project's file that does so. */
  path: string
  /** Whether it draws in something from outside the file: an environment variable or another file. */
  borrows: boolean
}

export type Claims = Readonly<Record<ClaimSection, ReadonlyMap<string, Claim>>>

export const NO_CLAIMS: Claims = { mcp: new Map(), lsp: new Map(), formatter: new Map() }

/** Keys with which a project may tune an entry of the user's without saying what is run. */
const HARMLESS = new Set(["enabled", "disabled", "timeout", "extensions"])

/**
 * Which servers and formatters a project's own files define. Cloning a repository must not be enough to have its programs run,
 * so whoever would start one looks here first. Sources are weakest first; those the user chose are trusted.
 */
export function findClaims(sources: { layer: Layer; project: boolean }[]): Claims {
  const claims = { mcp: new Map<string, Claim>(), lsp: new Map<string, Claim>(), formatter: new Map<string, Claim>() }
  for (const { layer, project } of sources) {
    if (!project) continue
    for (const section of SECTIONS) {
      for (const [name, entry] of Object.entries(isObject(layer.config[section]) ? layer.config[section] : {})) {
        if (!isObject(entry) || !Object.keys(entry).some((key) => !HARMLESS.has(key))) continue
        const borrows = refers(layer, section, name) || claims[section].get(name)?.borrows === true
        claims[section].set(name, { path: layer.path, borrows })
      }
    }
  }
  return claims
}

function refers(layer: Layer, section: ClaimSection, name: string): boolean {
  const keys = section === "mcp" ? [section, "mcpServers", "servers"] : [section]
  return layer.references.some(
    ({ path, outside }) => outside && keys.includes(String(path[0])) && String(path[1]) === name,
  )
}

/**
 * Servers of an older `mcp.json` (`mcpServers`, also `servers`) in today's form. `disabled` becomes `enabled`, and a
 * command with arguments becomes one list; time limits were in seconds.
 */
export function fromLegacyMcp(value: Json): Json {
  const mcp: Json = {}
  for (const group of [value.servers, value.mcpServers]) {
    for (const [name, entry] of Object.entries(isObject(group) ? group : {})) {
      if (isObject(entry)) mcp[name] = legacyServer(entry)
    }
  }
  return Object.keys(mcp).length > 0 ? { mcp } : {}
}

function legacyServer(entry: Json): Json {
  const common: Json = {
    ...(typeof entry.disabled === "boolean" ? { enabled: !entry.disabled } : {}),
    ...(typeof entry.timeout === "number" && entry.timeout > 0 ? { timeout: Math.round(entry.timeout * 1000) } : {}),
  }
  if (typeof entry.url === "string") {
    return { type: "remote", url: entry.url, ...(isObject(entry.headers) ? { headers: entry.headers } : {}), ...common }
  }
  const args = Array.isArray(entry.args) ? entry.args.map(String) : []
  const program = Array.isArray(entry.command) ? entry.command.map(String) : [String(entry.command ?? "")]
  return {
    type: "local",
    command: [...program, ...args].filter((part, index) => index > 0 || part !== ""),
    ...(isObject(entry.env) ? { environment: entry.env } : {}),
    ...common,
  }
}
