import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import type { Auth } from "../auth/types.ts"
import { ANONYMOUS, type Gateway, KILO } from "../gateway/index.ts"
import type { CatalogueProvider, RawModel } from "./catalogue/index.ts"
import type { Credential } from "./connect.ts"
import type { Model } from "./types.ts"

/** What is peculiar to a provider that people log in to instead of pasting a key. */
export interface Special {
  info?: Partial<CatalogueProvider>
  credential?: Credential
  /** Go with every request, below what the user configured. */
  headers?: Record<string, string>
  /** In place of the catalogue's models; undefined while they are not known. Asked only when models are wanted. */
  models?(): Record<string, RawModel> | undefined
  /** Which of the models are offered. */
  offers?(model: Model): boolean
}

/**
 * The Kilo gateway. It can be used without a login too, then with the free models alone; it is never the default model in that case,
 * because nobody has asked to send anything there.
 */
export function kiloSpecial(gateway: Gateway, found: Credential | undefined): Special {
  const { authenticated } = gateway.status()
  const anonymous = !authenticated && found === undefined
  return {
    info: { npm: "@openrouter/ai-sdk-provider", url: `${gateway.base}/api/openrouter/` },
    ...(anonymous ? { credential: { key: ANONYMOUS, source: "custom" as const } } : {}),
    headers: gateway.headers(),
    models: () => gateway.models(),
    ...(anonymous ? { offers: (model: Model) => model.isFree === true } : {}),
  }
}

/** GitHub Copilot takes GitHub's own token, and at an enterprise another address. */
export function copilotSpecial(auth: Auth | undefined): Special {
  const enterprise = auth?.type === "oauth" ? auth.enterpriseUrl : undefined
  return {
    ...(enterprise ? { info: { url: `https://copilot-api.${enterprise}` } } : {}),
    headers: { "openai-intent": "conversation-edits" },
  }
}

/** Copilot counts what a person asks, not the agent's further steps; so each request says whose it is. */
export function withInitiator(language: LanguageModelV4): LanguageModelV4 {
  const told = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => {
    const last = options.prompt.at(-1)
    const image = options.prompt.some(
      ({ role, content }) =>
        role === "user" && content.some((part) => part.type === "file" && part.mediaType.startsWith("image/")),
    )
    return {
      ...options,
      headers: {
        ...options.headers,
        "x-initiator": last?.role === "user" ? "user" : "agent",
        ...(image ? { "copilot-vision-request": "true" } : {}),
      },
    }
  }
  return {
    specificationVersion: language.specificationVersion,
    provider: language.provider,
    modelId: language.modelId,
    supportedUrls: language.supportedUrls,
    doGenerate: (options) => language.doGenerate(told(options)),
    doStream: (options) => language.doStream(told(options)),
  }
}

export function specialOf(
  id: string,
  context: { gateway: Gateway | undefined; found: Credential | undefined; auth: Auth | undefined },
): Special | undefined {
  if (id === KILO && context.gateway) return kiloSpecial(context.gateway, context.found)
  if (id === "github-copilot") return copilotSpecial(context.auth)
  return undefined
}
