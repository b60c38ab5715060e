import { type Dirent, type FSWatcher, watch } from "node:fs"
import { lstat, readdir } from "node:fs/promises"
import { dirname, join, sep } from "node:path"
import { type IgnoreScope, ignoreScope, ignoreTop, SKIPPED } from "../file/index.ts"
import { watchBranch } from "./branch.ts"
import type { FileChange, Watch, WatchOptions } from "./types.ts"

/** Each costs the kernel about a kilobyte, and many systems allow 8,192 to all programs of a user together. */
const MAX_FOLDERS = 5000
/** An editor writes a file in several steps, and `git checkout` thousands at once: they are looked at together. */
const GATHER_MS = 100
/** More at once are not told one by one: whoever shows files looks anew after the first of them anyway. */
const MAX_AT_ONCE = 2000
const ANNOUNCED = 500
const AT_ONCE = 16
/** What the system answers when it watches no more. */
const EXHAUSTED = new Set(["ENOSPC", "EMFILE", "ENFILE"])

/**
 * Tells what happens to the files of a directory, except what git, `ignore` or the usual folders leave out. On Linux each
 * folder is watched by itself, so that node_modules costs nothing; elsewhere the system watches the tree. Never fails:
 * where the system or the cap ends it, the folders nearest to the top are watched and `incomplete` says so.
 */
export function watchDirectory(options: WatchOptions): Watch {
  const watching = new DirectoryWatch(options)
  watching.start()
  return watching
}

