import type { Auth } from "../auth/types.ts"
import type { ProviderConfig } from "../config/types.ts"
import type { EngineOptions } from "../engine.ts"
import type { CatalogueProvider } from "./catalogue/index.ts"
import { endpointOf, fillUrl } from "./endpoints.ts"
import type { Provider } from "./types.ts"

export interface Credential {
  key: string
  source: Provider["source"]
}

/**
 * How a provider can be used right now: the configuration's key first, then the stored credential, then the environment.
 * Undefined: not usable.
 */
export function credentialOf(
  provider: CatalogueProvider,
  config: ProviderConfig | undefined,
  auth: Auth | undefined,
  env: EngineOptions["env"],
): Credential | undefined {
  const own = config?.options
  if (own?.apiKey) return { key: own.apiKey, source: "config" }
  if (!reachable(provider, own, env)) return undefined
  const stored = auth && (auth.type === "api" ? auth.key : auth.type === "oauth" ? auth.access : auth.token)
  if (stored) return { key: stored, source: "api" }
  if (provider.npm === "@ai-sdk/amazon-bedrock") return bedrock(env)
  const name = keyNames(provider).find((candidate) => env[candidate])
  const key = name === undefined ? undefined : env[name]
  if (key) return { key, source: "env" }
  // An own server that wants no key, such as one on the local network.
  if (own?.baseURL || config?.api) return { key: "", source: "config" }
  return undefined
}

function bedrock(env: EngineOptions["env"]): Credential | undefined {
  if (env.AWS_BEARER_TOKEN_BEDROCK) return { key: env.AWS_BEARER_TOKEN_BEDROCK, source: "env" }
  // With an empty key requests are signed with the access key.
  return env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY ? { key: "", source: "env" } : undefined
}

/** Whether an address is known: the configuration's, the package's own, or the catalogue's with all its variables set. */
function reachable(provider: CatalogueProvider, own: ProviderConfig["options"], env: EngineOptions["env"]): boolean {
  if (own?.baseURL) return true
  if (provider.id.startsWith("azure"))
    return typeof own?.resourceName === "string" || fillUrl(provider.url ?? "", env).missing.length === 0
  const { npm, url } = endpointOf(provider, { id: "" })
  return url === "" ? npm !== "@ai-sdk/openai-compatible" : fillUrl(url, env).missing.length === 0
}

/** Variables that hold a key, not those that only name a region, an account or a host. */
export function keyNames(provider: Pick<CatalogueProvider, "env" | "url">): string[] {
  const inUrl = new Set([...(provider.url ?? "").matchAll(/\$\{([A-Z0-9_]+)\}/g)].map((match) => match[1]))
  return provider.env.filter((name) => !inUrl.has(name) && !/(_ID|_NAME|_REGION|_LOCATION|_PROJECT|_HOST)$/.test(name))
}

/** What a person can do to connect a provider, in one sentence or two. */
export function howToConnect(provider: CatalogueProvider): string {
  const names =
    provider.npm === "@ai-sdk/amazon-bedrock"
      ? "AWS_BEARER_TOKEN_BEDROCK (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
      : provider.env.length > 0
        ? variables(provider)
        : ""
  const ways = [
    ...(names ? [`set ${names} in the environment`] : []),
    `add a key in the settings or with \`kilo auth login ${provider.id}\``,
    `put provider.${provider.id}.options${names ? ".apiKey" : ".baseURL and .apiKey"} into kilo.json`,
  ]
  return `To connect it, ${ways.slice(0, -1).join(", ")}, or ${ways.at(-1)}.`
}

function variables(provider: CatalogueProvider): string {
  const keys = keyNames(provider)
  const rest = provider.env.filter((name) => !keys.includes(name))
  return [keys.join(" or "), ...rest].filter(Boolean).join(" and ")
}
