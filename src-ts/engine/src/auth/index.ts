import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { createQueue, writeAtomic } from "../disk/index.ts"
import type { AuthStore, EngineOptions } from "../engine.ts"
import { BadRequestError } from "../error.ts"
import type { Paths } from "../project/types.ts"
import { checkAuth } from "./check.ts"
import type { Auth } from "./types.ts"

export * from "./types.ts"

/**
 * Credentials in `auth.json` of the data folder, readable by the user only. KILO_AUTH_CONTENT (JSON of the same form) lies over the
 * file for this process and is never written. Reads notice changes by other processes.
 * Entries of unknown form are not offered but survive every write. A file that can't be parsed counts as empty for reading; writing
 * throws BadRequestError that names it, and leaves it as it is.
 */
export function createAuth(options: { paths: Paths; env: EngineOptions["env"] }): AuthStore {
  const file = join(options.paths.data, "auth.json")
  const queue = createQueue()
  const overlay = options.env.KILO_AUTH_CONTENT ? known(parse(options.env.KILO_AUTH_CONTENT) ?? {}) : {}
  let cached: { stamp: string; auths: Record<string, Auth> } | undefined

  const stored = (): Record<string, Auth> => {
    const info = statSync(file, { throwIfNoEntry: false, bigint: true })
    const stamp = info ? `${info.ino}:${info.size}:${info.mtimeNs}` : ""
    if (cached?.stamp === stamp) return cached.auths
    const auths = known(readRaw(file).entries)
    cached = { stamp, auths }
    return auths
  }

  const change = (edit: (entries: Record<string, unknown>) => boolean): Promise<void> =>
    queue(file, async () => {
      const raw = readRaw(file)
      if (raw.problem)
        throw new BadRequestError(
          `The credentials file ${file} ${raw.problem}, so nothing was changed. Repair or move the file, then try again.`,
        )
      if (!edit(raw.entries)) return
      await writeAtomic(file, `${JSON.stringify(raw.entries, null, 2)}\n`, { mode: 0o600, dirMode: 0o700, force: true })
      cached = undefined
    })

  return {
    all: () => ({ ...stored(), ...overlay }),
    get: (providerID) => {
      const auths = Object.hasOwn(overlay, providerID) ? overlay : stored()
      return Object.hasOwn(auths, providerID) ? auths[providerID] : undefined
    },
    async set(providerID, auth) {
      const checked = checkAuth(auth)
      if (!checked.auth) throw new BadRequestError(`Not a credential for ${providerID}: ${checked.problem}`)
      if (!providerID || providerID === "__proto__") throw new BadRequestError("The provider's id is missing.")
      await change((entries) => {
        entries[providerID] = checked.auth
        return true
      })
    },
    async remove(providerID) {
      await change((entries) => {
        if (!Object.hasOwn(entries, providerID)) return false
        delete entries[providerID]
        return true
      })
    },
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function readRaw(file: string): { entries: Record<string, unknown>; problem?: string } {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { entries: {} }
    return { entries: {}, problem: `can't be read (${error instanceof Error ? error.message : String(error)})` }
  }
  if (text.trim() === "") return { entries: {} }
  const entries = parse(text)
  return entries ? { entries } : { entries: {}, problem: "is not a valid JSON object" }
}

function known(entries: Record<string, unknown>): Record<string, Auth> {
  const out: Record<string, Auth> = {}
  for (const [id, value] of Object.entries(entries)) {
    const { auth } = checkAuth(value)
    if (auth) out[id] = auth
  }
  return out
}
