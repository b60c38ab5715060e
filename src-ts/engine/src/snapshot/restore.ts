import { randomBytes } from "node:crypto"
import { chmod, lstat, mkdir, readdir, rename, rm, rmdir, symlink, unlink, writeFile } from "node:fs/promises"
import { basename, dirname, join, relative, sep } from "node:path"
import { git } from "../project/index.ts"
import { isOmitted, readOmitted } from "./omitted.ts"
import type { Repository } from "./repository.ts"
import { contentOf, type Entry, entriesOf, mustExist } from "./tree.ts"
import type { Restored, StoredFile } from "./types.ts"

interface Wanted {
  file: string
  /** Relative to the worktree, with forward slashes. */
  name: string
  tree: string
  entry: Entry | undefined
}

/** See `Snapshot.restore`. Rules of ignoring come back first, so that what they hide is not taken for new. */
export async function restoreFiles(repository: Repository, wanted: ReadonlyMap<string, string>): Promise<Restored> {
  const result: Restored = { changed: [], left: [] }
  const inside = [...wanted].flatMap(([file, tree]) => {
    const name = relative(repository.worktree, file).split(sep).join("/")
    if (name === "" || name === ".." || name.startsWith("../") || /^([A-Za-z]:)?\//.test(name) || isGit(name)) {
      result.left.push({ file, reason: "It is outside the project." })
      return []
    }
    return [{ file, name, tree }]
  })
  await mustExist(
    repository,
    inside.map((item) => item.tree),
  )
  const all: Wanted[] = []
  for (const tree of new Set(inside.map((item) => item.tree))) {
    const mine = inside.filter((item) => item.tree === tree)
    const entries = await entriesOf(
      repository,
      tree,
      mine.map((item) => item.name),
    )
    all.push(...mine.map((item) => ({ ...item, entry: entries.get(item.name) })))
  }
  const rules = all.filter((item) => basename(item.name) === ".gitignore" && item.entry)
  for (const item of rules) await attempt(result, item.file, () => put(repository, item))
  const doomed = all.filter((item) => !item.entry)
  const kept = await worthKeeping(repository, doomed)
  for (const item of doomed) {
    const reason = kept.get(item.file)
    if (reason) result.left.push({ file: item.file, reason })
    else await attempt(result, item.file, () => take(repository.worktree, item))
  }
  for (const item of all) {
    if (item.entry && !rules.includes(item)) await attempt(result, item.file, () => put(repository, item))
  }
  return result
}

/** Writes one file as a checkpoint would. Returns why it could not, or undefined. */
export async function writeStored(worktree: string, name: string, stored: StoredFile): Promise<string | undefined> {
  const blocked = await wayTo(worktree, name, true)
  if (blocked) return blocked
  const file = join(worktree, name)
  const old = await lstat(file).catch(() => undefined)
  if (old?.isDirectory()) {
    if ((await readdir(file)).length > 0) return "There is a folder of this name now."
    await rmdir(file)
  }
  const temp = join(dirname(file), `.${randomBytes(6).toString("hex")}.kilo`)
  try {
    if (stored.mode === "120000") await symlink(stored.content.toString("utf8"), temp)
    else {
      const kept = old?.isFile() ? old.mode & 0o666 : 0o666 & ~process.umask()
      await writeFile(temp, stored.content, { flag: "wx", mode: 0o600 })
      await chmod(temp, stored.mode === "100755" ? kept | ((kept & 0o444) >> 2) : kept)
    }
    await rename(temp, file)
  } finally {
    await rm(temp, { force: true })
  }
  return undefined
}

/** Removes one file, and the folders that it leaves empty. */
export async function removeFile(worktree: string, name: string): Promise<string | undefined> {
  if (await wayTo(worktree, name, false)) return undefined
  const file = join(worktree, name)
  const info = await lstat(file).catch(() => undefined)
  if (!info) return undefined
  if (info.isDirectory()) return "There is a folder of this name now."
  await unlink(file)
  for (let parent = dirname(name); parent !== "."; parent = dirname(parent)) {
    try {
      await rmdir(join(worktree, parent))
    } catch {
      // It holds something else.
      break
    }
  }
  return undefined
}

async function attempt(result: Restored, file: string, body: () => Promise<string | undefined>): Promise<void> {
  try {
    const reason = await body()
    if (reason === undefined) result.changed.push(file)
    else result.left.push({ file, reason })
  } catch (error) {
    result.left.push({ file, reason: error instanceof Error ? error.message : String(error) })
  }
}

async function put(repository: Repository, item: Wanted): Promise<string | undefined> {
  if (!item.entry) return undefined
  const content = await contentOf(repository, item.entry.hash)
  return writeStored(repository.worktree, item.name, { mode: item.entry.mode, content })
}

function take(worktree: string, item: Wanted): Promise<string | undefined> {
  return removeFile(worktree, item.name)
}

/** Files that the checkpoint lacks though they existed: too large then, or hidden by rules that are in force again. */
async function worthKeeping(repository: Repository, doomed: Wanted[]): Promise<Map<string, string>> {
  const kept = new Map<string, string>()
  if (doomed.length === 0) return kept
  for (const tree of new Set(doomed.map((item) => item.tree))) {
    const omitted = await readOmitted(repository.directory, tree)
    for (const item of doomed) {
      if (item.tree === tree && isOmitted(omitted, item.name)) {
        kept.set(item.file, "It existed before but was not in the checkpoint: too large, or unreadable.")
      }
    }
  }
  const ignored = await git([...repository.prefix, "check-ignore", "--no-index", "-z", "--stdin"], {
    ...repository.at(),
    input: doomed.map((item) => `${item.name}\0`).join(""),
  })
  const names = new Set(ignored.stdout.split("\0").filter(Boolean))
  for (const item of doomed) {
    if (names.has(item.name)) kept.set(item.file, "It may have existed before: git ignored it then.")
  }
  return kept
}

/** Why the file's folder can't be used; a link on the way could lead out of the project. */
async function wayTo(worktree: string, name: string, make: boolean): Promise<string | undefined> {
  const steps = name.split("/").slice(0, -1)
  let path = worktree
  for (const step of steps) {
    path = join(path, step)
    const info = await lstat(path).catch(() => undefined)
    if (info?.isDirectory()) continue
    if (info) return "Its folder is a file or a link now."
    if (!make) return "Its folder is gone."
    await mkdir(path)
  }
  return undefined
}

/** Nobody but git writes there. */
function isGit(name: string): boolean {
  return name.split("/").some((step) => step.toLowerCase() === ".git")
}
