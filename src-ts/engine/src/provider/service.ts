import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import type { Redirect } from "../config/index.ts"
import type { Config } from "../config/types.ts"
import type { AuthStore, EngineOptions, ProviderService } from "../engine.ts"
import { PromptError } from "../error.ts"
import type { Gateway } from "../gateway/index.ts"
import type { ModelRef } from "../message/types.ts"
import type { Paths } from "../project/types.ts"
import { type Catalogue, fetchedFile, openCatalogue, refreshCatalogue } from "./catalogue/index.ts"
import { howToConnect } from "./connect.ts"
import { createDiscovery } from "./discover.ts"
import { createListing } from "./listing.ts"
import { OFFLINE } from "./offline.ts"
import { ranked, sensible, smallSibling, suggest } from "./pick.ts"
import { buildRegistry, type Entry, type Registry } from "./registry.ts"
import { loadLanguage, optionsFor } from "./sdk.ts"
import { withInitiator } from "./special.ts"
import type { Model, Provider, ProviderList } from "./types.ts"

/** What the loop passes to doStream beside prompt and tools. */
export type ModelCallOptions = Pick<
  LanguageModelV4CallOptions,
  "providerOptions" | "headers" | "temperature" | "topP" | "maxOutputTokens"
>

export interface ResolvedModel {
  model: Model
  provider: Provider
  language: LanguageModelV4
  /** An unknown variant counts as none. `options` are those of the agent, for the model's package; they win. */
  callOptions(input: { variant?: string; sessionID: string; options?: Record<string, unknown> }): ModelCallOptions
}

export interface Providers extends ProviderService {
  /** Throws PromptError for an unknown model and for a provider that isn't connected; the message says what to do. */
  resolve(ref: { providerID: string; modelID: string }): Promise<ResolvedModel>
  /** The configured model, else the best of the first connected provider, else the offline guide. */
  defaultModel(): Promise<ModelRef>
  /** A cheap model for titles and summaries; undefined when there is none, and always for the offline guide. */
  smallModel(ref: ModelRef): Promise<ModelRef | undefined>
  /** Forgets what was found out: connections, local servers, made clients. */
  invalidate(): void
}

/** More output than this is never asked for: it would only take room from the prompt. */
const MAX_OUTPUT = 32_000

/** Providers that are looked for on this machine. */
const LOCAL = ["ollama", "lmstudio"]

