import type { LanguageModelV4Message, LanguageModelV4Prompt, SharedV4ProviderOptions } from "@ai-sdk/provider"
import type { Model } from "./types.ts"

/**
 * Marks where a provider with explicit prompt caching (Anthropic's models) should put its cache marks: the system prompt, which is the same in every
 * step, and the two newest messages, so that the next step reads what this one wrote. At most four marks are allowed. Other
 * models cache by themselves and get the prompt back as it is. Never changes its argument.
 */
export function applyCaching(prompt: LanguageModelV4Prompt, model: Model): LanguageModelV4Prompt {
  const mark = markFor(model)
  if (!mark) return prompt
  const system = prompt.flatMap((message, index) => (message.role === "system" ? [index] : [])).slice(0, 2)
  const newest = prompt.flatMap((message, index) => (message.role === "system" ? [] : [index])).slice(-2)
  const marked = new Set([...system, ...newest])
  return prompt.map((message, index) => (marked.has(index) ? withOptions(message, mark) : message))
}

function withOptions(message: LanguageModelV4Message, mark: SharedV4ProviderOptions): LanguageModelV4Message {
  const options = { ...message.providerOptions }
  for (const [key, value] of Object.entries(mark)) options[key] = { ...options[key], ...value }
  return { ...message, providerOptions: options }
}

function markFor(model: Model): SharedV4ProviderOptions | undefined {
  const claude = `${model.api.id} ${model.family ?? ""}`.toLowerCase().includes("claude")
  switch (model.api.npm) {
    case "@ai-sdk/anthropic":
      return { anthropic: { cacheControl: { type: "ephemeral" } } }
    case "@openrouter/ai-sdk-provider":
      return claude ? { openrouter: { cacheControl: { type: "ephemeral" } } } : undefined
    case "@ai-sdk/amazon-bedrock":
      return claude ? { amazonBedrock: { cachePoint: { type: "default" } } } : undefined
    default:
      return undefined
  }
}
