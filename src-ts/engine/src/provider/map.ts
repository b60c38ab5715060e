import type { ProviderModelConfig } from "../config/types.ts"
import { isObject } from "../json/index.ts"
import type { CatalogueProvider, RawModel } from "./catalogue/index.ts"
import { endpointOf } from "./endpoints.ts"
import type { Modalities, Model, ModelCost } from "./types.ts"
import { variantsOf } from "./variants.ts"

const str = (value: unknown) => (typeof value === "string" ? value : undefined)
const num = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : undefined)
const list = (value: unknown) => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined)

function modalities(names: string[] | undefined, fallback: Modalities): Modalities {
  if (!names) return fallback
  const has = (name: string) => names.includes(name)
  return { text: has("text"), audio: has("audio"), image: has("image"), video: has("video"), pdf: has("pdf") }
}

const TEXT: Modalities = { text: true, audio: false, image: false, video: false, pdf: false }

/** Prices in any of the spellings: in/out/cacheRead, input/output/cache_read. */
function prices(raw: Record<string, unknown>): {
  input: number
  output: number
  cache: { read: number; write: number }
} {
  return {
    input: num(raw.input) ?? num(raw.in) ?? 0,
    output: num(raw.output) ?? num(raw.out) ?? 0,
    cache: {
      read: num(raw.cache_read) ?? num(raw.cacheRead) ?? 0,
      write: num(raw.cache_write) ?? num(raw.cacheWrite) ?? 0,
    },
  }
}

function costFrom(raw: unknown): ModelCost {
  if (!isObject(raw)) return { input: 0, output: 0, cache: { read: 0, write: 0 } }
  const cost: ModelCost = prices(raw)
  if (isObject(raw.context_over_200k)) cost.experimentalOver200K = prices(raw.context_over_200k)
  const tiers = (Array.isArray(raw.tiers) ? raw.tiers : []).flatMap((tier) => {
    const size = isObject(tier) && isObject(tier.tier) ? num(tier.tier.size) : undefined
    return isObject(tier) && size !== undefined ? [{ ...prices(tier), tier: { type: "context" as const, size } }] : []
  })
  if (tiers.length > 0) cost.tiers = tiers
  return cost
}

function statusFrom(value: unknown): Model["status"] {
  return value === "alpha" || value === "beta" || value === "deprecated" ? value : "active"
}

function interleavedFrom(value: unknown): boolean | { field: string } {
  if (typeof value === "string") return { field: value }
  return isObject(value) && typeof value.field === "string" ? { field: value.field } : value === true
}

/** A catalogue entry in the wire's form. Reads the built-in snapshot's form and the public catalogue's api.json. */
export function modelOf(provider: CatalogueProvider, id: string, raw: RawModel): Model {
  const caps = list(raw.caps)
  const can = (name: string, key: string) => (caps ? caps.includes(name) : raw[key] === true)
  const limit = isObject(raw.limit) ? raw.limit : {}
  const io = isObject(raw.modalities) ? raw.modalities : { input: raw.in, output: raw.out }
  const own = isObject(raw.provider) ? raw.provider : {}
  const family = str(raw.family)
  const endpoint = endpointOf(provider, { id, family })
  const model: Model = {
    id,
    providerID: provider.id,
    api: {
      id: str(raw.apiId) ?? id,
      url: str(own.api) ?? endpoint.url,
      npm: str(own.npm) ?? endpoint.npm,
    },
    name: str(raw.name) ?? id,
    ...(family ? { family } : {}),
    capabilities: {
      temperature: can("temperature", "temperature"),
      reasoning: can("reasoning", "reasoning"),
      attachment: can("attachment", "attachment"),
      toolcall: can("toolcall", "tool_call"),
      input: modalities(list(io.input), TEXT),
      output: modalities(list(io.output), TEXT),
      interleaved: interleavedFrom(raw.interleaved),
    },
    cost: costFrom(raw.cost),
    limit: {
      context: num(limit.context) ?? 0,
      ...(num(limit.input) === undefined ? {} : { input: num(limit.input) }),
      output: num(limit.output) ?? 0,
    },
    status: statusFrom(raw.status),
    options: {},
    headers: {},
    release_date: str(raw.release) ?? str(raw.release_date) ?? "",
  }
  if (isObject(raw.cost) && model.cost.input === 0 && model.cost.output === 0) model.isFree = true
  return withVariants(model)
}

/** A model of the user's configuration, laid over the catalogue's entry of the same id when there is one. */
export function modelFromConfig(
  provider: CatalogueProvider,
  id: string,
  config: ProviderModelConfig,
  base: Model | undefined,
): Model {
  const start = base ?? modelOf(provider, id, { tool_call: true, temperature: true })
  const capabilities = start.capabilities
  const model: Model = {
    ...start,
    api: {
      id: config.id ?? start.api.id,
      url: config.provider?.api ?? start.api.url,
      npm: config.provider?.npm ?? start.api.npm,
    },
    name: config.name ?? start.name,
    family: config.family ?? start.family ?? "",
    capabilities: {
      ...capabilities,
      temperature: config.temperature ?? capabilities.temperature,
      reasoning: config.reasoning ?? capabilities.reasoning,
      attachment: config.attachment ?? capabilities.attachment,
      toolcall: config.tool_call ?? capabilities.toolcall,
      input: modalities(config.modalities?.input, capabilities.input),
      output: modalities(config.modalities?.output, capabilities.output),
      interleaved: config.interleaved === undefined ? capabilities.interleaved : interleavedFrom(config.interleaved),
    },
    cost: config.cost ? costFrom(config.cost) : start.cost,
    limit: config.limit
      ? {
          context: config.limit.context,
          ...(config.limit.input === undefined ? {} : { input: config.limit.input }),
          output: config.limit.output,
        }
      : start.limit,
    status: config.status ?? start.status,
    options: { ...start.options, ...config.options },
    headers: { ...start.headers, ...config.headers },
    release_date: config.release_date ?? start.release_date,
  }
  return withVariants(model, config.variants)
}

function withVariants(model: Model, own: ProviderModelConfig["variants"] = {}): Model {
  const { variants: _, ...rest } = model
  const all: Record<string, Record<string, unknown>> = { ...variantsOf(model) }
  for (const [name, { disabled, ...options }] of Object.entries(own)) {
    if (disabled === true) delete all[name]
    else all[name] = { ...all[name], ...options }
  }
  return Object.keys(all).length > 0 ? { ...rest, variants: all } : rest
}
