import type { EngineOptions, GlobalConfig } from "../engine.ts"
import type { PermissionConfig } from "../permission/types.ts"
import type { Paths } from "../project/types.ts"
import type { Config, ConfigWarning } from "./types.ts"

export * from "./types.ts"

/** Reads and writes configuration; every read is served from memory while the files are unchanged. */
export interface ConfigService extends GlobalConfig {
  /** Effective configuration of a directory. Never throws for a bad file: it is named in the warnings. */
  load(directory: string, worktree: string): Promise<{ config: Config; warnings: ConfigWarning[] }>
  /** Deep merge into the project's own file; null deletes a key. */
  updateProject(directory: string, worktree: string, patch: Record<string, unknown>): Promise<void>
  invalidate(directory?: string): void
}

export function createConfig(options: { paths: Paths; env: EngineOptions["env"] }): ConfigService {
  throw new Error(`not ready ${options.paths.config}`)
}

/** Rules below every file, from KILO_DEFAULT_PERMISSION; undefined when unset or unreadable. */
export function defaultPermission(env: EngineOptions["env"]): PermissionConfig | undefined {
  throw new Error(`not ready ${env.HOME}`)
}

/** Folders of this user (contract: behaviour section 7). */
export function resolvePaths(env: EngineOptions["env"]): Paths {
  throw new Error(`not ready ${env.HOME}`)
}
