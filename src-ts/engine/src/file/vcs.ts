import { join } from "node:path"
import { openPlain } from "../disk/index.ts"
import type { EngineOptions, VcsService } from "../engine.ts"
import { VcsApplyError } from "../error.ts"
import {
  type DiffEntry,
  diffEntries,
  emptyTree,
  type GitOptions,
  git,
  mustGit,
  newFilePatch,
} from "../project/index.ts"
import type { VcsInfo } from "../project/types.ts"
import { isBinary } from "./mime.ts"

const MAX_UNTRACKED_BYTES = 1024 * 1024
const MAX_UNTRACKED_FILES = 2000

/** The worktree as git sees it. Outside git, where the worktree is "/", everything is empty. Paths are relative to the repository's root. */
export function createVcs(options: { directory: string; worktree: string; env: EngineOptions["env"] }): VcsService {
  const { worktree, env } = options
  if (worktree === "/") {
    return {
      info: async () => ({}),
      status: async () => [],
      diff: async () => [],
      raw: async () => "",
      async apply() {
        throw new VcsApplyError("non-git", "This directory is not in a git repository, so no patch can be applied.")
      },
    }
  }
  const at: GitOptions = { cwd: worktree, env }

  const line = async (...args: string[]): Promise<string | undefined> => {
    const result = await git(args, at)
    return result.code === 0 ? result.stdout.trim() || undefined : undefined
  }

  const defaultBranch = async (): Promise<string | undefined> => {
    const remote = await line("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if (remote) return remote.replace(/^origin\//, "")
    const branches = (await line("for-each-ref", "--format=%(refname:short)", "refs/heads"))?.split("\n") ?? []
    const configured = await line("config", "init.defaultBranch")
    const wanted = [configured, "main", "master"].find((name) => name !== undefined && branches.includes(name))
    return wanted ?? (branches.length === 1 ? branches[0] : undefined)
  }

  const head = async (): Promise<string> =>
    (await line("rev-parse", "--verify", "--quiet", "HEAD")) ?? (await emptyTree(at))

  const untracked = async (withPatch: boolean, paths: readonly string[]): Promise<DiffEntry[]> => {
    const listing = ["--literal-pathspecs", "ls-files", "-z", "--others", "--exclude-standard", "--", ...paths]
    const names = (await mustGit(listing, at)).split("\0")
    const entries: DiffEntry[] = []
    for (const file of names.filter((name) => name !== "" && !name.endsWith("/")).slice(0, MAX_UNTRACKED_FILES)) {
      const text = await smallText(join(worktree, file))
      const additions = text === undefined ? 0 : text.split("\n").length - (text.endsWith("\n") || text === "" ? 1 : 0)
      const entry: DiffEntry = { file, additions, deletions: 0, status: "added" }
      entries.push(withPatch && text !== undefined ? { ...entry, patch: newFilePatch(file, text) } : entry)
    }
    return entries
  }

  /** Where the branch left the default branch; HEAD when there is nothing to compare with. */
  const branchPoint = async (): Promise<string> => {
    const name = await defaultBranch()
    for (const ref of name ? [`refs/remotes/origin/${name}`, `refs/heads/${name}`] : []) {
      const base = await line("merge-base", "HEAD", ref)
      if (base) return base
    }
    return head()
  }

  const changes = async (base: string, context?: number, paths: readonly string[] = []): Promise<DiffEntry[]> => {
    const [tracked, added] = await Promise.all([
      diffEntries(base, undefined, context === undefined ? at : { ...at, context, paths }),
      untracked(context !== undefined, paths),
    ])
    return [...tracked, ...added].sort((a, b) => (a.file < b.file ? -1 : 1))
  }

  return {
    async info(): Promise<VcsInfo> {
      const [branch, standard] = await Promise.all([
        line("symbolic-ref", "--quiet", "--short", "HEAD"),
        defaultBranch(),
      ])
      return { ...(branch ? { branch } : {}), ...(standard ? { default_branch: standard } : {}) }
    },

    async status() {
      return changes(await head())
    },

    async raw() {
      const entries = await changes(await head(), 3)
      return entries.map(({ patch }) => (patch ? `${patch.replace(/\n?$/, "\n")}` : "")).join("")
    },

    async apply(patch) {
      const result = await git(["apply", "--whitespace=nowarn", "-"], { ...at, input: patch })
      if (result.code !== 0) {
        throw new VcsApplyError("not-clean", `The patch does not fit the files as they are: ${result.stderr.trim()}`)
      }
    },

    async diff(mode, context = 3, file) {
      const paths = file === undefined ? [] : [file]
      if (mode === "git") return changes(await head(), context, paths)
      if (mode === "branch") return changes(await branchPoint(), context, paths)
      const newest = await line("rev-parse", "--verify", "--quiet", "HEAD")
      if (!newest) return []
      const parent = (await line("rev-parse", "--verify", "--quiet", "HEAD~1")) ?? (await emptyTree(at))
      return diffEntries(parent, newest, { ...at, context, paths })
    },
  }
}

/** Text of a file, unless it is a link, binary, large or can't be read: then its lines are not counted. */
async function smallText(path: string): Promise<string | undefined> {
  const file = await openPlain(path)
  if (!file) return undefined
  try {
    const info = await file.stat()
    if (!info.isFile() || info.size > MAX_UNTRACKED_BYTES) return undefined
    const data = await file.readFile()
    return isBinary(data) ? undefined : data.toString("utf8")
  } finally {
    await file.close()
  }
}
