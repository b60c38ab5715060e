import type { Dirent } from "node:fs"
import { readdir } from "node:fs/promises"
import { join, relative, sep } from "node:path"
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

async function walkDirectly(options: WalkOptions & { limit: number }): Promise<Walked> {
  const { root, limit, signal } = options
  const files: string[] = []
  const queue: { directory: string; scope: IgnoreScope }[] = [
    { directory: root, scope: await ignoreScope(options.top, root) },
  ]
  for (let next = queue.shift(); next; next = queue.shift()) {
    signal?.throwIfAborted()
    const { directory, scope } = next
    for (const entry of await entries(directory)) {
      const absolute = join(directory, entry.name)
      if (SKIPPED.has(entry.name) || entry.isSymbolicLink()) continue
      if (scope.ignores(absolute, entry.isDirectory())) continue
      if (entry.isDirectory()) {
        queue.push({ directory: absolute, scope: await scope.enter(absolute) })
      } else if (entry.isFile()) {
        if (files.length >= limit) return { files, cut: true }
        files.push(relative(root, absolute).split(sep).join("/"))
      }
    }
  }
  return { files, cut: false }
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
