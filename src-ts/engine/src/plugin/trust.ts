import { createHash } from "node:crypto"
import { readFile, realpath, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { createQueue, writeAtomic } from "../disk/index.ts"
import { isObject } from "../json/index.ts"

const MAX_FILES = 500
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".cjs", "/index.ts", "/index.js"]
const queue = createQueue()

/**
 * Which of a repository's plugins the user has approved: by path and by a hash of the file and of everything that it
 * imports by a relative path, so that a later change asks anew. Kept in the user's state folder.
 */
export class PluginTrust {
  readonly #file: string

  constructor(state: string) {
    this.#file = join(state, "plugin-trust.json")
  }

  async trusts(path: string, hash: string): Promise<boolean> {
    return (await this.#read())[path] === hash
  }

  /** Approves the file as it is now. Throws when it can't be read. */
  async approve(path: string): Promise<void> {
    const real = await realpath(path)
    const hash = await fingerprint(real)
    await this.#write((known) => ({ ...known, [real]: hash }))
  }

  /** Takes an approval back; false when there was none. */
  async forget(path: string): Promise<boolean> {
    const real = await realpath(path).catch(() => resolve(path))
    const had = (await this.#read())[real] !== undefined
    await this.#write(({ [real]: _, ...rest }) => rest)
    return had
  }

  async #read(): Promise<Record<string, unknown>> {
    const text = await readFile(this.#file, "utf8").catch(() => "{}")
    try {
      const value: unknown = JSON.parse(text)
      return isObject(value) ? value : {}
    } catch {
      // A broken file approves nothing.
      return {}
    }
  }

  #write(change: (known: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
    return queue(this.#file, async () => {
      const text = `${JSON.stringify(change(await this.#read()), null, 2)}\n`
      await writeAtomic(this.#file, text, { mode: 0o600, dirMode: 0o700, force: true })
    })
  }
}

/** Hash of a module and of the modules that it imports by relative paths, with their places. */
export async function fingerprint(entry: string): Promise<string> {
  const hash = createHash("sha256")
  const seen = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    if (seen.size >= MAX_FILES) throw new Error(`${entry} imports more than ${MAX_FILES} files.`)
    seen.add(path)
    const text = await readFile(path, "utf8")
    hash.update(`${path}\0${text.length}\0${text}\0`)
    for (const match of text.matchAll(/(?:from|import|require)\s*\(?\s*["'`](\.{1,2}\/[^"'`]+)["'`]/g)) {
      const target = await existing(resolve(dirname(path), match[1] ?? ""))
      if (target) waiting.push(target)
    }
  }
  return hash.digest("hex")
}

async function existing(base: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    const info = await stat(base + ending).catch(() => undefined)
    if (info?.isFile()) return realpath(base + ending)
  }
  return undefined
}
