import type { LanguageModelV4, LanguageModelV4StreamPart, SharedV4ProviderOptions } from "@ai-sdk/provider"
import type { EngineOptions } from "../engine.ts"
import { fillUrl, isBundled } from "./endpoints.ts"
import { createFetch, LIMITS, ProviderTimeoutError } from "./fetch.ts"
import type { Model } from "./types.ts"

export interface Connection {
  name: string
  /** Never undefined for the SDKs, or they would look into the process's environment themselves. */
  key: string
  options: Record<string, unknown>
  env: EngineOptions["env"]
  version: string
}

/**
 * Makes the language model of a bundled SDK package; the package is loaded on first use. A silent provider shows as
 * ProviderTimeoutError, whatever a package wraps around it.
 */
export async function loadLanguage(model: Model, connection: Connection): Promise<LanguageModelV4> {
  const inner = await load(model, connection)
  return {
    specificationVersion: inner.specificationVersion,
    provider: inner.provider,
    modelId: inner.modelId,
    supportedUrls: inner.supportedUrls,
    doGenerate: async (options) => {
      try {
        return await inner.doGenerate(options)
      } catch (error) {
        throw timeoutIn(error) ?? error
      }
    },
    doStream: async (options) => {
      try {
        const result = await inner.doStream(options)
        return { ...result, stream: withPlainErrors(result.stream) }
      } catch (error) {
        throw timeoutIn(error) ?? error
      }
    },
  }
}

function timeoutIn(error: unknown): ProviderTimeoutError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ProviderTimeoutError) return cause
  return undefined
}

/** The packages wrap what breaks a stream into errors that say nothing; the timeout in it is what the user needs to read. */
function withPlainErrors(stream: ReadableStream<LanguageModelV4StreamPart>): ReadableStream<LanguageModelV4StreamPart> {
  const reader = stream.getReader()
  return new ReadableStream<LanguageModelV4StreamPart>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else if (value.type === "error") controller.enqueue({ ...value, error: timeoutIn(value.error) ?? value.error })
        else controller.enqueue(value)
      } catch (error) {
        controller.error(timeoutIn(error) ?? error)
      }
    },
    async cancel(reason) {
      await reader.cancel(reason)
    },
  })
}

async function load(model: Model, connection: Connection): Promise<LanguageModelV4> {
  const { key, env } = connection
  const { timeout, headerTimeout, chunkTimeout, apiKey: _, baseURL: own, headers, ...rest } = connection.options
  const limit = (value: unknown, fallback: number | false) =>
    typeof value === "number" || value === false ? value : fallback
  const baseURL = (typeof own === "string" && own) || fillUrl(model.api.url, env).url || undefined
  const common = {
    ...rest,
    ...(baseURL ? { baseURL: baseURL.replace(/\/+$/, "") } : {}),
    headers: { "user-agent": `kilo/${connection.version}`, ...(isHeaders(headers) ? headers : {}), ...model.headers },
    fetch: createFetch(connection.name, {
      headerTimeout: limit(headerTimeout, limit(timeout, LIMITS.headerTimeout)),
      chunkTimeout: limit(chunkTimeout, LIMITS.chunkTimeout),
    }),
  }
  const id = model.api.id
  const npm = isBundled(model.api.npm) ? model.api.npm : "@ai-sdk/openai-compatible"
  switch (npm) {
    case "@ai-sdk/anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic")
      return createAnthropic({ ...common, apiKey: key })(id)
    }
    case "@ai-sdk/openai": {
      const { createOpenAI } = await import("@ai-sdk/openai")
      return createOpenAI({ ...common, apiKey: key }).responses(id)
    }
    case "@ai-sdk/google": {
      const { createGoogle } = await import("@ai-sdk/google")
      return createGoogle({ ...common, apiKey: key })(id)
    }
    case "@ai-sdk/mistral": {
      const { createMistral } = await import("@ai-sdk/mistral")
      return createMistral({ ...common, apiKey: key })(id)
    }
    case "@ai-sdk/groq": {
      const { createGroq } = await import("@ai-sdk/groq")
      return createGroq({ ...common, apiKey: key })(id)
    }
    case "@ai-sdk/xai": {
      const { createXai } = await import("@ai-sdk/xai")
      return createXai({ ...common, apiKey: key })(id)
    }
    case "@ai-sdk/amazon-bedrock": {
      const { createAmazonBedrock } = await import("@ai-sdk/amazon-bedrock")
      const region = typeof rest.region === "string" ? rest.region : (env.AWS_REGION ?? env.AWS_DEFAULT_REGION)
      return createAmazonBedrock({
        ...common,
        region: region || "us-east-1",
        ...(key
          ? { apiKey: key }
          : {
              // An explicit empty key keeps the package from reading the process's environment.
              apiKey: "",
              accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
              secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
              ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
            }),
      })(id)
    }
    case "@ai-sdk/azure": {
      const { createAzure } = await import("@ai-sdk/azure")
      const name =
        model.providerID === "azure-cognitive-services"
          ? env.AZURE_COGNITIVE_SERVICES_RESOURCE_NAME
          : env.AZURE_RESOURCE_NAME
      const resourceName = typeof rest.resourceName === "string" ? rest.resourceName : name
      const azure = createAzure({ ...common, ...(resourceName ? { resourceName } : {}), apiKey: key })
      return /^(gpt|o\d|codex|model-router)/.test(id) ? azure.responses(id) : azure.chat(id)
    }
    case "@openrouter/ai-sdk-provider": {
      const { createOpenRouter } = await import("@openrouter/ai-sdk-provider")
      const strict = baseURL === undefined || baseURL.includes("openrouter.ai")
      return createOpenRouter({ compatibility: strict ? "strict" : "compatible", ...common, apiKey: key })(id)
    }
    case "@ai-sdk/openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible")
      return createOpenAICompatible({
        includeUsage: true,
        ...common,
        baseURL: common.baseURL ?? "",
        name: optionsKey(model),
        ...(key ? { apiKey: key } : {}),
      })(id)
    }
    default: {
      const never: never = npm
      throw new Error(`No SDK for ${String(never)}`)
    }
  }
}

