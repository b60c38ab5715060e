import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { Config } from "../config/types.ts"
import type { AuthStore, EngineOptions, ProviderService } from "../engine.ts"
import type { ModelRef, Tokens } from "../message/types.ts"
import type { Paths } from "../project/types.ts"
import type { Model, Provider } from "./types.ts"

export * from "./types.ts"

/** What the loop passes to doStream beside prompt and tools. */
export type ModelCallOptions = Pick<
  LanguageModelV4CallOptions,
  "providerOptions" | "headers" | "temperature" | "topP" | "maxOutputTokens"
>

export interface ResolvedModel {
  model: Model
  provider: Provider
  language: LanguageModelV4
  callOptions(input: { variant?: string; sessionID: string }): ModelCallOptions
}

export interface Providers extends ProviderService {
  /** Throws PromptError for an unknown model and for a provider that isn't connected; the message says what to do. */
  resolve(ref: { providerID: string; modelID: string }): Promise<ResolvedModel>
  defaultModel(): Promise<ModelRef>
  /** A cheap model for titles and summaries; undefined when there is none. */
  smallModel(ref: ModelRef): Promise<ModelRef | undefined>
  invalidate(): void
}

export function createProviders(options: {
  config: () => Promise<Config>
  auth: AuthStore
  paths: Paths
  env: EngineOptions["env"]
  version: string
}): Providers {
  throw new Error(`not ready ${options.version}`)
}

/** Price of a step in US dollars. */
export function costOf(model: Model, tokens: Tokens): number {
  throw new Error(`not ready ${model.id} ${tokens.input}`)
}

/** Marks what a provider should cache: the system prompt and the newest messages. A new prompt is returned. */
export function applyCaching(prompt: LanguageModelV4Prompt, model: Model): LanguageModelV4Prompt {
  throw new Error(`not ready ${model.id} ${prompt.length}`)
}
