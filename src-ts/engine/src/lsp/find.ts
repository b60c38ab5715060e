import { readdir, realpath, stat } from "node:fs/promises"
import { dirname, extname, join } from "node:path"
import { switchedOn, TRUST } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { contains } from "../file/index.ts"
import { findProgram } from "../process/index.ts"
import { git } from "../project/index.ts"
import type { ServerSpec } from "./servers.ts"

export interface Surroundings {
  directory: string
  worktree: string
  env: EngineOptions["env"]
}

/** The outermost folder that belongs to the project. */
export function topOf({ directory, worktree }: Surroundings): string {
  return dirname(worktree) !== worktree && contains(worktree, directory) ? worktree : directory
}

/** The folder that a server for this file works in: the nearest above it with a marker, else the top. Undefined for files outside. */
export async function rootOf(file: string, spec: ServerSpec, place: Surroundings): Promise<string | undefined> {
  const top = topOf(place)
  if (!contains(top, file)) return undefined
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (await hasMarker(folder, spec)) return folder
    if (folder === top || dirname(folder) === folder) return top
  }
}

/** Whether a folder has one of a server's markers. */
export async function hasMarker(folder: string, spec: ServerSpec): Promise<boolean> {
  const names = new Set(await readdir(folder).catch(() => []))
  return spec.markers.some((marker) => names.has(marker))
}

/**
 * Program and arguments of a server: from the project's own `node_modules` or virtual environment (from `root` up), else from PATH.
 * A program that the repository itself brings along is somebody else's and is passed over, unless the user trusts the project.
 */
export async function commandOf(spec: ServerSpec, root: string, place: Surroundings): Promise<string[] | undefined> {
  for (const [program = "", ...args] of spec.commands) {
    if (spec.configured && /[/\\]/.test(program)) return [program, ...args]
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

/** TypeScript's server needs a TypeScript: the one installed beside it when the project has none. */
export async function typescriptBeside(program: string): Promise<string | undefined> {
  for (let folder = dirname(await realpath(program).catch(() => program)); ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", "typescript", "lib", "tsserver.js")
    if (
      await stat(file).then(
        (info) => info.isFile(),
        () => false,
      )
    )
      return file
    if (dirname(folder) === folder) return undefined
  }
}

/** What the protocol calls the language of a file. */
export function languageOf(file: string): string {
  const extension = extname(file).slice(1).toLowerCase()
  return LANGUAGES[extension] ?? extension
}

const LANGUAGES: Record<string, string> = {
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  tsx: "typescriptreact",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascriptreact",
  py: "python",
  pyi: "python",
  rs: "rust",
  kt: "kotlin",
  kts: "kotlin",
  cc: "cpp",
  cxx: "cpp",
  hh: "cpp",
  hpp: "cpp",
  hxx: "cpp",
  h: "c",
  yml: "yaml",
  htm: "html",
}