export function createProviders(options: {
  config: () => Promise<Config>
  /** Providers that the project directs elsewhere, of the same reading as `config`; none when not given. */
  redirects?: () => Promise<ReadonlyMap<string, Redirect>>
  /** Providers that the project's own files describe; none when not given. */
  projectProviders?: () => Promise<ReadonlySet<string>>
  auth: AuthStore
  /** Lists the models of provider `kilo` as they are now; the catalogue's are used without. */
  gateway?: Gateway
  paths: Paths
  env: EngineOptions["env"]
  version: string
}): Providers {
  const { auth, env, version } = options
  const discovery = createDiscovery(env)
  const servers = createListing(() => service.invalidate())
  let catalogue: Promise<Catalogue> | undefined
  let failed: string[] = []
  let state: { config: Config; stamp: string; registry: Registry } | undefined
  let languages = new Map<string, Promise<LanguageModelV4>>()
  // Some 8000 models: kept only as long as the memory isn't needed.
  let whole: WeakRef<ProviderList> | undefined

  const open = async (): Promise<Catalogue> => {
    catalogue ??= openCatalogue(env.KILO_MODELS_PATH, fetchedFile(options.paths)).catch(async () => {
      failed = ["catalogue"]
      const empty: Catalogue = { providers: new Map(), models: async () => ({}) }
      return env.KILO_MODELS_PATH ? openCatalogue(undefined).catch(() => empty) : empty
    })
    return catalogue
  }

  /** With `wanted` a look for local servers is waited for only when that provider may be one of them. */
  const registryOf = async (wanted?: string): Promise<Registry> => {
    const [config, redirects = new Map<string, Redirect>(), unasked = new Set<string>()] = await Promise.all([
      options.config(),
      options.redirects?.(),
      options.projectProviders?.(),
    ])
    const skip = explicit(config)
    const local = wanted === undefined || LOCAL.includes(wanted) ? await discovery.servers(skip) : discovery.seen(skip)
    const stamp = JSON.stringify([auth.all(), local, ...redirects])
    if (state?.config === config && state.stamp === stamp) return state.registry
    const gateway = options.gateway ? { gateway: options.gateway } : {}
    const registry = buildRegistry({
      catalogue: await open(),
      config,
      redirects,
      auth,
      env,
      local,
      listing: servers,
      unasked,
      ...gateway,
    })
    state = { config, stamp, registry }
    languages = new Map()
    whole = undefined
    return registry
  }

  const modelsOf = async (entry: Entry): Promise<Record<string, Model>> => {
    try {
      return await entry.models()
    } catch {
      // Damaged data of one provider must not take the others with it; GET /provider names it in `failed`.
      if (!failed.includes(entry.info.id)) failed = [...failed, entry.info.id]
      return {}
    }
  }

  const find = async (ref: {
    providerID: string
    modelID: string
  }): Promise<{ entry: Entry; model: Model; models: Record<string, Model> }> => {
    let registry = await registryOf(ref.providerID)
    // What a wrong name could have meant is told from all that there is.
    if (!registry.entries.has(ref.providerID)) registry = await registryOf()
    const entry = registry.entries.get(ref.providerID)
    const models = entry ? await modelsOf(entry) : {}
    const model = Object.hasOwn(models, ref.modelID) ? models[ref.modelID] : undefined
    if (entry?.refused) throw new PromptError(entry.refused, entry.info.id)
    if (!entry || !model) throw await unknownModel(ref, registry, entry, Object.keys(models))
    if (!entry.credential)
      throw new PromptError(`${entry.info.name} is not connected. ${howToConnect(entry.info)}`, entry.info.id)
    return { entry, model, models }
  }

  const languageOf = (entry: Entry, model: Model): Promise<LanguageModelV4> => {
    const key = `${model.providerID}/${model.id}`
    const known = languages.get(key)
    if (known) return known
    const made =
      model.providerID === OFFLINE.providerID
        ? import("./guide/index.ts").then(({ createGuide }) => createGuide())
        : loadLanguage(model, {
            name: entry.info.name,
            key: entry.credential?.key ?? "",
            options: entry.options,
            env,
            version,
          }).then((language) => (model.providerID === "github-copilot" ? withInitiator(language) : language))
    const map = languages
    map.set(key, made)
    made.catch(() => map.delete(key))
    return made
  }

  let listing: { registry: Registry; list: Promise<ProviderList> } | undefined
  const makeList = async (registry: Registry): Promise<ProviderList> => {
    const all: Provider[] = []
    const defaults: Record<string, string> = {}
    for (const entry of registry.entries.values()) {
      const models = await modelsOf(entry)
      if (Object.keys(models).length === 0 && !entry.credential) continue
      all.push(entry.provider(models))
      const [first] = ranked(Object.values(models))
      if (first) defaults[entry.info.id] = first.id
    }
    const connected = registry.connected.map((entry) => entry.info.id)
    const list: ProviderList = { all, default: defaults, connected, failed }
    if (state?.registry === registry) whole = new WeakRef(list)
    return list
  }

  /** Looks for a newer catalogue, beside whoever wants to see the models. */
  let refreshing = false
  const refresh = () => {
    if (refreshing) return
    refreshing = true
    refreshCatalogue(options.paths, env)
      .then((newer) => {
        if (!newer) return
        catalogue = undefined
        service.invalidate()
      })
      // Without network the catalogue that is there goes on.
      .catch(() => undefined)
      .finally(() => {
        refreshing = false
      })
  }

  const service: Providers = {
    async resolve(ref) {
      const { entry, model, models } = await find(ref)
      return {
        model,
        provider: entry.provider(models),
        language: await languageOf(entry, model),
        callOptions: (input) => callOptions(model, input),
      }
    },
    async defaultModel() {
      const config = await options.config()
      const chosen = config.model ? refOf(config.model) : undefined
      // Also when it is not usable: the error of the prompt then says why, instead of silently taking another model.
      if (chosen) return chosen
      const { connected } = await registryOf()
      for (const entry of connected) {
        const best = ranked(Object.values(await modelsOf(entry))).find(
          (model) => sensible(model) || entry.credential?.source === "config",
        )
        if (best) return { providerID: entry.info.id, modelID: best.id }
      }
      return { ...OFFLINE }
    },
    async smallModel(ref) {
      if (ref.providerID === OFFLINE.providerID) return undefined
      const config = await options.config()
      const registry = await registryOf(ref.providerID)
      const chosen = config.small_model ? refOf(config.small_model) : undefined
      if (chosen) {
        const usable = await find(chosen).then(
          () => true,
          () => false,
        )
        if (usable) return chosen
      }
      const entry = registry.entries.get(ref.providerID)
      // What is deployed on Azure is the user's choice; the catalogue can't know it.
      if (!entry?.credential || ref.providerID.startsWith("azure")) return undefined
      const models = await modelsOf(entry)
      const model = models[ref.modelID]
      const sibling = model && smallSibling(model, Object.values(models))
      return sibling && { providerID: ref.providerID, modelID: sibling.id }
    },
    async list() {
      refresh()
      const registry = await registryOf()
      const known = whole?.deref()
      if (known) return known
      // Clients of many windows ask at the same moment; each answer made apart would take tens of megabytes.
      if (listing?.registry === registry) return listing.list
      const list = makeList(registry)
      listing = { registry, list }
      try {
        return await list
      } finally {
        if (listing?.list === list) listing = undefined
      }
    },
    async probe(input, signal) {
      return (await import("./probe.ts")).probe(input, signal)
    },
    async usable() {
      const { connected } = await registryOf()
      const providers: Provider[] = []
      const defaults: Record<string, string> = {}
      for (const entry of connected) {
        const models = await modelsOf(entry)
        providers.push(entry.provider(models))
        const [first] = ranked(Object.values(models))
        if (first) defaults[entry.info.id] = first.id
      }
      return { providers, default: defaults }
    },
    invalidate() {
      state = undefined
      whole = undefined
      languages = new Map()
      discovery.invalidate()
    },
  }
  return service
}

