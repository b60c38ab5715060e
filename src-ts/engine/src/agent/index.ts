import type { Config } from "../config/types.ts"
import type { PermissionConfig } from "../permission/types.ts"
import type { Paths } from "../project/types.ts"
import type { Model } from "../provider/types.ts"
import type { Agent } from "./types.ts"

export * from "./types.ts"

export function resolveAgents(options: { config: Config; defaultPermission?: PermissionConfig }): Agent[] {
  throw new Error(`not ready ${options.config.model}`)
}

export function systemPrompt(options: {
  agent: Agent
  model: Model
  directory: string
  worktree: string
  vcs?: "git"
  date: Date
  instructions: string[]
}): string[] {
  throw new Error(`not ready ${options.directory}`)
}

/** Texts of AGENTS.md, CLAUDE.md and configured instruction files, most general first. */
export async function loadInstructions(
  directory: string,
  worktree: string,
  paths: Paths,
  config: Config,
): Promise<string[]> {
  throw new Error(`not ready ${directory} ${worktree} ${paths.config} ${config.model}`)
}
