import { existsSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { EngineOptions } from "../engine.ts"
import { git } from "./git.ts"
import { headOf, type ProjectMemory, shortRoot } from "./root.ts"

export { type DiffEntry, type DiffOptions, diffEntries, emptyTree, newFilePatch } from "./diff.ts"
export { GitError, type GitOptions, type GitResult, git, mustGit } from "./git.ts"
export type { ProjectMemory } from "./root.ts"
export * from "./types.ts"

/** Which project a directory belongs to. */
export interface ResolvedProject {
  /** Sha of the root commit (the smallest, when there are several); "global" outside git and before the first commit. */
  id: string
  /** Top directory of the repository or linked worktree; "/" outside git. */
  worktree: string
  vcs?: "git"
}

/**
 * Finds the project of a directory, which need not exist. Never writes anything in it and never throws for a broken
 * repository. What `memory` knows counts as long as the repository is at the same commit.
 */
export async function resolveProject(
  directory: string,
  env: EngineOptions["env"],
  memory?: ProjectMemory,
): Promise<ResolvedProject> {
  const outside: ResolvedProject = { id: "global", worktree: "/" }
  const cwd = nearestExisting(directory)
  // Most directories outside git are recognised without starting git at all.
  const top = topOf(cwd)
  if (!top) return outside
  const gitDir = join(top.directory, ".git")
  const head = top.plain ? headOf(gitDir) : undefined
  if (head) {
    const known = memory?.get(top.directory)
    const root = known?.head === head ? known.id : shortRoot(gitDir, head)
    if (root) {
      if (known?.head !== head) memory?.set(top.directory, { id: root, head })
      return { id: root, worktree: top.directory, vcs: "git" }
    }
  }
  // Every start of a program counts in the first answer about a directory: where the top is, the disk tells as well.
  const roots = await git(["rev-list", "--max-parents=0", "HEAD"], { cwd, env })
  const id = roots.code === 0 ? roots.stdout.split("\n").filter(Boolean).sort()[0] : undefined
  if (id && top.plain && head) memory?.set(top.directory, { id, head })
  if (id && top.plain) return { id, worktree: top.directory, vcs: "git" }
  const asked = await git(["rev-parse", "--show-toplevel"], { cwd, env })
  const worktree = asked.stdout.replace(/\r?\n$/, "")
  if (asked.code !== 0 || worktree === "") return outside
  return { id: id ?? "global", worktree: resolve(worktree), vcs: "git" }
}

function nearestExisting(directory: string): string {
  let current = resolve(directory)
  while (!existsSync(current) && dirname(current) !== current) current = dirname(current)
  return current
}

/** The nearest directory with a `.git`; plain when git takes that very directory for the top of its worktree. */
function topOf(directory: string): { directory: string; plain: boolean } | undefined {
  for (let current = directory; ; current = dirname(current)) {
    const own = join(current, ".git")
    if (existsSync(own)) return { directory: current, plain: isPlain(own, directory) }
    if (dirname(current) === current) return undefined
  }
}

/** A link in the path, a place inside `.git` and a worktree that is configured to be elsewhere are left to git. */
function isPlain(own: string, directory: string): boolean {
  try {
    if (realpathSync(directory) !== directory || directory.startsWith(own)) return false
    return existsSync(join(own, "HEAD")) && !/\bworktree\s*=/i.test(readFileSync(join(own, "config"), "utf8"))
  } catch {
    // A linked worktree or a submodule, whose `.git` is a file.
    return false
  }
}
