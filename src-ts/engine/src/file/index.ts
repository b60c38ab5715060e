import type { EngineOptions, FileService, VcsService } from "../engine.ts"

export * from "./types.ts"

export function createFiles(options: { directory: string; worktree: string; env: EngineOptions["env"] }): FileService {
  throw new Error(`not ready ${options.directory}`)
}

export function createVcs(options: { directory: string; worktree: string; env: EngineOptions["env"] }): VcsService {
  throw new Error(`not ready ${options.directory}`)
}
