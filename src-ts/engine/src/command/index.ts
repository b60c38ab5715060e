import type { Config } from "../config/types.ts"
import type { Paths } from "../project/types.ts"
import type { Command } from "./types.ts"

export * from "./types.ts"

/** Slash commands from the configuration and from Markdown files in the project's and the global command folders. */
export async function resolveCommands(options: {
  config: Config
  directory: string
  worktree: string
  paths: Paths
}): Promise<Command[]> {
  throw new Error(`not ready ${options.directory}`)
}