/** Name under which a package looks for its provider options. */
export function optionsKey(model: Model): string {
  switch (model.api.npm) {
    case "@ai-sdk/anthropic":
      return "anthropic"
    case "@ai-sdk/openai":
      return "openai"
    case "@ai-sdk/google":
      return "google"
    case "@ai-sdk/mistral":
      return "mistral"
    case "@ai-sdk/groq":
      return "groq"
    case "@ai-sdk/xai":
      return "xai"
    case "@ai-sdk/amazon-bedrock":
      return "amazonBedrock"
    case "@ai-sdk/azure":
      return "azure"
    case "@openrouter/ai-sdk-provider":
      return "openrouter"
    default:
      // The package uses the provider's name, and wants it in camel case.
      return model.providerID
        .replace(/[^A-Za-z0-9]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "")
        .replace(/^(.)/, (letter) => letter.toLowerCase())
  }
}

/** What every request to a model carries: our defaults, then the model's options, then the variant's, then the agent's own. */
export function optionsFor(
  model: Model,
  variant: string | undefined,
  sessionID: string,
  own: Record<string, unknown> = {},
): SharedV4ProviderOptions {
  const chosen = variant === undefined ? undefined : model.variants?.[variant]
  const merged = { ...defaults(model, sessionID), ...model.options, ...chosen, ...own }
  if (Object.keys(merged).length === 0) return {}
  // They come from JSON, in the catalogue or in a configuration file, so JSON values are what they are.
  const options: SharedV4ProviderOptions[string] = JSON.parse(JSON.stringify(merged))
  return { [optionsKey(model)]: options }
}

function defaults(model: Model, sessionID: string): Record<string, unknown> {
  const openai = model.api.npm === "@ai-sdk/openai" || model.api.npm === "@ai-sdk/azure"
  // Nothing is kept at the provider; encrypted reasoning travels with the prompt instead.
  if (openai) {
    return {
      store: false,
      promptCacheKey: sessionID,
      ...(model.capabilities.reasoning ? { include: ["reasoning.encrypted_content"] } : {}),
    }
  }
  if (model.api.npm === "@openrouter/ai-sdk-provider") return { usage: { include: true } }
  return {}
}

function isHeaders(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" && value !== null && Object.values(value).every((header) => typeof header === "string")
  )
}
