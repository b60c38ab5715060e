import { access, constants, lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

/** A file above this is left out of checkpoints, unless it is asked for by name. */
export const MAX_FILE = 2 * 1024 * 1024

export interface Sorted {
  /** Go into the index. */
  kept: string[]
  /** Were there and are behind a link or a file now. */
  gone: string[]
  /** Too large, unreadable, or a nested repository (with a trailing slash). */
  omitted: string[]
}

/** Tells what of git's listing goes into a checkpoint. */
export async function sortOut(
  worktree: string,
  listed: readonly string[],
  include: ReadonlySet<string>,
): Promise<Sorted> {
  const sorted: Sorted = { kept: [], gone: [], omitted: [] }
  const isPlain = pathfinder(worktree)
  const names = [...new Set([...listed, ...include])]
  for (let index = 0; index < names.length; index += 256) {
    const group = names.slice(index, index + 256)
    const kinds = await Promise.all(
      group.map(async (name): Promise<keyof Sorted> => {
        if (name.endsWith("/")) return "omitted"
        if (!(await isPlain(name))) return "gone"
        return (await fits(join(worktree, name), include.has(name))) ? "kept" : "omitted"
      }),
    )
    group.forEach((name, place) => {
      sorted[kinds[place] ?? "omitted"].push(name)
    })
  }
  return sorted
}

/** Tells whether a name leads only through real folders: git refuses to look through a link. */
function pathfinder(worktree: string): (name: string) => Promise<boolean> {
  const folders = new Map<string, Promise<boolean>>()
  const isPlain = (name: string): Promise<boolean> => {
    const end = name.lastIndexOf("/")
    if (end < 0) return Promise.resolve(true)
    const folder = name.slice(0, end)
    const known = folders.get(folder)
    if (known) return known
    const found = isPlain(folder).then(
      async (plain) => plain && (await lstat(join(worktree, folder)).catch(() => undefined))?.isDirectory() === true,
    )
    folders.set(folder, found)
    return found
  }
  return isPlain
}

async function fits(path: string, whatever: boolean): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined)
  // Deleted, or gone since it was listed: update-index takes it out.
  if (!info || info.isSymbolicLink()) return true
  if (!info.isFile() || (info.size > MAX_FILE && !whatever)) return false
  // One file that git can't open would fail the whole snapshot.
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}

/**
 * Notes which files existed but are not in the checkpoint. Without it, a large file that later shrinks would look like
 * a new one, and going back would delete it.
 */
export async function noteOmitted(directory: string, tree: string, omitted: readonly string[]): Promise<void> {
  if (omitted.length === 0) return
  const known = await readOmitted(directory, tree)
  if (omitted.every((name) => known.has(name))) return
  await mkdir(join(directory, "omitted"), { recursive: true })
  await writeFile(fileOf(directory, tree), [...new Set([...known, ...omitted])].join("\0"))
}

export async function readOmitted(directory: string, tree: string): Promise<Set<string>> {
  const text = await readFile(fileOf(directory, tree), "utf8").catch(() => "")
  return new Set(text.split("\0").filter(Boolean))
}

export async function forgetOmitted(directory: string, tree: string): Promise<void> {
  await rm(fileOf(directory, tree), { force: true })
}

/** Whether the file, or a nested repository around it, was left out. */
export function isOmitted(omitted: ReadonlySet<string>, name: string): boolean {
  if (omitted.has(name)) return true
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
    if (omitted.has(name.slice(0, at + 1))) return true
  }
  return false
}

function fileOf(directory: string, tree: string): string {
  return join(directory, "omitted", tree)
}
