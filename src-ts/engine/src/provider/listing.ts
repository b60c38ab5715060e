import { Cache } from "../gateway/index.ts"
import { isObject } from "../json/index.ts"
import type { RawModel } from "./catalogue/index.ts"

const LIMIT_MS = 3_000
const MAX_BYTES = 10 * 1024 * 1024

/** Asks servers that the user has configured without naming models what they have. */
export interface Listing {
  /**
   * Models of an OpenAI-compatible server; what was listed last for five minutes, and afterwards until a newer list is there. Waits
   * at most three seconds, and only the first time. Empty when the server does not answer.
   */
  models(baseURL: string, key: string, headers: Record<string, string>): Promise<Record<string, RawModel>>
}

export function createListing(changed: () => void): Listing {
  const known = new Cache<Record<string, RawModel>>(changed)
  return {
    async models(baseURL, key, headers) {
      const name = JSON.stringify([baseURL, key, headers])
      const load = () => list(baseURL.replace(/\/+$/, ""), key, headers)
      return known.now(name, load) ?? (await known.wait(name, load).catch(() => ({})))
    },
  }
}

async function list(baseURL: string, key: string, headers: Record<string, string>): Promise<Record<string, RawModel>> {
  const response = await fetch(`${baseURL}/models`, {
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
    signal: AbortSignal.timeout(LIMIT_MS),
    redirect: "error",
  })
  if (!response.ok) throw new Error(`${baseURL}/models answered ${response.status}`)
  const text = await response.text()
  if (text.length > MAX_BYTES) throw new Error(`${baseURL}/models answered with too much`)
  const body: unknown = JSON.parse(text)
  const items = isObject(body) && Array.isArray(body.data) ? body.data : []
  const entries = items.flatMap((item): [string, RawModel][] =>
    isObject(item) && typeof item.id === "string" && !/embed/i.test(item.id) ? [[item.id, rawOf(item)]] : [],
  )
  return Object.fromEntries(entries)
}

/** Such lists hold little more than names; context lengths are there under several names, or must be guessed with caution. */
function rawOf(item: Record<string, unknown>): RawModel {
  const context = [item.context_length, item.max_model_len, item.context_window].find(
    (size) => typeof size === "number",
  )
  const size = typeof context === "number" && context > 0 ? context : 32_768
  return {
    name: typeof item.name === "string" ? item.name : item.id,
    tool_call: true,
    temperature: true,
    limit: { context: size, output: Math.min(8_192, Math.ceil(size / 4)) },
  }
}