class DirectoryWatch implements Watch {
  readonly ready: Promise<void>
  readonly #options: WatchOptions
  readonly #recursive: boolean
  readonly #folders = new Map<string, { watcher: FSWatcher; scope: IgnoreScope }>()
  readonly #scopes = new Map<string, IgnoreScope>()
  /** Hashes of the paths of all known files: enough to tell a new file from a replaced one. */
  readonly #files = new Set<number>()
  readonly #announced = new Map<string, { at: number; change: FileChange }>()
  readonly #settled = Promise.withResolvers<void>()
  #pending = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #branch: FSWatcher | undefined
  #matches: ((path: string) => boolean) | undefined
  #told = false
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#recursive = options.recursive ?? process.platform !== "linux"
    this.ready = this.#settled.promise
  }

  get folders(): number {
    return this.#folders.size
  }

  start() {
    this.#begin()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => this.#settled.resolve())
  }

  announced(file: string, change: FileChange) {
    this.#announced.delete(file)
    this.#announced.set(file, { at: Date.now(), change })
    if (change === "unlink") this.#files.delete(hash(file))
    else this.#files.add(hash(file))
    if (this.#announced.size <= ANNOUNCED) return
    const oldest = this.#announced.keys().next().value
    if (oldest !== undefined) this.#announced.delete(oldest)
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#branch?.close()
    for (const { watcher } of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  async #begin() {
    const { directory, worktree, ignore, branch, onError } = this.#options
    if (ignore && ignore.length > 0) {
      const { default: picomatch } = await import("picomatch")
      this.#matches = picomatch([...ignore], { dot: true })
    }
    const scope = await ignoreScope(ignoreTop(directory, worktree), directory)
    if (this.#closed) return
    try {
      this.#branch = watchBranch(worktree, branch, onError)
    } catch (error) {
      this.#refused(error)
    }
    this.#scopes.set(directory, scope)
    if (this.#recursive) this.#watch(directory, scope)
    else await this.#enter(directory, scope, false)
  }

  /** Watches a folder and, level by level, what is in it. `fresh`: it came just now, and its files with it. */
  async #enter(top: string, scope: IgnoreScope, fresh: boolean) {
    let level = [{ folder: top, scope }]
    while (level.length > 0 && !this.#closed) {
      const next: typeof level = []
      for (let at = 0; at < level.length; at += AT_ONCE) {
        const some = level.slice(at, at + AT_ONCE)
        next.push(...(await Promise.all(some.map((one) => this.#visit(one.folder, one.scope, fresh)))).flat())
        if (this.#closed) return
      }
      level = next
    }
  }

  async #visit(folder: string, outer: IgnoreScope, fresh: boolean) {
    // Before it is read: what comes in between is seen twice rather than never.
    const watched = this.#watch(folder, outer)
    if (!watched) return []
    const found = await entries(folder)
    if (folder !== this.#options.directory && found.some((entry) => entry.name === ".gitignore"))
      watched.scope = await outer.enter(folder)
    const { scope } = watched
    const below: { folder: string; scope: IgnoreScope }[] = []
    for (const entry of found) {
      const path = folder + sep + entry.name
      if (entry.isDirectory()) {
        if (!this.#skips(path, true, scope)) below.push({ folder: path, scope })
        continue
      }
      if (fresh && !this.#skips(path, false, scope)) this.#tell(path, "add")
      this.#files.add(hash(path))
    }
    return below
  }

  #watch(folder: string, scope: IgnoreScope): { scope: IgnoreScope } | undefined {
    if (this.#closed || this.#folders.has(folder)) return undefined
    if (this.#folders.size >= (this.#options.maxFolders ?? MAX_FOLDERS)) {
      this.#incomplete(
        `It has more folders than are watched (${this.#folders.size}). Leave some out with "watcher": {"ignore": [...]}.`,
      )
      return undefined
    }
    try {
      const watcher = watch(folder, { persistent: false, recursive: this.#recursive }, (kind, name) => {
        if (name !== null) this.#note(join(folder, name), kind)
      })
      // A removed folder ends its watch with one.
      watcher.on("error", () => this.#leave(folder))
      const entry = { watcher, scope }
      this.#folders.set(folder, entry)
      return entry
    } catch (error) {
      this.#refused(error)
      return undefined
    }
  }

  #refused(error: unknown) {
    const code = error instanceof Error && "code" in error ? String(error.code) : ""
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EPERM") return
    if (!EXHAUSTED.has(code)) return this.#options.onError(error)
    this.#incomplete(
      `The system watches no more folders (${code}). A larger fs.inotify.max_user_watches or max_user_instances helps.`,
    )
  }

  #incomplete(reason: string) {
    if (this.#told) return
    this.#told = true
    this.#options.incomplete(reason)
  }

  #note(path: string, kind: string) {
    if (this.#closed || this.#pending.size >= MAX_AT_ONCE) return
    const known = this.#pending.get(path)
    this.#pending.set(path, known === "rename" ? known : kind)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const pending = this.#pending
      this.#pending = new Map()
      this.#look(pending).catch((error: unknown) => this.#options.onError(error))
    }, GATHER_MS).unref()
  }

  async #look(pending: Map<string, string>) {
    for (const [path, kind] of pending) {
      if (this.#closed) return
      const scope = await this.#scopeOf(dirname(path))
      if (!scope) continue
      const stat = await lstat(path).catch(() => undefined)
      if (this.#skips(path, stat?.isDirectory() ?? this.#folders.has(path), scope)) continue
      if (!stat) this.#gone(path)
      else if (stat.isDirectory()) {
        if (!this.#recursive && !this.#folders.has(path)) await this.#enter(path, scope, true)
      } else if (!this.#wasAnnounced(path, stat.mtimeMs)) {
        const isNew = this.#recursive
          ? kind === "rename" && Date.now() - stat.birthtimeMs < 10 * GATHER_MS
          : !this.#files.has(hash(path))
        this.#tell(path, isNew ? "add" : "change")
      }
    }
    if ([...pending.keys()].some((path) => path.endsWith(`${sep}.gitignore`))) this.#restart()
  }

  #gone(path: string) {
    const folder = this.#folders.has(path)
    if (folder) this.#leave(path)
    // Made and removed within a moment: nobody was told of it, unless it can't be known.
    const known = this.#files.delete(hash(path)) || folder || this.#recursive
    const announced = this.#announced.get(path)?.change === "unlink"
    this.#announced.delete(path)
    if (known && !announced) this.#options.changed(path, "unlink")
  }

  #leave(folder: string) {
    for (const [path, { watcher }] of this.#folders) {
      if (path !== folder && !path.startsWith(folder + sep)) continue
      watcher.close()
      this.#folders.delete(path)
    }
  }

  #tell(path: string, change: FileChange) {
    this.#files.add(hash(path))
    this.#options.changed(path, change)
  }

  /** Who changed it has told already, unless it was changed again since. */
  #wasAnnounced(path: string, modified: number): boolean {
    const last = this.#announced.get(path)
    return last !== undefined && last.change !== "unlink" && modified <= last.at + 1
  }

  #skips(path: string, isDirectory: boolean, scope: IgnoreScope): boolean {
    const { directory } = this.#options
    if (!path.startsWith(directory + sep)) return true
    const way = path.slice(directory.length + 1)
    const name = way.slice(way.lastIndexOf(sep) + 1)
    if (SKIPPED.has(name) || scope.ignores(path, isDirectory)) return true
    return this.#matches?.(sep === "/" ? way : way.replaceAll(sep, "/")) ?? false
  }

  /** Rules in force in a folder; undefined when the folder itself is left out. */
  async #scopeOf(folder: string): Promise<IgnoreScope | undefined> {
    if (!this.#recursive) return this.#folders.get(folder)?.scope
    const known = this.#scopes.get(folder)
    if (known) return known
    if (!folder.startsWith(this.#options.directory + sep)) return undefined
    const outer = await this.#scopeOf(dirname(folder))
    if (!outer || this.#skips(folder, true, outer)) return undefined
    const scope = await outer.enter(folder)
    if (this.#scopes.size < MAX_FOLDERS) this.#scopes.set(folder, scope)
    return scope
  }

  /** Other files are ignored now: everything is looked at anew. */
  #restart() {
    if (this.#closed) return
    this.#branch?.close()
    this.#branch = undefined
    this.#leave(this.#options.directory)
    this.#scopes.clear()
    this.#files.clear()
    this.#begin().catch((error: unknown) => this.#options.onError(error))
  }
}

async function entries(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => [])
}

/** FNV-1a. Two paths with the same hash only make a new file look like a changed one. */
function hash(path: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < path.length; at += 1) value = Math.imul(value ^ path.charCodeAt(at), 0x01000193)
  return value >>> 2
}
