import { z } from "zod"
import type { EngineOptions } from "../../engine.ts"

export interface SearchHit {
  title: string
  url: string
  /** Some sentences of the page, plain text. */
  text: string
}

export interface SearchRequest {
  url: string
  init: { method: "GET" | "POST"; headers: Record<string, string>; body?: string }
  /** Reads the answer's JSON. Throws when it has another shape. */
  read(json: unknown): SearchHit[]
}

/** A search engine: how to ask it, and how to read what it says. To add one, add it here. */
interface Engine {
  /** Environment variables that may hold its key. */
  keys: string[]
  base: string
  request(base: string, key: string, query: string, count: number): SearchRequest
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "")

const ENGINES: Record<string, Engine> = {
  exa: {
    keys: ["EXA_API_KEY"],
    base: "https://api.exa.ai",
    request: (base, key, query, count) => ({
      url: `${base}/search`,
      init: {
        method: "POST",
        headers: { "x-api-key": key, "content-type": "application/json" },
        body: JSON.stringify({ query, numResults: count, contents: { text: { maxCharacters: 1500 } } }),
      },
      read: (json) =>
        z.object({ results: z.array(z.object({ title: text, url: z.string(), text })) }).parse(json).results,
    }),
  },
  tavily: {
    keys: ["TAVILY_API_KEY"],
    base: "https://api.tavily.com",
    request: (base, key, query, count) => ({
      url: `${base}/search`,
      init: {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ query, max_results: count }),
      },
      read: (json) =>
        z
          .object({ results: z.array(z.object({ title: text, url: z.string(), content: text })) })
          .parse(json)
          .results.map(({ title, url, content }) => ({ title, url, text: content })),
    }),
  },
  brave: {
    keys: ["BRAVE_API_KEY", "BRAVE_SEARCH_API_KEY"],
    base: "https://api.search.brave.com/res/v1",
    request: (base, key, query, count) => ({
      url: `${base}/web/search?${new URLSearchParams({ q: query, count: String(count) })}`,
      init: { method: "GET", headers: { "x-subscription-token": key, accept: "application/json" } },
      read: (json) =>
        z
          .object({
            web: z
              .object({ results: z.array(z.object({ title: text, url: z.string(), description: text })) })
              .optional(),
          })
          .parse(json)
          .web?.results.map(({ title, url, description }) => ({ title, url, text: description })) ?? [],
    }),
  },
}

export interface SearchProvider {
  name: string
  request(query: string, count: number): SearchRequest
}

/**
 * The search engine that the user has a key for: `KILO_WEBSEARCH_PROVIDER` names one, else the first with a key.
 * `KILO_WEBSEARCH_URL` leads to a server of the same protocol. Only the environment counts: a repository's configuration
 * must not be able to send the user's key somewhere.
 */
export function searchProvider(env: EngineOptions["env"]): SearchProvider | undefined {
  const wish = env.KILO_WEBSEARCH_PROVIDER?.trim().toLowerCase()
  for (const [name, engine] of Object.entries(ENGINES)) {
    if (wish && wish !== name) continue
    const key = engine.keys.map((each) => env[each]?.trim()).find((value) => value)
    if (!key) continue
    const base = (env.KILO_WEBSEARCH_URL?.trim() || engine.base).replace(/\/+$/, "")
    return { name, request: (query, count) => engine.request(base, key, query, count) }
  }
  return undefined
}
