import { readFile, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { writeAtomic } from "../../disk/index.ts"
import type { EngineOptions } from "../../engine.ts"
import { isObject } from "../../json/index.ts"
import type { Paths } from "../../project/types.ts"

const FRESH_MS = 5 * 60_000
const LIMIT_MS = 20_000
const MAX_BYTES = 50 * 1024 * 1024
/** A catalogue that has shrunk to this is damaged, or not the catalogue. */
const MIN_PROVIDERS = 20

/** Where the newest fetched catalogue lies, in the built-in snapshot's form. */
export function fetchedFile(paths: Paths): string {
  return join(paths.cache, "models.jsonl")
}

/**
 * Fetches the public catalogue (KILO_MODELS_URL, else models.dev) when the last look is older than five minutes, and stores it for this
 * and later starts. True when there is a newer one. What can't be fetched or read changes nothing.
 */
export async function refreshCatalogue(
  paths: Paths,
  env: EngineOptions["env"],
  signal?: AbortSignal,
): Promise<boolean> {
  if (env.KILO_DISABLE_MODELS_FETCH || env.KILO_MODELS_PATH) return false
  const file = fetchedFile(paths)
  const mark = `${file}.etag`
  const looked = await stat(mark).catch(() => undefined)
  if (looked && Date.now() - looked.mtimeMs < FRESH_MS) return false
  const base = (env.KILO_MODELS_URL || "https://models.dev").replace(/\/+$/, "")
  const tag = await readFile(mark, "utf8").catch(() => "")
  const limit = AbortSignal.timeout(LIMIT_MS)
  const response = await fetch(`${base}/api.json`, {
    headers: tag ? { "if-none-match": tag } : {},
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  })
  if (response.status === 304) {
    const now = new Date()
    await utimes(mark, now, now)
    return false
  }
  if (!response.ok) throw new Error(`${base}/api.json answered ${response.status}`)
  const text = await response.text()
  if (text.length > MAX_BYTES) throw new Error(`${base}/api.json is too large`)
  const lines = linesOf(JSON.parse(text))
  const modes = { mode: 0o644, dirMode: 0o700, force: true }
  await writeAtomic(file, lines, modes)
  await writeAtomic(mark, response.headers.get("etag") ?? "", modes)
  return true
}

function linesOf(value: unknown): string {
  const entries = isObject(value) ? Object.entries(value) : []
  const lines = entries.flatMap(([id, item]) => {
    if (!isObject(item) || !isObject(item.models)) return []
    const { models, ...header } = item
    return [`${JSON.stringify({ ...header, id })}\t${JSON.stringify(models)}\n`]
  })
  if (lines.length < MIN_PROVIDERS) throw new Error("The fetched model catalogue is not one.")
  return lines.join("")
}
