import { join, resolve } from "node:path"
import type { EngineOptions } from "../engine.ts"
import type { Paths } from "../project/types.ts"
import { ladder, on } from "./sources.ts"

/** A folder in which agents, commands, skills, plugins and tools may lie. */
export interface ConfigFolder {
  path: string
  /** "global" is the user's own, "project" came with the files that are worked on. */
  scope: "global" | "project"
}

const NAMES = [".opencode", ".kilocode", ".kilo"]

/**
 * Configuration folders, weakest first: the user's (global configuration folder, `~/.kilocode`, `~/.kilo`), the project's from the
 * worktree's top down, then KILO_CONFIG_DIR. They need not exist.
 */
export function configFolders(place: {
  paths: Paths
  env: EngineOptions["env"]
  directory: string
  worktree: string
}): ConfigFolder[] {
  const { paths, env } = place
  const own = [paths.config, join(paths.home, ".kilocode"), join(paths.home, ".kilo")]
  const chosen = env.KILO_CONFIG_DIR ? [resolve(env.KILO_CONFIG_DIR)] : []
  const users = new Set([...own, ...chosen])
  const project = projectRoots(place).flatMap((root) => NAMES.map((name) => join(root, name)))
  return [
    ...own.map((path) => ({ path, scope: "global" as const })),
    ...project.filter((path) => !users.has(path)).map((path) => ({ path, scope: "project" as const })),
    ...chosen.map((path) => ({ path, scope: "global" as const })),
  ]
}

/** Folders of the project that may hold configuration, from the worktree's top down to the directory. */
export function projectRoots(place: { env: EngineOptions["env"]; directory: string; worktree: string }): string[] {
  return on(place.env.KILO_DISABLE_PROJECT_CONFIG) ? [] : ladder(place.directory, place.worktree)
}
