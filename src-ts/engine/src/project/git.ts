import { type ChildProcess, spawn } from "node:child_process"
import { devNull } from "node:os"
import type { EngineOptions } from "../engine.ts"

export interface GitOptions {
  cwd: string
  env: EngineOptions["env"]
  signal?: AbortSignal
  /** Written to git's standard input. */
  input?: string | Uint8Array
  /** More output than this is dropped and `cut` is set. */
  maxBytes?: number
  timeoutMs?: number
  /** How the output's bytes become text; latin1 keeps every byte (default utf8). */
  encoding?: "utf8" | "latin1"
  /** Variables that only we set, such as GIT_INDEX_FILE. */
  variables?: Record<string, string>
}

export interface GitResult {
  /** Exit code; -1 when git could not be started, was killed, or ran out of time. */
  code: number
  stdout: string
  stderr: string
  cut: boolean
}

/** git ended with an error that the caller can't go on from. */
export class GitError extends Error {
  override readonly name = "GitError"
  constructor(args: readonly string[], result: GitResult) {
    const command = args.find((arg) => !arg.startsWith("-")) ?? "git"
    super(`git ${command} failed (${result.code}): ${result.stderr.trim().slice(0, 500) || "no message"}`)
  }
}

/** A repository's own configuration must not make us run its programs, and nothing may wait for a person. */
const SAFE = [
  "--no-pager",
  "-c",
  "core.fsmonitor=false",
  "-c",
  `core.hooksPath=${devNull}`,
  "-c",
  "log.showSignature=false",
  // A folder of the project that looks like a bare repository brings settings of its own.
  "-c",
  "safe.bareRepository=explicit",
  "-c",
  "core.quotepath=false",
  "-c",
  "color.ui=false",
]

/** Commands that send files through the filters which the settings name. */
const FILTERING = new Set(["add", "apply", "diff", "status", "worktree"])

/**
 * Runs git without a shell. Resolves with the exit code, whatever it is; rejects only when `signal` fires. Nothing that the
 * repository's own settings name is run: neither hooks and monitors nor filters; those of the user's settings are.
 */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const command = args.find((arg) => !arg.startsWith("-")) ?? ""
  // With a git directory of our own the settings are ours.
  const own = args.some((arg) => arg.startsWith("--git-dir"))
  if (!FILTERING.has(command) || own) return run(args, options)
  return run(args, { ...options, variables: { ...(await withoutFilters(options)), ...options.variables } })
}

/** Variables that switch off the filters which the repository's own settings define. */
async function withoutFilters({ cwd, env, signal }: GitOptions): Promise<Record<string, string>> {
  const asked = ["config", "--show-scope", "--includes", "--name-only", "-z", "--get-regexp", "^filter\\."]
  const { stdout } = await run(asked, { cwd, env, ...(signal ? { signal } : {}) })
  const fields = stdout.split("\0")
  const names = new Set<string>()
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = /^filter\.([\s\S]+)\.[^.]+$/.exec(fields[index + 1] ?? "")?.[1]
    if (name !== undefined && ["local", "worktree"].includes(fields[index] ?? "")) names.add(name)
  }
  const settings = [...names].flatMap((name) =>
    Object.entries({ clean: "", smudge: "", process: "", required: "false" }).map(([key, value]) => [
      `filter.${name}.${key}`,
      value,
    ]),
  )
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) }
  for (const [index, [key = "", value = ""]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key
    variables[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return variables
}

const GRACE_MS = 3000

function run(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { promise, resolve, reject } = Promise.withResolvers<GitResult>()
  const { signal } = options
  if (signal?.aborted) {
    reject(signal.reason)
    return promise
  }
  // No name of anything holds one, and spawn would throw; git's own answer to a name that can't be is 128.
  if (args.some((arg) => arg.includes("\0"))) {
    resolve({ code: 128, stdout: "", stderr: "fatal: a name holds a NUL character", cut: false })
    return promise
  }
  const limit = options.maxBytes ?? 32 * 1024 * 1024
  let child: ChildProcess
  try {
    child = spawn("git", [...SAFE, ...args], {
      cwd: options.cwd,
      env: environment(options),
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      windowsHide: true,
    })
  } catch (error) {
    // More arguments than the system takes, for one.
    resolve({ code: -1, stdout: "", stderr: error instanceof Error ? error.message : String(error), cut: false })
    return promise
  }
  const chunks: Buffer[] = []
  let size = 0
  let cut = false
  let stderr = ""
  // Asked to end, git takes its locks away; killed, it would leave them to whoever comes next.
  let force: NodeJS.Timeout | undefined
  const kill = () => {
    child.kill("SIGTERM")
    force ??= setTimeout(() => child.kill("SIGKILL"), GRACE_MS)
  }
  const timer = setTimeout(kill, options.timeoutMs ?? 60_000)
  signal?.addEventListener("abort", kill, { once: true })
  const finish = (code: number) => {
    clearTimeout(timer)
    clearTimeout(force)
    signal?.removeEventListener("abort", kill)
    if (signal?.aborted) return reject(signal.reason)
    resolve({ code, stdout: Buffer.concat(chunks).toString(options.encoding ?? "utf8"), stderr, cut })
  }
  child.stdout?.on("data", (chunk: Buffer) => {
    if (size + chunk.length > limit) {
      cut = true
      kill()
      return
    }
    size += chunk.length
    chunks.push(chunk)
  })
  child.stderr?.on("data", (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString("utf8")
  })
  child.on("error", (error) => {
    stderr += error.message
    finish(-1)
  })
  child.on("close", (code) => finish(code ?? -1))
  if (options.input !== undefined && child.stdin) {
    // git may stop reading early (a bad path); its exit code tells, the broken pipe needs no second report.
    child.stdin.on("error", (error) => {
      stderr += error.message
    })
    child.stdin.end(options.input)
  }
  return promise
}

/** The same, but a non-zero exit code throws GitError. */
export async function mustGit(args: readonly string[], options: GitOptions): Promise<string> {
  const result = await git(args, options)
  if (result.code !== 0) throw new GitError(args, result)
  return result.stdout
}

/** GIT_DIR and its kind, set when we are started from a hook, would point git at another repository. */
function environment(options: GitOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [key, value] of Object.entries(options.env)) {
    if (value !== undefined && !key.startsWith("GIT_") && !key.startsWith("KILO_")) env[key] = value
  }
  return {
    ...env,
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "true",
    LC_ALL: "C",
    ...options.variables,
  }
}
