import { createTwoFilesPatch } from "diff"

export interface FilePatch {
  file: string
  patch: string
  additions: number
  deletions: number
}

const MAX_PATCH = 200_000
const TIMEOUT_MS = 1000

/** Unified diff of one file with its line counts, bounded in time and size. */
export function filePatch(file: string, before: string, after: string): FilePatch {
  const patch = createTwoFilesPatch(file, file, before, after, undefined, undefined, { timeout: TIMEOUT_MS })
  // Two large texts that share little would take minutes to compare line by line.
  const full = patch ?? coarse(file, before, after)
  let additions = 0
  let deletions = 0
  let inHunk = false
  for (const line of full.split("\n")) {
    if (line.startsWith("@@ ")) inHunk = true
    else if (inHunk && line.startsWith("+")) additions += 1
    else if (inHunk && line.startsWith("-")) deletions += 1
  }
  return { file, patch: bounded(full), additions, deletions }
}

/** One hunk from the first to the last line that differs. */
function coarse(file: string, before: string, after: string): string {
  const old = before.split("\n")
  const now = after.split("\n")
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const removed = old.slice(head, old.length - tail).map((line) => `-${line}\n`)
  const added = now.slice(head, now.length - tail).map((line) => `+${line}\n`)
  const at = `@@ -${head + 1},${removed.length} +${head + 1},${added.length} @@\n`
  const rule = "=".repeat(67)
  return `Index: ${file}\n${rule}\n--- ${file}\n+++ ${file}\n${at}${removed.join("")}${added.join("")}`
}

function bounded(patch: string): string {
  if (patch.length <= MAX_PATCH) return patch
  return `${patch.slice(0, patch.lastIndexOf("\n", MAX_PATCH) + 1)}\\ The rest of this diff is too long to show\n`
}
