import { join, relative, resolve, sep } from "node:path"
import type { EngineOptions } from "../engine.ts"
import type { Paths } from "../project/types.ts"

const NAMES = ["kilo.json", "kilo.jsonc", "opencode.json", "opencode.jsonc"]
const FOLDERS = [".kilo", ".kilocode", ".opencode"]

/** The user's own files, weakest first. */
export function globalFiles(paths: Paths): string[] {
  return ["config.json", ...NAMES].map((name) => join(paths.config, name))
}

/** Files in the configuration folders of the home directory; the user's own like the global ones. */
export function homeFiles(paths: Paths): string[] {
  return FOLDERS.flatMap((sub) => NAMES.map((name) => join(paths.home, sub, name)))
}

/**
 * The project's files, weakest first: from the top of the worktree down to the directory, in each folder the plain files and then
 * those in the configuration folders. Outside a repository only the directory itself counts, so that a stray file in
 * /tmp or in a shared parent never configures anything.
 */
export function projectFiles(directory: string, worktree: string): string[] {
  return ladder(directory, worktree).flatMap((folder) => [
    ...NAMES.map((name) => join(folder, name)),
    ...FOLDERS.flatMap((sub) => NAMES.map((name) => join(folder, sub, name))),
  ])
}

/** Older files that hold MCP servers only; weaker than the files above. */
export function globalMcpFiles(paths: Paths): string[] {
  return [
    join(paths.home, ".kilocode", "cli", "global", "settings", "mcp_settings.json"),
    join(paths.config, "mcp.json"),
  ]
}

/** The same of the project, weakest first. */
export function projectMcpFiles(directory: string, worktree: string): string[] {
  return ladder(directory, worktree).flatMap((folder) =>
    [".kilocode", ".kilo"].map((sub) => join(folder, sub, "mcp.json")),
  )
}

/** Where a new project file goes. */
export function newProjectFile(directory: string, worktree: string): string {
  return join(ladder(directory, worktree)[0] ?? directory, ".kilo", "kilo.jsonc")
}

/** Folders from the top of the worktree down to the directory; outside a repository only the directory. */
export function ladder(directory: string, worktree: string): string[] {
  const way = relative(worktree, directory)
  const outside = worktree === resolve(worktree, "/") || way === ".." || way.startsWith(`..${sep}`)
  if (outside || way === "" || resolve(way) === way) return [directory]
  const parts = way.split(sep)
  return [worktree, ...parts.map((_, index) => join(worktree, ...parts.slice(0, index + 1)))]
}

/** Files named by the environment: KILO_CONFIG, which must exist, and those of KILO_CONFIG_DIR. */
export function envFiles(env: EngineOptions["env"]): { explicit?: string; folder: string[] } {
  const folder = env.KILO_CONFIG_DIR ? NAMES.map((name) => join(resolve(env.KILO_CONFIG_DIR ?? ""), name)) : []
  return env.KILO_CONFIG ? { explicit: resolve(env.KILO_CONFIG), folder } : { folder }
}

/**
 * Files of the machine's administrator, stronger than everything a user or a project writes. KILO_MANAGED_CONFIG_DIR moves the folder;
 * whoever can set the environment could start another program as well, so nothing is protected against that.
 */
export function managedFiles(env: EngineOptions["env"], platform: NodeJS.Platform = process.platform): string[] {
  const folder = env.KILO_MANAGED_CONFIG_DIR ?? managedFolder(env, platform)
  return NAMES.map((name) => join(folder, name))
}

function managedFolder(env: EngineOptions["env"], platform: NodeJS.Platform): string {
  if (platform === "darwin") return "/Library/Application Support/kilo"
  if (platform === "win32") return join(env.ProgramData ?? "C:\\ProgramData", "kilo")
  return "/etc/kilo"
}

/** Whether a switch variable is on. */
export function on(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no", "off"].includes(value.toLowerCase())
}
