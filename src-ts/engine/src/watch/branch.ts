import { type FSWatcher, readFileSync, statSync, watch } from "node:fs"
import { join, resolve } from "node:path"

/** Calls back when HEAD of the worktree's repository leads elsewhere. Undefined where there is no repository. */
export function watchBranch(
  worktree: string,
  changed: (branch: string | undefined) => void,
  onError: (error: unknown) => void,
): FSWatcher | undefined {
  const gitDir = gitDirOf(worktree)
  if (!gitDir) return undefined
  let current = branchOf(gitDir)
  // The folder, not the file: git replaces HEAD by a rename.
  const watcher = watch(gitDir, { persistent: false }, (_, name) => {
    if (name !== "HEAD") return
    const now = branchOf(gitDir)
    if (now === current) return
    current = now
    changed(now)
  })
  watcher.on("error", onError)
  return watcher
}

/** `.git` is a folder, or in a linked worktree a file that names one. */
function gitDirOf(worktree: string): string | undefined {
  const path = join(worktree, ".git")
  try {
    if (statSync(path).isDirectory()) return path
    const named = /^gitdir: (.+)$/m.exec(readFileSync(path, "utf8"))?.[1]?.trim()
    return named === undefined ? undefined : resolve(worktree, named)
  } catch {
    return undefined
  }
}

function branchOf(gitDir: string): string | undefined {
  try {
    return /^ref: refs\/heads\/(.+)$/m.exec(readFileSync(join(gitDir, "HEAD"), "utf8"))?.[1]
  } catch {
    return undefined
  }
}
