import { type Redirect, refusal } from "../config/index.ts"
import type { Config, ProviderConfig } from "../config/types.ts"
import type { AuthStore, EngineOptions } from "../engine.ts"
import { ANONYMOUS, type Gateway } from "../gateway/index.ts"
import type { Catalogue, CatalogueProvider, RawModel } from "./catalogue/index.ts"
import { type Credential, credentialOf } from "./connect.ts"
import type { LocalServer } from "./discover.ts"
import type { Listing } from "./listing.ts"
import { modelFromConfig, modelOf } from "./map.ts"
import { OFFLINE, offlineProvider } from "./offline.ts"
import { type Special, specialOf } from "./special.ts"
import type { Model, Provider } from "./types.ts"

/** One provider as this configuration sees it. Its models are made on first use. */
export interface Entry {
  info: CatalogueProvider
  credential: Credential | undefined
  /** Why it must not be used although it could be. */
  refused?: string
  /** Options for the SDK and for the wire; never holds the key. */
  options: Record<string, unknown>
  models(): Promise<Record<string, Model>>
  provider(models: Record<string, Model>): Provider
}

export interface Registry {
  entries: Map<string, Entry>
  /** Usable providers, the one that a default comes from first. */
  connected: Entry[]
}

/** Providers that are preferred for the default, when several are connected. */
const FIRST = ["anthropic", "openai", "google", "openrouter", "amazon-bedrock", "azure", "xai", "mistral", "groq"]

export function buildRegistry(input: {
  catalogue: Catalogue
  config: Config
  redirects: ReadonlyMap<string, Redirect>
  auth: AuthStore
  env: EngineOptions["env"]
  local: LocalServer[]
  gateway?: Gateway
  listing: Listing
  /** Providers that a repository describes: opening it must not send requests where it says. */
  unasked: ReadonlySet<string>
}): Registry {
  const { catalogue, config, auth, env } = input
  const auths = auth.all()
  const custom = config.provider ?? {}
  const allowed = (id: string) =>
    !(config.disabled_providers ?? []).includes(id) &&
    (config.enabled_providers === undefined || config.enabled_providers.includes(id))
  const entries = new Map<string, Entry>()
  const locals = new Map(input.local.map((server) => [server.id as string, server]))
  const ids = new Set([...Object.keys(custom), ...catalogue.providers.keys(), ...locals.keys()])
  for (const id of ids) {
    if (id === OFFLINE.providerID || !allowed(id)) continue
    const own = custom[id]
    const server = locals.get(id)
    const stored = Object.hasOwn(auths, id) ? auths[id] : undefined
    const plain = infoOf(id, catalogue.providers.get(id), own, server)
    const special = specialOf(id, {
      gateway: input.gateway,
      auth: stored,
      found: credentialOf(plain, own, stored, env),
    })
    // What the user configured beats what is peculiar to the provider.
    const info = special?.info && !own?.npm && !own?.api ? { ...plain, ...special.info } : plain
    const found =
      credentialOf(info, own, stored, env) ??
      special?.credential ??
      (server ? { key: "", source: "custom" as const } : undefined)
    const redirect = input.redirects.get(id)
    // A key that the project's file spells out is the project's to send; every other one is the user's.
    const refused = redirect && (redirect.borrows || found?.source === "env" || found?.source === "api")
    const credential = refused ? undefined : found
    const base = server && !own?.options?.baseURL ? { baseURL: server.baseURL } : {}
    const options: Record<string, unknown> = { ...base, ...withoutKey(own?.options) }
    if (special?.headers) options.headers = { ...special.headers, ...headersOf(options) }
    const entry = makeEntry(info, credential, options, async () => {
      const asked =
        input.unasked.has(id) || server || !credential
          ? {}
          : await listed(info, catalogue, own, credential, options, input.listing)
      return modelsOf(info, catalogue, own, { ...(server ? { server } : {}), ...(special ? { special } : {}), asked })
    })
    entries.set(id, refused ? { ...entry, refused: refusal(id, redirect) } : entry)
  }
  const offline = offlineProvider()
  entries.set(offline.id, {
    info: { id: offline.id, name: offline.name, env: [], npm: "" },
    credential: { key: "", source: "custom" },
    options: {},
    models: async () => offline.models,
    provider: () => offline,
  })
  const rank = (entry: Entry) => {
    const id = entry.info.id
    if (id === offline.id) return 1000
    // Nobody has asked to send anything there.
    if (entry.credential?.key === ANONYMOUS) return 1100
    if (locals.has(id) && entry.credential?.source === "custom") return 900
    if (entry.credential?.source === "config") return 0
    const index = FIRST.indexOf(id)
    return index < 0 ? 500 : index + 1
  }
  const connected = [...entries.values()]
    .filter((entry) => entry.credential !== undefined)
    .sort((a, b) => rank(a) - rank(b))
  return { entries, connected }
}

