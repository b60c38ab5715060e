import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { inflateSync } from "node:zlib"

/** A history longer than this, or one with merges, is git's own business. */
const MAX_COMMITS = 64
const SHA = /^[0-9a-f]{40}$/

/** What was found about a repository before. */
export interface ProjectMemory {
  get(directory: string): { id: string; head: string } | undefined
  set(directory: string, found: { id: string; head: string }): void
}

/** Commit that HEAD names, read from the files of a plain `.git`; undefined when it isn't that simple. */
export function headOf(gitDir: string): string | undefined {
  try {
    const head = readFileSync(join(gitDir, "HEAD"), "utf8").trim()
    if (SHA.test(head)) return head
    const ref = /^ref: (refs\/[^\0]+)$/.exec(head)?.[1]
    if (!ref || ref.split("/").includes("..")) return undefined
    const loose = join(gitDir, ref)
    if (existsSync(loose)) {
      const sha = readFileSync(loose, "utf8").trim()
      return SHA.test(sha) ? sha : undefined
    }
    const packed = readFileSync(join(gitDir, "packed-refs"), "utf8")
    const line = packed.split("\n").find((one) => one.endsWith(` ${ref}`))
    const sha = line?.slice(0, 40) ?? ""
    return SHA.test(sha) ? sha : undefined
  } catch {
    return undefined
  }
}

/**
 * Root commit of a short history without merges whose commits are not packed: that of a young repository. Saves the
 * start of git, which takes longer than everything else before the first answer about a directory.
 */
export function shortRoot(gitDir: string, head: string): string | undefined {
  if (existsSync(join(gitDir, "shallow")) || existsSync(join(gitDir, "info", "grafts"))) return undefined
  if (existsSync(join(gitDir, "refs", "replace"))) return undefined
  let sha = head
  for (let count = 0; count < MAX_COMMITS; count += 1) {
    try {
      const raw = inflateSync(readFileSync(join(gitDir, "objects", sha.slice(0, 2), sha.slice(2))))
      const text = raw.toString("latin1", 0, 4096)
      if (!text.startsWith("commit ")) return undefined
      const header = text.slice(text.indexOf("\0") + 1).split("\n")
      const parents = header.slice(1, 4).filter((line) => line.startsWith("parent "))
      if (parents.length === 0) return sha
      const parent = parents[0]?.slice(7) ?? ""
      if (parents.length > 1 || !SHA.test(parent)) return undefined
      sha = parent
    } catch {
      return undefined
    }
  }
  return undefined
}
