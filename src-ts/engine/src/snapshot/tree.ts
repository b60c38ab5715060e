import { rm } from "node:fs/promises"
import { join } from "node:path"
import { GitError } from "../project/index.ts"
import type { Repository } from "./repository.ts"
import { CheckpointMissingError, type StoredFile } from "./types.ts"

/** A file's entry in a tree. */
export interface Entry {
  mode: StoredFile["mode"]
  hash: string
}

const TREE = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const CHUNK = 200

export function isTree(text: string): boolean {
  return TREE.test(text)
}

/** Which of these trees are there. */
export async function existing(repository: Repository, trees: readonly string[]): Promise<string[]> {
  const asked = [...new Set(trees)].filter(isTree)
  if (asked.length === 0) return []
  const answer = await repository.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], {
    input: `${asked.join("\n")}\n`,
  })
  const found = new Set(answer.split("\n").flatMap((line) => (line.endsWith(" tree") ? [line.slice(0, -5)] : [])))
  return asked.filter((tree) => found.has(tree))
}

/** Throws CheckpointMissingError unless all trees are there. */
export async function mustExist(repository: Repository, trees: readonly string[]): Promise<void> {
  const found = new Set(await existing(repository, trees).catch(() => []))
  for (const tree of trees) if (!found.has(tree)) throw new CheckpointMissingError(tree)
}

/** Entries of these files (relative) in a tree; those that it lacks are missing in the map. */
export async function entriesOf(
  repository: Repository,
  tree: string,
  files: readonly string[],
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for (let index = 0; index < files.length; index += CHUNK) {
    const group = files.slice(index, index + CHUNK)
    const listing = await repository.run(["ls-tree", "-z", "--full-tree", tree, "--", ...group])
    for (const line of listing.split("\0")) {
      const match = /^(100644|100755|120000) blob ([0-9a-f]+)\t([\s\S]+)$/.exec(line)
      if (match?.[1] && match[2] && match[3]) {
        entries.set(match[3], { mode: match[1] as Entry["mode"], hash: match[2] })
      }
    }
  }
  return entries
}

/** Bytes of a blob. Throws CheckpointMissingError when it is gone. */
export async function contentOf(repository: Repository, hash: string): Promise<Buffer> {
  try {
    return Buffer.from(await repository.run(["cat-file", "blob", hash], { encoding: "latin1" }), "latin1")
  } catch (error) {
    if (error instanceof GitError) throw new CheckpointMissingError(hash)
    throw error
  }
}

/** A tree like `tree` but for one file. Works in an index of its own. */
export function treeWith(
  repository: Repository,
  tree: string,
  file: string,
  stored: StoredFile | undefined,
): Promise<string> {
  return rewritten(repository, tree, async () => {
    if (!stored) return gone(tree, file)
    const hash = (await repository.run(["hash-object", "-w", "--stdin"], { input: stored.content })).trim()
    return `${stored.mode} ${hash}\t${file}\0`
  })
}

/** A tree like `tree` but for some files, which are as in `source`. */
export function treeMerged(repository: Repository, tree: string, source: string, files: readonly string[]) {
  return rewritten(repository, tree, async () => {
    const entries = await entriesOf(repository, source, files)
    const lines = files.map((file) => {
      const entry = entries.get(file)
      return entry ? `${entry.mode} ${entry.hash}\t${file}\0` : gone(tree, file)
    })
    return lines.join("")
  })
}

/** A line for `update-index --index-info` that takes a file out. */
function gone(tree: string, file: string): string {
  return `0 ${"0".repeat(tree.length)}\t${file}\0`
}

async function rewritten(repository: Repository, tree: string, lines: () => Promise<string>): Promise<string> {
  const index = join(repository.directory, `index.${process.pid}.${Math.random().toString(36).slice(2)}`)
  const variables = { GIT_INDEX_FILE: index }
  try {
    await repository.run(["read-tree", tree], { variables })
    const input = await lines()
    await repository.run(["update-index", "-z", "--add", "--replace", "--index-info"], { variables, input })
    return (await repository.run(["write-tree"], { variables })).trim()
  } finally {
    await rm(index, { force: true })
    await rm(`${index}.lock`, { force: true })
  }
}
