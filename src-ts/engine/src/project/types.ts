/** Wire shapes of projects, paths and version control (contract: types, Path, project, vcs, files). */
export interface Project {
  /** Sha of the repository's root commit, or "global" outside git. */
  id: string
  worktree: string
  vcs?: "git"
  name?: string
  icon?: { url?: string; override?: string; color?: string }
  commands?: { start?: string }
  time: { created: number; updated: number; initialized?: number }
  sandboxes: string[]
}

export interface Paths {
  home: string
  state: string
  config: string
  data: string
  cache: string
  log: string
}

export interface VcsInfo {
  branch?: string
  default_branch?: string
}

export interface VcsFileStatus {
  file: string
  additions: number
  deletions: number
  status: "added" | "deleted" | "modified"
}
