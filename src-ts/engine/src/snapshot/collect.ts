import { open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { forgetOmitted } from "./omitted.ts"
import type { Repository } from "./repository.ts"
import { existing } from "./tree.ts"

const DAY_MS = 24 * 60 * 60_000
/** One of git's 256 folders of loose objects holds about this many when all of them hold 6,000. */
const CROWDED = 24
const GRACE_MS = 60 * 60_000
const STALE_MS = 2 * 60 * 60_000

/**
 * Packs the objects that snapshots in use need and prunes the others. Objects younger than the grace time stay, so
 * that a snapshot that is being taken, by whatever process, is safe.
 */
export async function collectGarbage(
  repository: Repository,
  used: () => Promise<readonly string[]>,
  options: { force?: boolean; graceMs?: number },
): Promise<boolean> {
  const { directory } = repository
  const mark = join(directory, "collected")
  if (!(await stat(join(directory, "HEAD")).catch(() => undefined))) return false
  if (!options.force && !(await isDue(directory, mark))) return false
  const lock = join(directory, "collect.lock")
  if (!(await acquire(lock))) return false
  try {
    const grace = options.graceMs ?? GRACE_MS
    const roots = await existing(repository, await used())
    await protect(directory, roots)
    const before = new Date(Date.now() - grace).toISOString()
    await repository.run(["-c", "pack.threads=1", "repack", "-q", "-A", "-d", `--unpack-unreachable=${before}`])
    await repository.run(["prune", `--expire=${before}`])
    await forgetOld(directory, new Set(roots), grace)
    await writeFile(mark, "")
    await utimes(mark, new Date(), new Date())
    return true
  } finally {
    await rm(lock, { force: true })
  }
}

async function isDue(directory: string, mark: string): Promise<boolean> {
  const sample = await readdir(join(directory, "objects", "17")).catch(() => [])
  if (sample.length > CROWDED) return true
  const last = await stat(mark).catch(() => undefined)
  if (last) return Date.now() - last.mtimeMs > DAY_MS
  await writeFile(mark, "")
  return false
}

async function acquire(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, "wx")
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch {
    const info = await stat(lock).catch(() => undefined)
    if (info && Date.now() - info.mtimeMs > STALE_MS) await rm(lock, { force: true })
    return false
  }
}

/** Names the trees in use, so that git keeps what they reach. The directory is ours: nobody else has references in it. */
async function protect(directory: string, trees: readonly string[]): Promise<void> {
  const lines = trees.toSorted().map((tree) => `${tree} refs/kilo/${tree}\n`)
  await writeFile(join(directory, "packed-refs"), lines.join(""))
}

async function forgetOld(directory: string, used: ReadonlySet<string>, graceMs: number): Promise<void> {
  for (const tree of await readdir(join(directory, "omitted")).catch(() => [])) {
    const info = await stat(join(directory, "omitted", tree)).catch(() => undefined)
    if (!used.has(tree) && info && Date.now() - info.mtimeMs > graceMs) await forgetOmitted(directory, tree)
  }
  // Indexes that a killed process left.
  for (const name of await readdir(directory)) {
    if (!/^index\.\d+\./.test(name)) continue
    const info = await stat(join(directory, name)).catch(() => undefined)
    if (info && Date.now() - info.mtimeMs > STALE_MS) await rm(join(directory, name), { force: true })
  }
}
