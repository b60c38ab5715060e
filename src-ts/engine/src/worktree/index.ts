import { spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdir, realpath, rm } from "node:fs/promises"
import { basename, join, sep } from "node:path"
import type { Bus } from "../bus/index.ts"
import { plainText } from "../disk/index.ts"
import type { EngineOptions } from "../engine.ts"
import { WorktreeError } from "../error.ts"
import { childEnvironment } from "../process/index.ts"
import { diffEntries, GitError, type GitOptions, git } from "../project/index.ts"
import type { Paths, Project } from "../project/types.ts"
import type { Worktree, WorktreeDiffItem, WorktreeListItem, WorktreeService } from "./types.ts"

export * from "./types.ts"

const SETUP_MS = 10 * 60_000
const MAX_SIDE_BYTES = 1024 * 1024
/** Changed lines beyond which a file is summed up instead of shown. */
const MAX_LINES = 5_000

/** Further working copies of a project's repository, made by us below the data folder, each on a branch of its own. */
export function createWorktrees(options: {
  bus: Bus
  paths: Paths
  project: Project
  worktree: string
  env: EngineOptions["env"]
}): WorktreeService {
  const { bus, paths, project, worktree, env } = options
  const home = join(paths.data, "worktree", project.id)
  const at: GitOptions = { cwd: worktree, env }

  const needGit = () => {
    if (worktree === "/") throw new WorktreeError("WorktreeNotGitError", "This directory is not in a git repository.")
  }

  const list = async (): Promise<WorktreeListItem[]> => {
    if (worktree === "/") return []
    const result = await git(["worktree", "list", "--porcelain", "-z"], at)
    if (result.code !== 0) throw new WorktreeError("WorktreeListFailedError", result.stderr.trim())
    return result.stdout
      .split("\0")
      .flatMap((line) => (line.startsWith("worktree ") ? [line.slice("worktree ".length)] : []))
      .map((directory) => ({ directory, managed: directory.startsWith(home + sep) }))
  }

  /** One of ours, by its real path: nothing else may be removed or reset through here. */
  const managed = async (directory: string): Promise<string | undefined> => {
    const real = await realpath(directory).catch(() => directory)
    return (await list()).find((item) => item.managed && item.directory === real)?.directory
  }

  const base = async (name: string | undefined): Promise<string> => {
    if (name) {
      const found = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`], at)
      if (found.code === 0) return found.stdout.trim()
      throw new WorktreeError("WorktreeListFailedError", `There is no commit ${name} in this repository.`)
    }
    for (const ref of ["refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master"]) {
      const found = await git(["merge-base", "HEAD", ref], at)
      if (found.code === 0) return found.stdout.trim()
    }
    return "HEAD"
  }

  const item = async (
    from: string,
    entry: Awaited<ReturnType<typeof diffEntries>>[number],
  ): Promise<WorktreeDiffItem> => {
    const summarized = entry.additions + entry.deletions > MAX_LINES
    const before =
      entry.status === "added"
        ? ""
        : (await git(["show", `${from}:${entry.file}`], { ...at, maxBytes: MAX_SIDE_BYTES })).stdout
    const after = entry.status === "deleted" ? "" : await plainText(join(worktree, entry.file))
    const sides =
      summarized || before.length > MAX_SIDE_BYTES || after.length > MAX_SIDE_BYTES ? ["", ""] : [before, after]
    return {
      file: entry.file,
      ...(entry.patch && !summarized ? { patch: entry.patch } : {}),
      before: sides[0] ?? "",
      after: sides[1] ?? "",
      additions: entry.additions,
      deletions: entry.deletions,
      status: entry.status,
      tracked: true,
      generatedLike: /(^|\/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|go\.sum)$|\.min\.\w+$/.test(
        entry.file,
      ),
      summarized,
      stamp: createHash("sha256").update(after).digest("hex").slice(0, 16),
    }
  }

  /** What has changed since a commit. A repository without any has nothing to compare with. */
  const entriesSince = (start: string, context?: number) =>
    diffEntries(start, undefined, context === undefined ? at : { ...at, context }).catch((error: unknown) => {
      if (error instanceof GitError) throw new WorktreeError("WorktreeListFailedError", error.message)
      throw error
    })

  const setUp = async (made: Worktree, command: string | undefined) => {
    const scope = { directory: made.directory, project: project.id }
    const told = { name: made.name, ...(made.branch ? { branch: made.branch } : {}) }
    bus.publish(scope, "worktree.ready", told)
    const wanted = command ?? project.commands?.start
    const problem = wanted ? await run(wanted, made.directory, env) : undefined
    if (problem) bus.publish(scope, "worktree.failed", { message: problem })
    else bus.publish(scope, "worktree.setup.ready", told)
  }

  return {
    list,
    async create({ name, startCommand }) {
      needGit()
      const slug = (name ?? "")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, 40)
      if (name !== undefined && slug === "") {
        throw new WorktreeError(
          "WorktreeNameGenerationFailedError",
          `${name} holds no letter or digit to make a name of.`,
        )
      }
      await mkdir(home, { recursive: true, mode: 0o700 })
      const real = await realpath(home)
      for (let attempt = 0; attempt < 20; attempt++) {
        const tail = attempt === 0 && slug ? "" : randomBytes(3).toString("hex")
        const label = [slug, tail].filter(Boolean).join("-")
        const made: Worktree = { name: label, branch: `opencode/${label}`, directory: join(real, label) }
        const taken = await git(["show-ref", "--verify", "--quiet", `refs/heads/${made.branch}`], at)
        if (taken.code === 0) continue
        const result = await git(["worktree", "add", "-b", made.branch ?? "", made.directory, "HEAD"], {
          ...at,
          timeoutMs: 300_000,
        })
        if (result.code === 0) {
          // The answer goes out first (contract: behaviour section 5).
          setImmediate(() => void setUp(made, startCommand))
          return made
        }
        if (!/already exists/.test(result.stderr)) {
          throw new WorktreeError(
            "WorktreeCreateFailedError",
            result.stderr.trim() || "git could not make the working copy.",
          )
        }
      }
      throw new WorktreeError("WorktreeNameGenerationFailedError", "No free name was found. Choose another one.")
    },
    async remove(directory) {
      needGit()
      const found = await managed(directory)
      // Nothing of ours: as good as removed (contract: core section 10).
      if (!found) return
      const result = await git(["worktree", "remove", "--force", "--force", found], { ...at, timeoutMs: 300_000 })
      if (result.code !== 0) throw new WorktreeError("WorktreeRemoveFailedError", result.stderr.trim())
      await rm(found, { recursive: true, force: true })
      await git(["branch", "-D", `opencode/${basename(found)}`], at)
    },
    async reset(directory) {
      needGit()
      const found = await managed(directory)
      if (!found) throw new WorktreeError("WorktreeResetFailedError", "Worktree not found")
      const inside: GitOptions = { ...at, cwd: found }
      const target = await defaultBranch(inside)
      for (const args of [
        ["reset", "--hard", target],
        ["clean", "-fd"],
      ]) {
        const result = await git(args, inside)
        if (result.code !== 0) throw new WorktreeError("WorktreeResetFailedError", result.stderr.trim())
      }
    },
    async diff(from) {
      needGit()
      return entriesSince(await base(from), 3)
    },
    async summary(from) {
      needGit()
      const start = await base(from)
      const entries = await entriesSince(start)
      return entries.map((entry) => ({
        file: entry.file,
        before: "",
        after: "",
        additions: entry.additions,
        deletions: entry.deletions,
        status: entry.status,
        tracked: true,
        generatedLike: false,
        summarized: true,
        stamp: createHash("sha256")
          .update(`${start}:${entry.file}:${entry.additions}:${entry.deletions}`)
          .digest("hex")
          .slice(0, 16),
      }))
    },
    async file(name, from) {
      needGit()
      const start = await base(from)
      const entry = (await entriesSince(start, 3)).find(({ file }) => file === name)
      if (!entry) throw new WorktreeError("WorktreeListFailedError", `${name} has not changed.`)
      return item(start, entry)
    },
  }
}

async function defaultBranch(at: GitOptions): Promise<string> {
  for (const ref of ["refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master"]) {
    if ((await git(["rev-parse", "--verify", "--quiet", ref], at)).code === 0) return ref
  }
  return "HEAD"
}

/** Runs the user's start command; what went wrong, or undefined. */
function run(command: string, cwd: string, env: EngineOptions["env"]): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const child = spawn(command, {
    shell: true,
    cwd,
    env: childEnvironment(env, randomBytes(8).toString("hex")),
    stdio: ["ignore", "ignore", "pipe"],
    timeout: SETUP_MS,
    windowsHide: true,
  })
  let stderr = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-2000)
  })
  child.once("error", (error) => resolve(`${command} could not be started: ${error.message}`))
  child.once("close", (code, signal) =>
    resolve(code === 0 ? undefined : `${command} ended with ${code ?? signal}. ${stderr.trim()}`),
  )
  return promise
}