function makeEntry(
  info: CatalogueProvider,
  credential: Credential | undefined,
  options: Record<string, unknown>,
  load: () => Promise<Record<string, Model>>,
): Entry {
  let models: Promise<Record<string, Model>> | undefined
  const entry: Entry = {
    info,
    credential,
    options,
    models() {
      // Only usable providers' models stay in memory; the whole catalogue would cost tens of megabytes.
      if (!credential) return load()
      models ??= load()
      return models
    },
    provider: (models) => ({
      id: info.id,
      name: info.name,
      source: credential?.source ?? "custom",
      env: info.env,
      options,
      models,
    }),
  }
  return entry
}

function infoOf(
  id: string,
  known: CatalogueProvider | undefined,
  own: ProviderConfig | undefined,
  server: LocalServer | undefined,
): CatalogueProvider {
  const url = own?.api ?? server?.baseURL ?? known?.url
  return {
    id,
    name: own?.name ?? server?.name ?? known?.name ?? id,
    env: own?.env ?? known?.env ?? [],
    npm: own?.npm ?? known?.npm ?? "@ai-sdk/openai-compatible",
    ...(url ? { url } : {}),
    ...(own?.npm ? { fixed: true as const } : {}),
  }
}

interface Found {
  server?: LocalServer
  special?: Special
  /** What a configured server listed. */
  asked: Record<string, RawModel>
}

async function modelsOf(
  info: CatalogueProvider,
  catalogue: Catalogue,
  own: ProviderConfig | undefined,
  { server, special, asked }: Found,
): Promise<Record<string, Model>> {
  const models = new Map<string, Model>()
  // What the local server really has beats what the catalogue supposes.
  const raw = server ? {} : (special?.models?.() ?? { ...asked, ...(await catalogue.models(info.id)) })
  for (const [id, item] of Object.entries(raw)) models.set(id, modelOf(info, id, item))
  for (const id of server?.models ?? []) models.set(id, localModel(info, id))
  for (const [id, item] of Object.entries(own?.models ?? {}))
    models.set(id, modelFromConfig(info, id, item, models.get(id)))
  const white = own?.whitelist
  const black = own?.blacklist ?? []
  return Object.fromEntries(
    [...models].filter(
      ([id, model]) =>
        (white === undefined || white.includes(id)) && !black.includes(id) && (special?.offers?.(model) ?? true),
    ),
  )
}

/** A server of the user's own that no catalogue describes and whose models they have not named is asked for them. */
async function listed(
  info: CatalogueProvider,
  catalogue: Catalogue,
  own: ProviderConfig | undefined,
  credential: Credential,
  options: Record<string, unknown>,
  listing: Listing,
): Promise<Record<string, RawModel>> {
  const baseURL = own?.options?.baseURL ?? own?.api
  const described = Object.keys(own?.models ?? {}).length > 0 || catalogue.providers.has(info.id)
  if (!baseURL || described || info.npm !== "@ai-sdk/openai-compatible") return {}
  return listing.models(baseURL, credential.key, headersOf(options))
}

function headersOf(options: Record<string, unknown>): Record<string, string> {
  const { headers } = options
  if (typeof headers !== "object" || headers === null) return {}
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  )
}

function localModel(info: CatalogueProvider, id: string): Model {
  return modelOf(info, id, {
    tool_call: true,
    temperature: true,
    // Neither server tells its context here; a cautious guess that compaction can live with, overridable in kilo.json.
    limit: { context: 32_768, output: 8_192 },
    cost: { in: 0, out: 0 },
  })
}

function withoutKey(options: ProviderConfig["options"]): Record<string, unknown> {
  const { apiKey: _, ...rest } = options ?? {}
  return rest
}
