import type { CatalogueProvider } from "./catalogue/index.ts"

const COMPATIBLE = "@ai-sdk/openai-compatible"

/** SDK packages that are bundled; every other provider is spoken to as OpenAI-compatible. */
export const BUNDLED = [
  "@ai-sdk/anthropic",
  "@ai-sdk/openai",
  "@ai-sdk/google",
  "@ai-sdk/mistral",
  "@ai-sdk/groq",
  "@ai-sdk/xai",
  "@ai-sdk/amazon-bedrock",
  "@ai-sdk/azure",
  "@openrouter/ai-sdk-provider",
  COMPATIBLE,
] as const
export type BundledPackage = (typeof BUNDLED)[number]

export function isBundled(npm: string): npm is BundledPackage {
  return (BUNDLED as readonly string[]).includes(npm)
}

/** Public OpenAI-compatible endpoints of providers for which the catalogue names only a package of their own. */
const ENDPOINTS: Record<string, string> = {
  aihubmix: "https://aihubmix.com/v1",
  cerebras: "https://api.cerebras.ai/v1",
  cohere: "https://api.cohere.ai/compatibility/v1",
  deepinfra: "https://api.deepinfra.com/v1/openai",
  perplexity: "https://api.perplexity.ai",
  togetherai: "https://api.together.xyz/v1",
  v0: "https://api.v0.dev/v1",
  venice: "https://api.venice.ai/api/v1",
  vercel: "https://ai-gateway.vercel.sh/v1",
}

// Their address speaks a protocol of their own, so it is no base URL for us.
const FOREIGN = new Set(["merge-gateway"])

/** Which package speaks to a model, and at which address ("" = the package's own). The address may hold `${NAME}` of the environment. */
export function endpointOf(
  provider: CatalogueProvider,
  model: { id: string; family?: string },
): { npm: string; url: string } {
  const url = FOREIGN.has(provider.id) ? "" : (provider.url ?? ENDPOINTS[provider.id] ?? "").replace(/\/+$/, "")
  if (provider.fixed) return { npm: provider.npm, url }
  const name = model.family ?? model.id
  if (provider.id === "azure" || provider.id === "azure-cognitive-services") {
    // One resource, two protocols: Claude models answer Anthropic's, all others OpenAI's.
    return name.startsWith("claude") ? { npm: "@ai-sdk/anthropic", url } : { npm: "@ai-sdk/azure", url: "" }
  }
  if (provider.id === "opencode") {
    if (name.startsWith("claude")) return { npm: "@ai-sdk/anthropic", url }
    if (name.startsWith("gpt")) return { npm: "@ai-sdk/openai", url }
    if (name.startsWith("gemini")) return { npm: "@ai-sdk/google", url }
    return { npm: COMPATIBLE, url }
  }
  return { npm: isBundled(provider.npm) ? provider.npm : COMPATIBLE, url }
}

/** Fills `${NAME}` from the environment; the missing names are given back. */
export function fillUrl(url: string, env: Record<string, string | undefined>): { url: string; missing: string[] } {
  const missing: string[] = []
  const filled = url.replace(/\$\{([A-Z0-9_]+)\}/g, (_, name: string) => {
    const value = env[name]
    if (!value) missing.push(name)
    return value ?? ""
  })
  return { url: filled, missing }
}
