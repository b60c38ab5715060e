import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Auth } from "../auth/types.ts"
import { writeAtomic } from "../disk/index.ts"
import { isObject, type Json } from "../json/index.ts"
import type { Paths } from "../project/types.ts"
import { emptyLayer } from "./layers.ts"
import type { Layer } from "./parse.ts"

const FRESH_MS = 5 * 60_000
const LIMIT_MS = 5_000
const MAX_BYTES = 1024 * 1024

/** Configuration of the servers that the user logged in to with a `wellknown` credential (seed 002, configuration source 3). */
export interface WellKnown {
  /**
   * One layer for each such credential. A server's last good answer is kept on disk and used at once, while a newer one is
   * fetched beside it; only the first time is waited for. A server that can't be reached is a warning.
   */
  layers(): Promise<Layer[]>
}

interface Known {
  token: string
  layer: Layer
  at: number
}

export function createWellKnown(options: { auth: () => Record<string, Auth>; paths: Paths }): WellKnown {
  const known = new Map<string, Known>()
  const loading = new Map<string, Promise<Layer>>()

  const cacheFile = (url: string) =>
    join(options.paths.cache, "wellknown", `${createHash("sha256").update(url).digest("hex").slice(0, 32)}.json`)

  const parse = async (url: string, text: string, auth: Auth & { type: "wellknown" }): Promise<Layer> => {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) throw new Error("the answer is not a JSON object")
    // The server may refer to the token that it gave out, by its name, and to nothing else of the user's environment.
    return foreignLayer(url, isObject(value.config) ? value.config : {}, { [auth.key]: auth.token })
  }

  const fetchText = async (url: string): Promise<string> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: "error" })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const text = await response.text()
    if (text.length > MAX_BYTES) throw new Error("the answer is too large")
    return text
  }

  const load = async (id: string, url: string, auth: Auth & { type: "wellknown" }): Promise<Layer> => {
    const old = known.get(id)
    try {
      const text = await fetchText(url)
      const fresh = await parse(url, text, auth)
      // The same content keeps its identity, so that nothing is computed anew.
      const same = old && JSON.stringify(old.layer.config) === JSON.stringify(fresh.config)
      known.set(id, { token: auth.token, layer: same ? old.layer : fresh, at: Date.now() })
      if (!same) await writeAtomic(cacheFile(url), text, { mode: 0o600, dirMode: 0o700, force: true })
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      const layer = old?.layer ?? emptyLayer(url)
      const message = old
        ? `Can't be fetched (${cause}). What it said last is used.`
        : `Can't be fetched (${cause}). Its configuration is missing; check the network, or log out with \`kilo auth logout ${id}\`.`
      known.set(id, {
        token: auth.token,
        layer: { ...layer, warnings: [{ path: url, message }] },
        at: Date.now(),
      })
    }
    return known.get(id)?.layer ?? emptyLayer(url)
  }

  const layerOf = async (id: string, auth: Auth & { type: "wellknown" }): Promise<Layer> => {
    const url = addressOf(id)
    if (!url) return { ...emptyLayer(id), warnings: [{ path: id, message: "Not an https address. It is ignored." }] }
    let have = known.get(id)
    if (have && have.token !== auth.token) have = undefined
    if (!have) {
      const stored = await readStored(cacheFile(url))
      const layer = stored ? await parse(url, stored.text, auth).catch(() => undefined) : undefined
      if (stored && layer) {
        have = { token: auth.token, layer, at: stored.at }
        known.set(id, have)
      }
    }
    if (have && Date.now() - have.at < FRESH_MS) return have.layer
    let run = loading.get(id)
    if (!run) {
      run = load(id, url, auth).finally(() => loading.delete(id))
      loading.set(id, run)
    }
    return have ? have.layer : run
  }

  return {
    async layers() {
      const found = Object.entries(options.auth()).flatMap(([id, auth]) =>
        auth.type === "wellknown" ? [{ id, auth }] : [],
      )
      return Promise.all(found.map(({ id, auth }) => layerOf(id, auth)))
    },
  }
}

/** A server's configuration: it may name what is in `env` and nothing else of this machine, no file either. */
export async function foreignLayer(path: string, config: Json, env: Record<string, string> = {}): Promise<Layer> {
  const { parseConfig } = await import("./parse.ts")
  return parseConfig(JSON.stringify(withoutFiles(config)), { path, base: "/", env })
}

/** https, or http on this machine: a token and rules for the agent must not travel readable. */
function addressOf(id: string): string | undefined {
  try {
    const url = new URL(id)
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)
    if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) return undefined
    return `${id.replace(/\/+$/, "")}/.well-known/opencode`
  } catch {
    return undefined
  }
}

async function readStored(file: string): Promise<{ text: string; at: number } | undefined> {
  try {
    return { text: await readFile(file, "utf8"), at: (await stat(file)).mtimeMs }
  } catch {
    return undefined
  }
}

/** A server must not make this machine's files part of what is sent somewhere. */
function withoutFiles(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("{file:", "{ file:")
  if (Array.isArray(value)) return value.map(withoutFiles)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFiles(item)]))
}
