import type { EngineOptions } from "../engine.ts"
import type { FileDiff } from "../message/types.ts"
import type { Paths } from "../project/types.ts"

/** Why a worktree has no checkpoints (contract: types, Session.revert.workspace). */
export type NoCheckpoints = "snapshots-disabled" | "not-a-git-repo"

/** A file as a checkpoint holds it. The content of a link is where it points. */
export interface StoredFile {
  mode: "100644" | "100755" | "120000"
  content: Buffer
}

/** What a restore did. Paths are absolute. */
export interface Restored {
  changed: string[]
  /** Files that stay as they are, each with the reason in a sentence. */
  left: { file: string; reason: string }[]
}

/** Checkpoints of a worktree, kept in a git directory of our own. */
export interface Snapshot {
  /** Why there are none here; undefined where there are. */
  readonly absent: NoCheckpoints | undefined
  /**
   * Tree hash of the worktree as it is now; undefined when there are no checkpoints here or taking one failed.
   * Files named in `include` (absolute) are held whatever their size.
   */
  track(signal?: AbortSignal, include?: readonly string[]): Promise<string | undefined>
  /** Changes between two snapshots: git-style patches, paths relative to the repository. Empty when they can't be compared. */
  diff(from: string, to: string, files?: readonly string[]): Promise<FileDiff[]>
  /** Absolute paths of the files that differ. */
  changed(from: string, to: string): Promise<string[]>
  /** Whether the snapshots are still there. */
  has(trees: readonly string[]): Promise<boolean>
  /** A file of a snapshot; undefined when the snapshot has no such file. Throws CheckpointMissingError. */
  read(tree: string, file: string): Promise<StoredFile | undefined>
  /** The snapshot with one file replaced, or taken out. Throws CheckpointMissingError. */
  replace(tree: string, file: string, stored: StoredFile | undefined): Promise<string>
  /** The snapshot with these files (relative) as they are in `source`. Throws CheckpointMissingError. */
  merge(tree: string, source: string, files: readonly string[]): Promise<string>
  /**
   * Gives each file (absolute) the state it has in its snapshot; files that a snapshot lacks are removed. Nothing else
   * is touched, nothing outside the worktree is followed. Throws CheckpointMissingError before anything is changed.
   */
  restore(wanted: ReadonlyMap<string, string>): Promise<Restored>
  /**
   * Frees what no snapshot in `used` needs and nobody has written for `graceMs`. Runs when it is due or `force` is set,
   * never beside another one. Resolves with false when it was not due or could not run.
   */
  collect(used: () => Promise<readonly string[]>, options?: { force?: boolean; graceMs?: number }): Promise<boolean>
}

export interface SnapshotOptions {
  paths: Paths
  projectID: string
  worktree: string
  directory: string
  vcs?: "git"
  enabled: boolean
  env: EngineOptions["env"]
  /** Told once; a failed snapshot never fails a turn. */
  onError?: (error: Error) => void
}

/** The checkpoint was made on another machine or its objects are gone. */
export class CheckpointMissingError extends Error {
  override readonly name = "CheckpointMissingError"
  constructor(tree: string) {
    super(`The checkpoint ${tree.slice(0, 12)} is no longer there.`)
  }
}