/** Local servers that need no look: switched off, or fully described by the user. */
function explicit(config: Config): Set<string> {
  const skip = new Set(config.disabled_providers ?? [])
  for (const id of LOCAL) {
    const own = config.provider?.[id]
    if (own?.options?.baseURL && Object.keys(own.models ?? {}).length > 0) skip.add(id)
    if (config.enabled_providers && !config.enabled_providers.includes(id)) skip.add(id)
  }
  return skip
}

/** "provider/model", where the model's part may hold slashes. */
function refOf(text: string): { providerID: string; modelID: string } | undefined {
  const slash = text.indexOf("/")
  if (slash <= 0 || slash === text.length - 1) return undefined
  return { providerID: text.slice(0, slash), modelID: text.slice(slash + 1) }
}

async function unknownModel(
  ref: { providerID: string; modelID: string },
  registry: Registry,
  entry: Entry | undefined,
  models: string[],
): Promise<PromptError> {
  const head = `Model not found: ${ref.providerID}/${ref.modelID}.`
  if (entry) {
    const near = await suggest(ref.modelID, models)
    const hint = near.map((id) => `${ref.providerID}/${id}`).join(", ")
    return new PromptError(hint ? `${head} Did you mean: ${hint}?` : `${head} ${entry.info.name} has no such model.`)
  }
  const near = await suggest(ref.providerID, [...registry.entries.keys()])
  const hint = near.map((id) => `${id}/…`).join(", ")
  const usable = registry.connected.map((item) => item.info.id).join(", ")
  return new PromptError(hint ? `${head} Did you mean: ${hint}?` : `${head} Connected providers: ${usable}.`)
}

function callOptions(
  model: Model,
  { variant, sessionID, options }: Parameters<ResolvedModel["callOptions"]>[0],
): ModelCallOptions {
  if (model.providerID === OFFLINE.providerID) return {}
  return {
    providerOptions: optionsFor(model, variant, sessionID, options),
    // Lets a gateway send one session to one machine, where its prompt is cached.
    headers: { "x-session-id": sessionID, "x-session-affinity": sessionID },
    ...(model.limit.output > 0 ? { maxOutputTokens: Math.min(model.limit.output, MAX_OUTPUT) } : {}),
  }
}
