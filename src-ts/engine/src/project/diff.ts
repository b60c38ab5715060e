import { type GitOptions, mustGit } from "./git.ts"

/** One changed file between two states of a tree. */
export interface DiffEntry {
  /** Relative to the repository, with forward slashes. */
  file: string
  additions: number
  deletions: number
  status: "added" | "deleted" | "modified"
  /** Git-style patch; missing when not asked for, or when all patches together would be too large. */
  patch?: string
}

export interface DiffOptions extends GitOptions {
  /** Put before the sub-command: --git-dir and --work-tree of a snapshot. */
  prefix?: readonly string[]
  /** Lines around a change; no patches at all when undefined. */
  context?: number
  /** Only these files, relative to the repository; all when undefined. */
  paths?: readonly string[]
}

/** A patch larger than this is left out: it would only slow down who shows it. */
const MAX_PATCH = 1024 * 1024
const MAX_PATCHES = 24 * 1024 * 1024
// What is inside a submodule's folder is the submodule's business, and its settings could name programs.
const FORMAT = ["--no-renames", "--ignore-submodules=dirty", "--no-ext-diff", "--no-textconv", "--no-color"]

/** Changes between two trees, or between a tree and the worktree when `to` is undefined. Renames are a deletion and an addition. */
export async function diffEntries(from: string, to: string | undefined, options: DiffOptions): Promise<DiffEntry[]> {
  const range = to === undefined ? [from] : [from, to]
  const base = ["--literal-pathspecs", ...(options.prefix ?? []), "diff", ...FORMAT]
  const paths = options.paths ?? []
  const listing = await mustGit([...base, "--raw", "--numstat", "-z", ...range, "--", ...paths], options)
  const entries = parseListing(listing)
  if (options.context === undefined || entries.length === 0) return entries
  const context = Math.max(0, Math.min(10_000, Math.trunc(options.context)))
  const patches = splitPatches(
    await mustGit([...base, "-p", `-U${context}`, ...range, "--", ...paths], {
      ...options,
      maxBytes: MAX_PATCHES,
    }).catch((error: Error) => {
      if (options.signal?.aborted) throw error
      // Too much text for one answer: names and counts are still worth having.
      return ""
    }),
  )
  // git lists and patches in the same order; when the counts differ we can't tell whose patch is whose.
  if (patches.length !== entries.length) return entries
  return entries.map((entry, index) => {
    const patch = patches[index]
    return patch === undefined || patch.length > MAX_PATCH ? entry : { ...entry, patch }
  })
}

/** Id of the empty tree in this repository's hash algorithm: what the first commit is compared with. */
export async function emptyTree(options: GitOptions): Promise<string> {
  return (await mustGit(["hash-object", "-t", "tree", "--stdin"], { ...options, input: "" })).trim()
}

/** Patch of a file that git does not track yet. */
export function newFilePatch(file: string, text: string): string {
  const header = `diff --git a/${file} b/${file}\nnew file mode 100644\n`
  if (text === "") return header
  const ends = text.endsWith("\n")
  const lines = (ends ? text.slice(0, -1) : text).split("\n")
  const count = lines.length === 1 ? "" : `,${lines.length}`
  const body = lines.map((line) => `+${line}\n`).join("")
  return `${header}--- /dev/null\n+++ b/${file}\n@@ -0,0 +1${count} @@\n${body}${ends ? "" : "\\ No newline at end of file\n"}`
}

/** `--raw --numstat -z`: first ":mode mode sha sha S" NUL path for each file, then "added TAB removed TAB path" for each. */
function parseListing(text: string): DiffEntry[] {
  const fields = text.split("\0")
  const status = new Map<string, DiffEntry["status"]>()
  const entries: DiffEntry[] = []
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? ""
    if (field.startsWith(":")) {
      const letter = field.slice(field.lastIndexOf(" ") + 1)
      const path = fields[index + 1] ?? ""
      status.set(path, letter.startsWith("A") ? "added" : letter.startsWith("D") ? "deleted" : "modified")
      index += 1
      continue
    }
    const match = /^(\d+|-)\t(\d+|-)\t([\s\S]+)$/.exec(field)
    const file = match?.[3]
    if (!match || file === undefined) continue
    // "-" stands for a binary file.
    const count = (value: string | undefined) => (value === undefined || value === "-" ? 0 : Number(value))
    entries.push({
      file,
      additions: count(match[1]),
      deletions: count(match[2]),
      status: status.get(file) ?? "modified",
    })
  }
  return entries
}

/** Every line of content starts with one of " +-\@", so "diff --git" at the start of a line is always a header. */
function splitPatches(text: string): string[] {
  return text === "" ? [] : text.split(/^(?=diff --git )/m)
}
