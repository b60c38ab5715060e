import { createHash } from "node:crypto"
import { access, constants, lstat, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { EngineOptions } from "../engine.ts"
import type { FileDiff } from "../message/types.ts"
import { diffEntries, GitError, type GitOptions, type GitResult, git } from "../project/index.ts"
import type { Paths } from "../project/types.ts"

/** Checkpoints of a worktree, kept in a git directory of our own. */
export interface Snapshot {
  /** Tree hash of the worktree as it is now; undefined when there are no checkpoints here or taking one failed. */
  track(signal?: AbortSignal): Promise<string | undefined>
  /** Changes between two snapshots: git-style patches, paths relative to the repository. Empty when they can't be compared. */
  diff(from: string, to: string): Promise<FileDiff[]>
  /** Absolute paths of the files that differ. */
  changed(from: string, to: string): Promise<string[]>
}

export interface SnapshotOptions {
  paths: Paths
  projectID: string
  worktree: string
  directory: string
  vcs?: "git"
  enabled: boolean
  env: EngineOptions["env"]
  /** Told once; a failed snapshot never fails a turn. */
  onError?: (error: Error) => void
}

const MAX_FILE = 2 * 1024 * 1024
const TREE = /^[0-9a-f]{40}$/
const LOCK_TRIES = 10
const LOCK_WAIT_MS = 50
const STALE_LOCK_MS = 30_000
const CONTEXT = 3

/** Nothing that could run a program or change a byte on the way in: a snapshot holds files exactly as they are. */
const ATTRIBUTES = "* -text -eol -filter -ident -working-tree-encoding\n"
const CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = false
\tautocrlf = false
\tsafecrlf = false
\tsymlinks = true
\tcompression = 1
\tuntrackedCache = true
\tfsync = none
[gc]
\tauto = 0
[index]
\tversion = 4
[feature]
\tmanyFiles = true
`

/**
 * Snapshots of a git worktree. They live in a git directory and index of their own, so that the user's index, refs,
 * stash and hooks are never touched. Ignored files, files over 2 MiB and nested repositories are left out.
 */
export function createSnapshot(options: SnapshotOptions): Snapshot {
  const { worktree, env } = options
  if (!options.enabled || options.vcs !== "git" || worktree === "/") {
    return { track: async () => undefined, diff: async () => [], changed: async () => [] }
  }
  const name = createHash("sha256").update(worktree).digest("hex").slice(0, 16)
  const directory = join(options.paths.data, "snapshot", options.projectID, name)
  const prefix = [`--git-dir=${directory}`, `--work-tree=${worktree}`]
  const at = (signal?: AbortSignal): GitOptions => ({ cwd: worktree, env, ...(signal ? { signal } : {}) })

  let prepared = false
  let excludeFile: string | undefined
  /** The newest tree and the state of the index that it was written from. */
  let last: { tree: string; index: string } | undefined
  let reported = false
  let queue: Promise<unknown> = Promise.resolve()

  const report = (error: unknown) => {
    if (reported) return
    reported = true
    options.onError?.(error instanceof Error ? error : new Error(String(error)))
  }

  /** One at a time: git's index has room for one writer. */
  const queued = <T>(body: () => Promise<T>): Promise<T> => {
    const mine = queue.then(body)
    queue = mine.catch(() => undefined)
    return mine
  }

  const prepare = async () => {
    if (prepared) return
    await mkdir(join(directory, "objects"), { recursive: true, mode: 0o700 })
    await mkdir(join(directory, "refs"), { recursive: true })
    await mkdir(join(directory, "info"), { recursive: true })
    await writeFile(join(directory, "HEAD"), "ref: refs/heads/snapshot\n")
    await writeFile(join(directory, "config"), CONFIG)
    await writeFile(join(directory, "info", "attributes"), ATTRIBUTES)
    prepared = true
  }

  const copyExclude = async (signal?: AbortSignal) => {
    if (excludeFile === undefined) {
      const path = await git(["rev-parse", "--git-path", "info/exclude"], at(signal))
      if (path.code !== 0) return
      excludeFile = resolve(worktree, path.stdout.trim())
    }
    const text = await readText(excludeFile)
    const target = join(directory, "info", "exclude")
    if ((await readText(target)) !== text) await writeFile(target, text)
  }

  const run = async (args: string[], signal?: AbortSignal, input?: string): Promise<string> => {
    for (let attempt = 1; ; attempt += 1) {
      const result: GitResult = await git([...prefix, ...args], {
        ...at(signal),
        ...(input === undefined ? {} : { input }),
        maxBytes: 64 * 1024 * 1024,
      })
      if (result.code === 0) return result.stdout
      if (!/index\.lock/.test(result.stderr) || attempt >= LOCK_TRIES) throw new GitError(args, result)
      // Another kilo may be at work in the same place; one that was killed leaves its lock for ever.
      const lock = join(directory, "index.lock")
      const info = await stat(lock).catch(() => undefined)
      if (info && Date.now() - info.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true })
      else await delay(LOCK_WAIT_MS, undefined, signal ? { signal } : {})
    }
  }

  /** Tells whether anybody, another process included, has written the index. */
  const indexState = async (): Promise<string> => {
    const info = await stat(join(directory, "index"), { bigint: true }).catch(() => undefined)
    return info ? `${info.ino}:${info.size}:${info.mtimeNs}` : ""
  }

  const take = async (signal?: AbortSignal): Promise<string> => {
    await prepare()
    await copyExclude(signal)
    const listing = await run(["ls-files", "-z", "--others", "--modified", "--exclude-standard"], signal)
    const names = await small(worktree, [...new Set(listing.split("\0").filter(Boolean))])
    if (names.length > 0) {
      const input = names.map((name) => `${name}\0`).join("")
      await run(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], signal, input)
    } else if (last !== undefined && last.index === (await indexState())) {
      return last.tree
    }
    const index = await indexState()
    const tree = (await run(["write-tree"], signal)).trim()
    last = { tree, index }
    return tree
  }

  const compare = async (from: string, to: string, context?: number) => {
    if (!TREE.test(from) || !TREE.test(to) || from === to) return []
    try {
      return await queued(() =>
        diffEntries(from, to, { ...at(), prefix, ...(context === undefined ? {} : { context }) }),
      )
    } catch (error) {
      report(error)
      return []
    }
  }

  return {
    async track(signal) {
      try {
        return await queued(async () => {
          signal?.throwIfAborted()
          return take(signal)
        })
      } catch (error) {
        if (!signal?.aborted) report(error)
        return undefined
      }
    },

    diff: (from, to) => compare(from, to, CONTEXT),

    async changed(from, to) {
      return (await compare(from, to)).map((entry) => join(worktree, entry.file))
    },
  }
}

/** Without what is too large or can't be read, and without nested repositories, which git lists as a directory. */
async function small(worktree: string, names: string[]): Promise<string[]> {
  const kept: string[] = []
  for (let index = 0; index < names.length; index += 256) {
    const group = names.slice(index, index + 256)
    const wanted = await Promise.all(group.map((name) => fits(join(worktree, name))))
    kept.push(...group.filter((name, place) => wanted[place] && !name.endsWith("/")))
  }
  return kept
}

async function fits(path: string): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined)
  // Deleted, or gone since it was listed: update-index takes it out.
  if (!info || info.isSymbolicLink()) return true
  if (!info.isFile() || info.size > MAX_FILE) return false
  // One file that git can't open would fail the whole snapshot.
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "")
}
