import { glob, open, realpath } from "node:fs/promises"
import { dirname, isAbsolute, join, resolve } from "node:path"
import type { Config } from "../config/types.ts"
import { contains } from "../file/index.ts"
import type { Paths } from "../project/types.ts"

const NAMES = ["AGENTS.md", "CLAUDE.md"]
const MAX_FILE = 32 * 1024
const MAX_TOTAL = 96 * 1024
const MAX_FILES = 50

/**
 * Texts for the system prompt, most general first: the global AGENTS.md, then AGENTS.md and CLAUDE.md from the worktree's
 * root down to the directory, then the files and globs of `config.instructions`. Missing and unreadable files are skipped;
 * long ones are cut and say so. Addresses on the web are not fetched.
 */
export async function loadInstructions(
  directory: string,
  worktree: string,
  paths: Paths,
  config: Config,
): Promise<string[]> {
  const files = [
    { path: join(paths.config, "AGENTS.md") },
    ...(await inTree(directory, worktree)),
    ...(await configured(directory, worktree, paths, config.instructions ?? [])),
  ]
  const texts: string[] = []
  const seen = new Set<string>()
  let left = MAX_TOTAL
  for (const { path, within } of files as { path: string; within?: string }[]) {
    if (left <= 0 || seen.size >= MAX_FILES) break
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined || seen.has(real)) continue
    // A cloned repository must not bring a file of the user's home into the prompt through a symlink.
    if (within !== undefined && !contains(within, real)) continue
    seen.add(real)
    const text = await head(real, Math.min(MAX_FILE, left))
    if (text === undefined || text.trim() === "") continue
    left -= text.length
    texts.push(`Instructions from ${path}:\n${text.trim()}`)
  }
  return texts
}

async function inTree(directory: string, worktree: string): Promise<{ path: string; within?: string }[]> {
  // Outside git the "worktree" is the whole disk: only the directory itself is the user's project.
  const top = worktree === "/" || !contains(worktree, directory) ? directory : worktree
  const within = await realpath(top).catch(() => top)
  const levels: string[] = []
  for (let current = resolve(directory); ; current = dirname(current)) {
    levels.unshift(current)
    if (current === resolve(top) || dirname(current) === current) break
  }
  return levels.flatMap((level) => NAMES.map((name) => ({ path: join(level, name), within })))
}

async function configured(
  directory: string,
  worktree: string,
  paths: Paths,
  entries: unknown[],
): Promise<{ path: string }[]> {
  const found: { path: string }[] = []
  for (const entry of entries) {
    if (typeof entry !== "string" || /^https?:/.test(entry)) continue
    const text = entry.startsWith("~/") ? join(paths.home, entry.slice(2)) : entry
    if (!/[*?[{]/.test(text)) {
      const path = isAbsolute(text) ? text : await firstReadable([join(directory, text), join(worktree, text)])
      if (path) found.push({ path })
      continue
    }
    const cwd = worktree === "/" ? directory : worktree
    const names: string[] = []
    for await (const name of glob(text, { cwd, exclude: (name) => name === "node_modules" || name === ".git" })) {
      names.push(resolve(cwd, name))
      if (names.length >= MAX_FILES) break
    }
    for (const path of names.sort()) found.push({ path })
  }
  return found
}

async function firstReadable(candidates: string[]): Promise<string | undefined> {
  for (const path of candidates) {
    if (await realpath(path).catch(() => undefined)) return path
  }
  return undefined
}

async function head(path: string, limit: number): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined)
  if (!file) return undefined
  try {
    const info = await file.stat()
    if (!info.isFile()) return undefined
    const buffer = Buffer.alloc(Math.min(info.size, limit))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const text = buffer.subarray(0, bytesRead).toString("utf8")
    if (text.includes("\0")) return undefined
    return info.size > limit ? `${text}\n(cut here: the file has ${info.size} bytes)` : text
  } finally {
    await file.close()
  }
}
