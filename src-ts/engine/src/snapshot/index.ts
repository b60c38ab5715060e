import type { EngineOptions } from "../engine.ts"
import type { FileDiff } from "../message/types.ts"
import type { Paths } from "../project/types.ts"

/** Checkpoints of a worktree, kept in a git directory of our own. */
export interface Snapshot {
  /** Tree hash of the worktree as it is now; undefined when there are no checkpoints here or taking one failed. */
  track(signal?: AbortSignal): Promise<string | undefined>
  /** Changes between two snapshots: git-style patches, paths relative to the repository. */
  diff(from: string, to: string): Promise<FileDiff[]>
  /** Absolute paths of the files that differ. */
  changed(from: string, to: string): Promise<string[]>
}

export interface SnapshotOptions {
  paths: Paths
  projectID: string
  worktree: string
  directory: string
  vcs?: "git"
  enabled: boolean
  env: EngineOptions["env"]
  /** Told once for each kind of failure; a failed snapshot never fails a turn. */
  onError?: (error: Error) => void
}

export function createSnapshot(options: SnapshotOptions): Snapshot {
  throw new Error(`not ready ${options.directory}`)
}
