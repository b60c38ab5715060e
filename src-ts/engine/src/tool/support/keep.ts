import { randomBytes } from "node:crypto"
import { mkdir, readdir, stat, unlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

const DAYS = 7
const DAY_MS = 24 * 60 * 60 * 1000
const swept = new Set<string>()

/** A new name for output that is kept. */
export function keptName(): string {
  return `tool_${Date.now().toString(36)}_${randomBytes(6).toString("hex")}.txt`
}

/**
 * Keeps text that is too long to show, for its owner only, and tells where. Undefined when there is no place for it: the
 * shown part is still there then, only without the rest.
 */
export async function keep(directory: string, text: string): Promise<string | undefined> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const path = join(directory, keptName())
    await writeFile(path, text, { mode: 0o600, flag: "wx" })
    void sweep(directory)
    return path
  } catch {
    return undefined
  }
}

/** Removes what was kept more than a week ago; once in a process for each directory. Never rejects. */
export async function sweep(directory: string, now = Date.now()): Promise<void> {
  if (swept.has(directory)) return
  swept.add(directory)
  for (const name of await readdir(directory).catch(() => [])) {
    if (!/^tool_[0-9a-z]+_[0-9a-f]{12}\.txt$/.test(name)) continue
    const path = join(directory, name)
    const info = await stat(path).catch(() => undefined)
    if (info && now - info.mtimeMs > DAYS * DAY_MS) await unlink(path).catch(() => undefined)
  }
}
