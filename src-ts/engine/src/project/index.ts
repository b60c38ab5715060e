import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { EngineOptions } from "../engine.ts"
import { git } from "./git.ts"

export { type DiffEntry, type DiffOptions, diffEntries, emptyTree, newFilePatch } from "./diff.ts"
export { GitError, type GitOptions, type GitResult, git, mustGit } from "./git.ts"
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
  const outside: ResolvedProject = { id: "global", worktree: "/" }
  const cwd = nearestExisting(directory)
  // Most directories outside git are recognised without starting git at all.
  if (!insideGit(cwd)) return outside
  const [top, roots] = await Promise.all([
    git(["rev-parse", "--show-toplevel"], { cwd, env }),
    git(["rev-list", "--max-parents=0", "HEAD"], { cwd, env }),
  ])
  const worktree = top.stdout.replace(/\r?\n$/, "")
  if (top.code !== 0 || worktree === "") return outside
  const id = roots.code === 0 ? roots.stdout.split("\n").filter(Boolean).sort()[0] : undefined
  return { id: id ?? "global", worktree: resolve(worktree), vcs: "git" }
}

function nearestExisting(directory: string): string {
  let current = resolve(directory)
  while (!existsSync(current) && dirname(current) !== current) current = dirname(current)
  return current
}

function insideGit(directory: string): boolean {
  for (let current = directory; ; current = dirname(current)) {
    if (existsSync(join(current, ".git"))) return true
    if (dirname(current) === current) return false
  }
}
