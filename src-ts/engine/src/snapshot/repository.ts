import { createHash } from "node:crypto"
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { GitError, type GitOptions, type GitResult, git } from "../project/index.ts"
import type { SnapshotOptions } from "./types.ts"

/** Another process that looks at many files for the first time holds the index for seconds. */
const LOCK_PATIENCE_MS = 10_000
const LOCK_WAIT_MS = 50
const STALE_LOCK_MS = 30_000
/** Times of files are those of the system's last tick. */
const CLOCK_STEP_MS = 20
/** The first look at a large worktree takes long; who waits for it can stop it. */
const PATIENCE_MS = 60 * 60_000

/** Nothing that could run a program or change a byte on the way in: a snapshot holds files exactly as they are. */
const ATTRIBUTES = "* -text -eol -filter -ident -working-tree-encoding\n"
const CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = false
\tautocrlf = false
\tsafecrlf = false
\tsymlinks = true
\tfilemode = ${process.platform !== "win32"}
\tprotectNTFS = ${process.platform === "win32"}
\tprotectHFS = ${process.platform === "darwin"}
\tcompression = 1
\tuntrackedCache = true
\tfsync = none
[gc]
\tauto = 0
[maintenance]
\tauto = false
[index]
\tversion = 4
[feature]
\tmanyFiles = true
`

export interface RunOptions {
  signal?: AbortSignal | undefined
  input?: string | Uint8Array
  encoding?: "utf8" | "latin1"
  variables?: Record<string, string>
}

/** Ends of what is at work, by git directory: changed settings and disposals give a worktree a second Repository for a while. */
const queues = new Map<string, Promise<void>>()

/** Our own git directory over the user's worktree. */
export class Repository {
  readonly directory: string
  readonly worktree: string
  readonly prefix: readonly string[]
  readonly #env: SnapshotOptions["env"]
  #prepared = false
  #excludeFile: string | undefined

  constructor(options: SnapshotOptions) {
    this.worktree = options.worktree
    this.#env = options.env
    const name = createHash("sha256").update(options.worktree).digest("hex").slice(0, 16)
    this.directory = join(options.paths.data, "snapshot", options.projectID, name)
    this.prefix = [`--git-dir=${this.directory}`, `--work-tree=${options.worktree}`]
  }

  /** One at a time: git's index has room for one writer. */
  queued<T>(body: () => Promise<T>): Promise<T> {
    const { directory } = this
    const mine = (queues.get(directory) ?? Promise.resolve()).then(body)
    const settled: Promise<void> = mine
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (queues.get(directory) === settled) queues.delete(directory)
      })
    queues.set(directory, settled)
    return mine
  }

  at(signal?: AbortSignal): GitOptions {
    return { cwd: this.worktree, env: this.#env, timeoutMs: PATIENCE_MS, ...(signal ? { signal } : {}) }
  }

  /** Makes the directory when it is missing. */
  async prepare(signal?: AbortSignal): Promise<void> {
    if (this.#prepared) return
    const fresh = (await stat(join(this.directory, "HEAD")).catch(() => undefined)) === undefined
    await mkdir(join(this.directory, "objects"), { recursive: true, mode: 0o700 })
    await mkdir(join(this.directory, "refs"), { recursive: true })
    await mkdir(join(this.directory, "info"), { recursive: true })
    await writeFile(join(this.directory, "config"), CONFIG)
    await writeFile(join(this.directory, "info", "attributes"), ATTRIBUTES)
    await this.#copyExclude(signal)
    if (fresh) await this.#adoptIgnored(signal)
    await writeFile(join(this.directory, "HEAD"), "ref: refs/heads/snapshot\n")
    this.#prepared = true
  }

  /** What the repository's own exclude file leaves out, we leave out. */
  async refreshExclude(signal?: AbortSignal): Promise<void> {
    await this.#copyExclude(signal)
  }

  /** Runs git on our directory; waits for another process that holds the index. Throws GitError. */
  async run(args: string[], options: RunOptions = {}): Promise<string> {
    const { signal, ...rest } = options
    const start = performance.now()
    for (;;) {
      const begun = Date.now()
      const result: GitResult = await git([...this.prefix, ...args], {
        ...this.at(signal),
        ...rest,
        maxBytes: 256 * 1024 * 1024,
      }).catch(async (error: unknown) => {
        await this.#unlock(begun)
        throw error
      })
      if (result.code === 0) return result.stdout
      if (!/index\.lock/.test(result.stderr) || performance.now() - start > LOCK_PATIENCE_MS)
        throw new GitError(args, result)
      // Another kilo may be at work in the same place; one that was killed leaves its lock for ever.
      const lock = join(this.directory, "index.lock")
      const info = await stat(lock).catch(() => undefined)
      if (info && Date.now() - info.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true })
      else await delay(LOCK_WAIT_MS, undefined, signal ? { signal } : {})
    }
  }

  /**
   * Takes away the lock of a git that was stopped after `begun`, when the next one is not under way yet. Stopped in the
   * moment in which it makes its lock, git does not know of it.
   */
  async #unlock(begun: number): Promise<void> {
    const lock = join(this.directory, "index.lock")
    const info = await stat(lock).catch(() => undefined)
    if (info && info.mtimeMs >= begun - CLOCK_STEP_MS) await rm(lock, { force: true })
  }

  /** Tells whether anybody, another process included, has written the index. */
  async indexState(): Promise<string> {
    const info = await stat(join(this.directory, "index"), { bigint: true }).catch(() => undefined)
    return info ? `${info.ino}:${info.size}:${info.mtimeNs}` : ""
  }

  async #copyExclude(signal?: AbortSignal): Promise<void> {
    if (this.#excludeFile === undefined) {
      const path = await git(["rev-parse", "--git-path", "info/exclude"], this.at(signal))
      if (path.code !== 0) return
      this.#excludeFile = resolve(this.worktree, path.stdout.replace(/\r?\n$/, ""))
    }
    const text = await readText(this.#excludeFile)
    const target = join(this.directory, "info", "exclude")
    if ((await readText(target)) !== text) await writeFile(target, text)
  }

  /** git doesn't ignore a file that is tracked, whatever the patterns say: neither do we. */
  async #adoptIgnored(signal?: AbortSignal): Promise<void> {
    const found = await git(["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"], this.at(signal))
    if (found.code !== 0 || found.stdout === "") return
    await writeFile(join(this.directory, "HEAD"), "ref: refs/heads/snapshot\n")
    await this.run(["update-index", "-z", "--add", "--remove", "--stdin"], { signal, input: found.stdout })
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "")
}
