import type { Dirent } from "node:fs"
import { readdir } from "node:fs/promises"
import { sep } from "node:path"
import type { EngineOptions } from "../engine.ts"
import { type IgnoreScope, ignoreScope, SKIPPED } from "./ignore.ts"
import { findRipgrep, ripgrepFiles } from "./ripgrep.ts"

export interface WalkOptions {
  /** Where to look, absolute. */
  root: string
  /** Where .gitignore files count from. */
  top: string
  env: EngineOptions["env"]
  signal?: AbortSignal
  /** Stop after so many files. */
  limit?: number
  /** A glob without a slash that file names must match; only a hint, which saves work where it can be used. */
  name?: string
  /** Take the built-in walker even when ripgrep is there. */
  builtIn?: boolean
}

export interface Walked {
  /** Relative to the root, with forward slashes, no particular order. */
  files: string[]
  /** There are more than `limit`. */
  cut: boolean
}

const LIMIT = 300_000

/**
 * Files below a directory that git does not ignore, hidden ones included, .git and node_modules left out, symlinks not
 * followed (a link to a file is listed by neither walker). ripgrep does it when it is on PATH; results are the same.
 */
export async function walk(options: WalkOptions): Promise<Walked> {
  options.signal?.throwIfAborted()
  const limit = options.limit ?? LIMIT
  const program = options.builtIn ? undefined : findRipgrep(options.env)
  if (program) {
    const found = await ripgrepFiles(program, { ...options, limit })
    if (found) return found
  }
  return walkDirectly({ ...options, limit })
}

/** Directories read at the same time: waiting for the disk, not working, is what takes the time. */
const AT_ONCE = 32

interface Visit {
  directory: string
  /** The directory relative to the root, with a slash at its end. */
  way: string
  scope: IgnoreScope
  /** The directory's own .gitignore is part of the scope already. */
  entered: boolean
}

async function walkDirectly(options: WalkOptions & { limit: number }): Promise<Walked> {
  const { root, limit, signal } = options
  const files: string[] = []
  let cut = false
  const queue: Visit[] = [{ directory: root, way: "", scope: await ignoreScope(options.top, root), entered: true }]
  const visit = async ({ directory, way, scope: outer, entered }: Visit) => {
    const found = await entries(directory)
    const own = !entered && found.some((entry) => entry.name === ".gitignore")
    const scope = own ? await outer.enter(directory) : outer
    const prefix = directory.endsWith(sep) ? directory : directory + sep
    for (const entry of found) {
      if (SKIPPED.has(entry.name) || entry.isSymbolicLink()) continue
      const absolute = prefix + entry.name
      const isDirectory = entry.isDirectory()
      if (scope.ignores(absolute, isDirectory)) continue
      if (isDirectory) queue.push({ directory: absolute, way: `${way}${entry.name}/`, scope, entered: false })
      else if (!entry.isFile()) continue
      else if (files.length < limit) files.push(way + entry.name)
      else cut = true
    }
  }
  while (queue.length > 0 && !cut) {
    signal?.throwIfAborted()
    await Promise.all(queue.splice(-AT_ONCE).map(visit))
  }
  return { files, cut }
}

/** An unreadable directory is one without files: searches go on around it. */
async function entries(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => [])
}

/** Every directory that holds one of the files, with a trailing slash. */
export function directoriesOf(files: string[]): string[] {
  const found = new Set<string>()
  for (const file of files) {
    for (let slash = file.lastIndexOf("/"); slash > 0; slash = file.lastIndexOf("/", slash - 1)) {
      const directory = file.slice(0, slash + 1)
      if (found.has(directory)) break
      found.add(directory)
    }
  }
  return [...found]
}
