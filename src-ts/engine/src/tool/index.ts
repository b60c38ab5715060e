import type { EngineOptions } from "../engine.ts"
import type { Tool } from "./types.ts"

export * from "./types.ts"

export interface ToolsOptions {
  env: EngineOptions["env"]
  /** Shell for the bash tool, from the configuration. */
  shell?: string
  /** Where output that was cut is kept; made on first use. */
  outputDir: string
  limits?: { maxLines?: number; maxBytes?: number }
}

/** The built-in tools: read, write, edit, list, glob, grep, bash, todowrite, todoread. */
export function createTools(options: ToolsOptions): Tool[] {
  throw new Error(`not ready ${options.outputDir}`)
}
