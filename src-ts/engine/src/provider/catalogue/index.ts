import { readFile } from "node:fs/promises"
import { pathToFileURL } from "node:url"
import { isObject } from "../../json/index.ts"

export { fetchedFile, refreshCatalogue } from "./refresh.ts"

/** What is known about a provider without reading its models. */
export interface CatalogueProvider {
  id: string
  name: string
  env: string[]
  npm: string
  url?: string
  /** The user chose the package: it holds for every model. */
  fixed?: true
}

/** A model as the catalogue has it; its form is read by `modelOf`. */
export type RawModel = Record<string, unknown>

export interface Catalogue {
  providers: Map<string, CatalogueProvider>
  /** Models of one provider, parsed now; empty for an unknown one. Throws when its data is damaged. */
  models(providerID: string): Promise<Record<string, RawModel>>
}

/**
 * Opens the catalogue: the file of KILO_MODELS_PATH when given (one JSON object, provider id -> provider; the form of the public
 * catalogue's api.json is fine too), else `fetched` when it is there and whole, over the built-in snapshot. Only the providers' headers
 * are parsed here. Throws when there is no readable catalogue.
 */
export async function openCatalogue(path: string | undefined, fetched?: string): Promise<Catalogue> {
  if (path) return openJson(path)
  const builtIn = await openLines(PLACES.map((place) => new URL(place, import.meta.url)))
  const newer = fetched ? await openLines([pathToFileURL(fetched)]).catch(() => undefined) : undefined
  if (!newer) return builtIn
  return {
    // Providers that only the snapshot has stay.
    providers: new Map([...builtIn.providers, ...newer.providers]),
    models: (id) => (newer.providers.has(id) ? newer.models(id).catch(() => builtIn.models(id)) : builtIn.models(id)),
  }
}

// A bundle may put this module's chunk into a folder of its own; see README.md for what it must copy.
const PLACES = ["./models.jsonl", "../models.jsonl"]

async function openLines(places: URL[]): Promise<Catalogue> {
  const { url, data } = await readFirst(places)
  const providers = new Map<string, CatalogueProvider>()
  const ranges = new Map<string, { start: number; length: number }>()
  for (let start = 0; start < data.length; ) {
    const tab = data.indexOf(9, start)
    const end = data.indexOf(10, start)
    if (tab < 0 || end < 0) break
    const header: unknown = JSON.parse(data.toString("utf8", start, tab))
    const provider = headerOf(header)
    if (provider) {
      providers.set(provider.id, provider)
      ranges.set(provider.id, { start: tab + 1, length: end - tab - 1 })
    }
    start = end + 1
  }
  // The two megabytes stay in memory only while nobody needs the room; then they are read again.
  let kept = new WeakRef(data)
  return {
    providers,
    async models(providerID) {
      const range = ranges.get(providerID)
      if (!range) return {}
      let bytes = kept.deref()
      if (!bytes) {
        bytes = await readFile(url)
        kept = new WeakRef(bytes)
      }
      return modelsOf(JSON.parse(bytes.toString("utf8", range.start, range.start + range.length)))
    },
  }
}

async function openJson(path: string): Promise<Catalogue> {
  const value: unknown = JSON.parse(await readFile(path, "utf8"))
  if (!isObject(value)) throw new Error(`${path} must hold one JSON object, provider id -> provider.`)
  const providers = new Map<string, CatalogueProvider>()
  const models = new Map<string, Record<string, RawModel>>()
  for (const [id, item] of Object.entries(value)) {
    const provider = isObject(item) ? headerOf({ ...item, id }) : undefined
    if (!provider || !isObject(item)) continue
    providers.set(id, provider)
    models.set(id, modelsOf(item.models))
  }
  return { providers, models: async (providerID) => models.get(providerID) ?? {} }
}

async function readFirst(urls: URL[]): Promise<{ url: URL; data: Buffer }> {
  for (const url of urls) {
    const data = await readFile(url).catch(() => undefined)
    if (data) return { url, data }
  }
  throw new Error(`The model catalogue is missing: ${urls.map((url) => url.pathname).join(" or ")}`)
}

function headerOf(value: unknown): CatalogueProvider | undefined {
  if (!isObject(value) || typeof value.id !== "string") return undefined
  const url = typeof value.url === "string" ? value.url : typeof value.api === "string" ? value.api : undefined
  return {
    id: value.id,
    name: typeof value.name === "string" ? value.name : value.id,
    env: Array.isArray(value.env) ? value.env.filter((name) => typeof name === "string") : [],
    npm: typeof value.npm === "string" ? value.npm : "@ai-sdk/openai-compatible",
    ...(url ? { url } : {}),
  }
}

function modelsOf(value: unknown): Record<string, RawModel> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, RawModel] => isObject(entry[1])))
}
