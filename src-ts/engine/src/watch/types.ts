/** What happened to a file, as `file.watcher.updated` says it. */
export type FileChange = "add" | "change" | "unlink"

export interface WatchOptions {
  /** Watched with everything below it, absolute. */
  directory: string
  /** The project's root: .gitignore files count from there, and its branch is watched. */
  worktree: string
  /** Globs, relative to the directory, of what is not watched besides what git ignores. */
  ignore?: readonly string[]
  /** Folders that are watched at most; MAX_FOLDERS when not given. */
  maxFolders?: number
  /** One watch of the whole tree, which macOS and Windows offer; by default where they do. */
  recursive?: boolean
  /** `file` is absolute. Folders are not told of, but for a removed one. */
  changed(file: string, change: FileChange): void
  /** Another branch was checked out; undefined when HEAD names a commit. */
  branch(name: string | undefined): void
  /** Why not all is watched: told once. */
  incomplete(reason: string): void
  onError(error: unknown): void
}

export interface Watch {
  /** Folders that are watched at the moment. */
  readonly folders: number
  /** Resolves when what was there at the start is watched. */
  readonly ready: Promise<void>
  /** `file` was announced by who changed it: what the system tells of that is not told again. */
  announced(file: string, change: FileChange): void
  close(): void
}
