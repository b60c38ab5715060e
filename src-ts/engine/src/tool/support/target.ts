import { stat } from "node:fs/promises"
import { dirname, isAbsolute, join, relative, resolve } from "node:path"
import { contains, ignoreTop, realTarget, slashed } from "../../file/index.ts"
import { ToolError } from "../define.ts"
import type { ToolContext } from "../types.ts"

/** A path that a model named, resolved. */
export interface Target {
  /** For messages, metadata and opening the file. */
  absolute: string
  /** With every symlink followed: what rules are about. */
  real: string
  /** Relative to the project with forward slashes, or absolute when outside: for titles and permission patterns. */
  label: string
  outside: boolean
}

/** Place of the project: the worktree in git, else the directory. */
export function projectRoot(context: Pick<ToolContext, "directory" | "worktree">): string {
  return ignoreTop(context.directory, context.worktree)
}

/** Resolves a path relative to the directory. Symlinks are followed before anything is decided about it. */
export async function locate(context: ToolContext, path: string, home?: string): Promise<Target> {
  if (path.includes("\0")) throw new ToolError("A path can't contain a zero character.")
  const expanded = home !== undefined && (path === "~" || path.startsWith("~/")) ? join(home, path.slice(1)) : path
  const absolute = isAbsolute(expanded) ? resolve(expanded) : resolve(context.directory, expanded)
  const root = projectRoot(context)
  const [real, realRoot, realDirectory] = await Promise.all([
    realTarget(absolute),
    realTarget(root),
    realTarget(context.directory),
  ])
  if (contains(realRoot, real)) {
    const way = slashed(relative(realRoot, real))
    return { absolute, real, label: way === "" ? "." : way, outside: false }
  }
  if (contains(realDirectory, real)) {
    return { absolute, real, label: slashed(relative(realDirectory, real)) || ".", outside: false }
  }
  return { absolute, real, label: slashed(real), outside: true }
}

/**
 * Asks before anything outside the project is touched (contract: behaviour section 5, external_directory).
 * `free` are directories of our own that tools may read.
 */
export async function askOutside(context: ToolContext, target: Target, free: readonly string[] = []): Promise<void> {
  if (!target.outside) return
  for (const directory of free) {
    if (contains(await realTarget(directory), target.real)) return
  }
  await askDirectories(context, [target.real])
}

/** One question for all paths outside the project that a call touches. */
export async function askDirectories(
  context: ToolContext,
  paths: string[],
  more: Record<string, unknown> = {},
): Promise<void> {
  const first = paths[0]
  if (first === undefined) return
  const parents = await Promise.all(paths.map(parentOf))
  const patterns = [...new Set(parents.map((parent) => (parent === "/" ? "/*" : `${slashed(parent)}/*`)))]
  await context.ask({
    permission: "external_directory",
    patterns,
    always: patterns,
    metadata: { filepath: first, parentDir: parents[0], ...more },
  })
}

async function parentOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined)
  return info?.isDirectory() ? path : dirname(path)
}
