import type { EngineOptions } from "../engine.ts"
import { isObject } from "../json/index.ts"

/** A model server that answers on this machine. */
export interface LocalServer {
  id: "ollama" | "lmstudio"
  name: string
  baseURL: string
  models: string[]
}

const LIMIT = 300
/** How long an answer, also "nobody there", is taken as true. */
const FRESH = 15_000

export interface Discovery {
  /** Servers that answered; asks again when the last look is old. Takes at most 300 ms, and nothing when it is recent. */
  servers(skip: ReadonlySet<string>): Promise<LocalServer[]>
  /** Those that the last look found, without looking. */
  seen(skip: ReadonlySet<string>): LocalServer[]
  invalidate(): void
}

/** Looks for Ollama (OLLAMA_HOST when it is on loopback, else port 11434) and LM Studio (port 1234). Only loopback is ever asked. */
export function createDiscovery(env: EngineOptions["env"]): Discovery {
  const places = [
    { id: "ollama" as const, name: "Ollama (local)", base: ollamaBase(env.OLLAMA_HOST) },
    { id: "lmstudio" as const, name: "LM Studio (local)", base: "http://127.0.0.1:1234" },
  ]
  const known = new Map<string, { at: number; server: Promise<LocalServer | undefined> }>()
  const found = new Map<string, LocalServer | undefined>()
  const find = (place: (typeof places)[number]): Promise<LocalServer | undefined> => {
    const last = known.get(place.id)
    if (last && performance.now() - last.at < FRESH) return last.server
    const server = look(place).then((result) => {
      found.set(place.id, result)
      return result
    })
    known.set(place.id, { at: performance.now(), server })
    return server
  }
  return {
    async servers(skip) {
      const servers = await Promise.all(places.filter((place) => !skip.has(place.id)).map(find))
      return servers.filter((server) => server !== undefined)
    },
    seen: (skip) => places.flatMap(({ id }) => (skip.has(id) ? [] : (found.get(id) ?? []))),
    invalidate: () => {
      known.clear()
      found.clear()
    },
  }
}

async function look(place: { id: LocalServer["id"]; name: string; base: string }): Promise<LocalServer | undefined> {
  const tags = place.id === "ollama" ? await ask(`${place.base}/api/tags`, "models", "name") : undefined
  const models = tags ?? (await ask(`${place.base}/v1/models`, "data", "id"))
  const usable = models?.filter((id) => !/embed/i.test(id)) ?? []
  if (usable.length === 0) return undefined
  return { id: place.id, name: place.name, baseURL: `${place.base}/v1`, models: usable }
}

async function ask(url: string, list: string, key: string): Promise<string[] | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT), redirect: "error" })
    if (!response.ok) return undefined
    const body: unknown = await response.json()
    const items = isObject(body) && Array.isArray(body[list]) ? body[list] : []
    return items.flatMap((item) => (isObject(item) && typeof item[key] === "string" ? [item[key]] : []))
  } catch {
    // Nobody there, too slow, or not a model server: all mean that there is nothing to offer.
    return undefined
  }
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])

/** OLLAMA_HOST may be a host, host:port or URL; anything that is not on this machine is left to explicit configuration. */
export function ollamaBase(host: string | undefined): string {
  const fallback = "http://127.0.0.1:11434"
  if (!host) return fallback
  try {
    const url = new URL(/^https?:\/\//.test(host) ? host : `http://${host}`)
    if (!LOOPBACK.has(url.hostname)) return fallback
    if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1"
    if (url.port === "" && !/:\d+\/?$/.test(host)) url.port = "11434"
    return url.origin
  } catch {
    return fallback
  }
}
