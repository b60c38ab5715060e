import { realpath } from "node:fs/promises"
import { dirname, join } from "node:path"
import { switchedOn, TRUST } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { contains } from "../file/index.ts"
import { findProgram } from "../process/index.ts"
import { git } from "../project/index.ts"

export interface Surroundings {
  directory: string
  worktree: string
  env: EngineOptions["env"]
}

/** The outermost folder that belongs to the project. */
export function topOf({ directory, worktree }: Surroundings): string {
  return dirname(worktree) !== worktree && contains(worktree, directory) ? worktree : directory
}

/** A program that may be installed in the project or on the machine. */
export interface Installable {
  /** Tried in order: program and arguments. */
  commands: string[][]
  /** The user wrote the command: a path in it is taken as it stands. */
  configured?: boolean
}

/**
 * Program and arguments of a tool that is installed: from the project's own `node_modules` or virtual environment (from `root` up), else from PATH.
 * A program that the repository itself brings along is somebody else's and is passed over, unless the user trusts the project.
 */
export async function installedCommand(
  tool: Installable,
  root: string,
  place: Surroundings,
): Promise<string[] | undefined> {
  for (const [program = "", ...args] of tool.commands) {
    if (tool.configured && /[/\\]/.test(program)) return [program, ...args]
    for (const folder of localFolders(root, topOf(place))) {
      const found = await findProgram(program, place.env, [folder])
      if (found && (switchedOn(place.env[TRUST]) || !(await isTracked(found, place)))) return [found, ...args]
    }
    const found = await findProgram(program, place.env)
    if (found) return [found, ...args]
  }
  return undefined
}

function localFolders(root: string, top: string): string[] {
  const sub = process.platform === "win32" ? "Scripts" : "bin"
  const folders: string[] = []
  for (let folder = root; ; folder = dirname(folder)) {
    folders.push(join(folder, "node_modules", ".bin"), join(folder, ".venv", sub), join(folder, "venv", sub))
    if (folder === top || !contains(top, folder) || dirname(folder) === folder) return folders
  }
}

/** Whether the program, or what it links to, came with the repository. */
async function isTracked(program: string, place: Surroundings): Promise<boolean> {
  const target = await realpath(program).catch(() => program)
  const files = [...new Set([program, target])].filter((file) => contains(place.worktree, file))
  if (files.length === 0) return false
  try {
    const result = await git(["ls-files", "-z", "--", ...files], { cwd: place.directory, env: place.env })
    // Outside a repository nothing is tracked.
    return result.code === 0 && result.stdout !== ""
  } catch {
    return false
  }
}
