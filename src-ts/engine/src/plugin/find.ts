import { readdir, readFile, realpath, stat } from "node:fs/promises"
import { dirname, extname, isAbsolute, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { ConfigFolder } from "../config/index.ts"
import { isObject } from "../json/index.ts"
import type { PluginInfo } from "./types.ts"

const ENDINGS = new Set([".ts", ".mts", ".js", ".mjs", ".cjs"])

/** Entries of one configuration source, with the folder that relative paths start from. */
export interface PluginSource {
  entries: (string | [string, Record<string, unknown>])[]
  base: string
  scope: ConfigFolder["scope"]
}

export interface FoundPlugin extends Pick<PluginInfo, "name" | "scope" | "kind"> {
  /** The real path of the module; missing when there is none. */
  path?: string
  problem?: string
  options: Record<string, unknown>
}

/**
 * Plugins of the configuration and of the folders `plugin(s)` and `tool(s)`, each module once; the user's come first. Packages are
 * looked for where they are installed, never installed.
 */
export async function findPlugins(
  sources: PluginSource[],
  folders: ConfigFolder[],
  places: string[],
  home: string,
): Promise<FoundPlugin[]> {
  const found: FoundPlugin[] = []
  for (const { entries, base, scope } of sources) {
    for (const entry of entries) {
      const [name, options] = typeof entry === "string" ? [entry, {}] : entry
      found.push({ ...(await resolveEntry(name, base, places, home)), name, scope, kind: "plugin", options })
    }
  }
  for (const folder of folders) {
    for (const kind of ["plugin", "tool"] as const) {
      for (const sub of [kind, `${kind}s`]) {
        for (const path of await modulesIn(join(folder.path, sub))) {
          found.push({ name: path, path, scope: folder.scope, kind, options: {} })
        }
      }
    }
  }
  const rank = (plugin: FoundPlugin) => (plugin.scope === "global" ? 0 : 1)
  const seen = new Set<string>()
  return found
    .sort((a, b) => rank(a) - rank(b))
    .filter(({ path }) => path === undefined || (!seen.has(path) && seen.add(path)))
}

async function modulesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const paths = names.filter((name) => ENDINGS.has(extname(name)) && !name.endsWith(".d.ts") && !name.startsWith("."))
  const files: string[] = []
  for (const name of paths.sort()) {
    const path = join(folder, name)
    if ((await stat(path).catch(() => undefined))?.isFile()) files.push(await realpath(path))
  }
  return files
}

async function resolveEntry(
  name: string,
  base: string,
  places: string[],
  home: string,
): Promise<{ path?: string; problem?: string }> {
  if (/^(file:|\.{0,2}\/|~\/|[A-Za-z]:[\\/])/.test(name) || isAbsolute(name)) {
    const path = name.startsWith("file:")
      ? fileURLToPath(name)
      : resolve(base, name.startsWith("~/") ? join(home, name.slice(2)) : name)
    const info = await stat(path).catch(() => undefined)
    if (info?.isFile()) return { path: await realpath(path) }
    if (info?.isDirectory()) {
      const entry = await entryOf(path)
      if (entry) return { path: entry }
    }
    return { problem: `There is no module at ${path}.` }
  }
  const bare = /^(@[^/@]+\/[^/@]+|[^/@]+)(?:@.*)?$/.exec(name)?.[1]
  if (bare === undefined) return { problem: "This is neither a path nor the name of a package." }
  for (const place of [base, ...places]) {
    for (let folder = place; ; folder = dirname(folder)) {
      const entry = await entryOf(join(folder, "node_modules", bare))
      if (entry) return { path: entry }
      if (dirname(folder) === folder) break
    }
  }
  return {
    problem: `The package is not installed, and nothing is installed by itself. Run: npm install --prefix ${places[0] ?? base} ${name}`,
  }
}

/** The module that importing a package's folder means. */
async function entryOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined)
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(json)) return undefined
  const exported = isObject(json.exports) && "." in json.exports ? json.exports["."] : json.exports
  const name = pick(exported) ?? pick(json.module) ?? pick(json.main) ?? "index.js"
  const path = join(folder, name)
  return (await stat(path).catch(() => undefined))?.isFile() ? realpath(path) : undefined
}

function pick(value: unknown): string | undefined {
  if (typeof value === "string") return value
  if (!isObject(value)) return undefined
  for (const key of ["import", "node", "default", "require"]) {
    const found = pick(value[key])
    if (found !== undefined) return found
  }
  return undefined
}
