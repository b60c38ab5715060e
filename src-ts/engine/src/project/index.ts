import type { EngineOptions } from "../engine.ts"

export * from "./types.ts"

/** Which project a directory belongs to. */
export interface ResolvedProject {
  /** Sha of the root commit (the smallest, when there are several); "global" outside git and before the first commit. */
  id: string
  /** Top directory of the repository or linked worktree; "/" outside git. */
  worktree: string
  vcs?: "git"
}

/** Finds the project of a directory, which need not exist. Never writes anything and never throws for a broken repository. */
export async function resolveProject(directory: string, env: EngineOptions["env"]): Promise<ResolvedProject> {
  throw new Error(`not ready ${directory} ${env.PATH}`)
}
