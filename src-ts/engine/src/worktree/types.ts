import type { FileDiff } from "../message/types.ts"

/** Wire shapes of working copies (contract: types, Worktree). */
export interface Worktree {
  name: string
  branch?: string
  directory: string
}

export interface WorktreeListItem {
  directory: string
  /** Made by us, so it may be reset and removed through the API. */
  managed: boolean
}

export interface WorktreeDiffItem {
  file: string
  patch?: string
  before: string
  after: string
  additions: number
  deletions: number
  status: "added" | "deleted" | "modified"
  tracked: boolean
  generatedLike: boolean
  /** Too large to be shown: the sides are empty. */
  summarized: boolean
  /** Changes with the file. */
  stamp: string
}

/** Every operation throws WorktreeError, outside git too. */
export interface WorktreeService {
  list(): Promise<WorktreeListItem[]>
  /** Resolves when the copy is there; its setup goes on and ends with an event. */
  create(input: { name?: string; startCommand?: string }): Promise<Worktree>
  remove(directory: string): Promise<void>
  /** Back to the default branch, changes and new files are lost. */
  reset(directory: string): Promise<void>
  /** What this directory's branch has changed since it left the default branch, or since `base`. */
  diff(base?: string): Promise<FileDiff[]>
  summary(base?: string): Promise<WorktreeDiffItem[]>
  file(name: string, base?: string): Promise<WorktreeDiffItem>
}
