import { join, relative, sep } from "node:path"
import { diffEntries } from "../project/index.ts"
import { collectGarbage } from "./collect.ts"
import { noteOmitted, sortOut } from "./omitted.ts"
import { Repository } from "./repository.ts"
import { restoreFiles } from "./restore.ts"
import { contentOf, entriesOf, existing, isTree, mustExist, treeMerged, treeWith } from "./tree.ts"
import { CheckpointMissingError, type NoCheckpoints, type Snapshot, type SnapshotOptions } from "./types.ts"

const CONTEXT = 3
/** With more files than this, git compares the whole trees and we choose afterwards. */
const MAX_PATHS = 200

/**
 * Snapshots of a git worktree. They live in a git directory and index of their own, so that the user's index, refs,
 * stash and hooks are never touched. Ignored files, files over 2 MiB and nested repositories are left out.
 */
export function createSnapshot(options: SnapshotOptions): Snapshot {
  if (options.vcs !== "git" || options.worktree === "/") return without("not-a-git-repo")
  if (!options.enabled) return without("snapshots-disabled")
  return new GitSnapshot(options)
}

function without(absent: NoCheckpoints): Snapshot {
  return {
    absent,
    track: async () => undefined,
    diff: async () => [],
    changed: async () => [],
    has: async () => false,
    read: async (tree) => Promise.reject(new CheckpointMissingError(tree)),
    replace: async (tree) => Promise.reject(new CheckpointMissingError(tree)),
    merge: async (tree) => Promise.reject(new CheckpointMissingError(tree)),
    restore: async () => ({ changed: [], left: [] }),
    collect: async () => false,
  }
}

class GitSnapshot implements Snapshot {
  readonly absent = undefined
  readonly #repository: Repository
  readonly #onError: SnapshotOptions["onError"]
  /** The newest tree and the state of the index that it was written from. */
  #last: { tree: string; index: string } | undefined
  #reported = false

  constructor(options: SnapshotOptions) {
    this.#repository = new Repository(options)
    this.#onError = options.onError
  }

  async track(signal?: AbortSignal, include: readonly string[] = []): Promise<string | undefined> {
    try {
      return await this.#repository.queued(async () => {
        signal?.throwIfAborted()
        return this.#take(new Set(include.map((file) => this.#name(file))), signal)
      })
    } catch (error) {
      if (!signal?.aborted) this.#report(error)
      return undefined
    }
  }

  diff(from: string, to: string, files?: readonly string[]) {
    return this.#compare(from, to, CONTEXT, files)
  }

  async changed(from: string, to: string) {
    return (await this.#compare(from, to)).map((entry) => join(this.#repository.worktree, entry.file))
  }

  async has(trees: readonly string[]) {
    const asked = new Set(trees)
    return this.#repository.queued(async () => {
      await this.#repository.prepare()
      return (await existing(this.#repository, trees)).length === asked.size
    })
  }

  async read(tree: string, file: string) {
    return this.#repository.queued(async () => {
      await this.#repository.prepare()
      await mustExist(this.#repository, [tree])
      const entry = (await entriesOf(this.#repository, tree, [file])).get(file)
      return entry && { mode: entry.mode, content: await contentOf(this.#repository, entry.hash) }
    })
  }

  async replace(tree: string, file: string, stored: Parameters<Snapshot["replace"]>[2]) {
    return this.#repository.queued(async () => {
      await this.#repository.prepare()
      await mustExist(this.#repository, [tree])
      return treeWith(this.#repository, tree, file, stored)
    })
  }

  async merge(tree: string, source: string, files: readonly string[]) {
    return this.#repository.queued(async () => {
      await this.#repository.prepare()
      await mustExist(this.#repository, [tree, source])
      return treeMerged(this.#repository, tree, source, files)
    })
  }

  restore(wanted: ReadonlyMap<string, string>) {
    return this.#repository.queued(async () => {
      await this.#repository.prepare()
      return restoreFiles(this.#repository, wanted)
    })
  }

  async collect(used: () => Promise<readonly string[]>, options: { force?: boolean; graceMs?: number } = {}) {
    try {
      return await this.#repository.queued(() => collectGarbage(this.#repository, used, options))
    } catch (error) {
      this.#report(error)
      return false
    }
  }

  async #take(include: ReadonlySet<string>, signal?: AbortSignal): Promise<string> {
    const repository = this.#repository
    await repository.prepare(signal)
    await repository.refreshExclude(signal)
    const listing = await repository.run(["ls-files", "-z", "--others", "--modified", "--exclude-standard"], { signal })
    const { kept, gone, omitted } = await sortOut(repository.worktree, listing.split("\0").filter(Boolean), include)
    const update = async (names: string[], ...how: string[]) => {
      const input = names.map((name) => `${name}\0`).join("")
      if (input) await repository.run(["update-index", "-z", ...how, "--stdin"], { signal, input })
    }
    await update(gone, "--force-remove")
    await update(kept, "--add", "--remove", "--replace")
    if (kept.length > 0 || gone.length > 0) this.#last = undefined
    else if (this.#last !== undefined && this.#last.index === (await repository.indexState())) {
      await noteOmitted(repository.directory, this.#last.tree, omitted)
      return this.#last.tree
    }
    const index = await repository.indexState()
    const tree = (await repository.run(["write-tree"], { signal })).trim()
    await noteOmitted(repository.directory, tree, omitted)
    this.#last = { tree, index }
    return tree
  }

  async #compare(from: string, to: string, context?: number, files?: readonly string[]) {
    if (!isTree(from) || !isTree(to) || from === to || files?.length === 0) return []
    const names = files?.map((file) => this.#name(file))
    try {
      const entries = await this.#repository.queued(() =>
        diffEntries(from, to, {
          ...this.#repository.at(),
          prefix: this.#repository.prefix,
          ...(context === undefined ? {} : { context }),
          ...(names && names.length <= MAX_PATHS ? { paths: names } : {}),
        }),
      )
      if (!names || names.length <= MAX_PATHS) return entries
      const wanted = new Set(names)
      return entries.filter((entry) => wanted.has(entry.file))
    } catch (error) {
      this.#report(error)
      return []
    }
  }

  #name(file: string): string {
    return relative(this.#repository.worktree, file).split(sep).join("/")
  }

  #report(error: unknown) {
    if (this.#reported) return
    this.#reported = true
    this.#onError?.(error instanceof Error ? error : new Error(String(error)))
  }
}
