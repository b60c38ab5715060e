import type { Model } from "./types.ts"

type Variants = Record<string, Record<string, unknown>>
type Effort = "low" | "medium" | "high"
const EFFORTS: Effort[] = ["low", "medium", "high"]
const BUDGETS: Record<Effort, number> = { low: 4_096, medium: 12_288, high: 31_999 }

/** How much a reasoning model may think: variant name -> options for its SDK. Empty for models that can't be told. */
export function variantsOf(model: Pick<Model, "api" | "family" | "capabilities" | "limit">): Variants {
  if (!model.capabilities.reasoning) return {}
  const each = (options: (effort: Effort) => Record<string, unknown>, efforts = EFFORTS): Variants =>
    Object.fromEntries(efforts.map((effort) => [effort, options(effort)]))
  // Thinking counts as output: a budget must leave room for the answer.
  const budget = (effort: Effort) =>
    Math.max(1024, Math.min(BUDGETS[effort], Math.floor((model.limit.output || 32_000) * 0.75)))
  const id = model.api.id.toLowerCase()
  switch (model.api.npm) {
    case "@ai-sdk/anthropic":
      if (adaptive(id)) return each((effort) => ({ thinking: { type: "adaptive" }, effort }))
      return each((effort) => ({ thinking: { type: "enabled", budgetTokens: budget(effort) } }))
    case "@ai-sdk/google":
      if (/gemini-(1|2)/.test(id))
        return each((effort) => ({
          thinkingConfig: { includeThoughts: true, thinkingBudget: Math.min(budget(effort), 24_576) },
        }))
      return each((effort) => ({ thinkingConfig: { includeThoughts: true, thinkingLevel: effort } }))
    case "@ai-sdk/openai":
    case "@ai-sdk/azure":
      return each((effort) => ({ reasoningEffort: effort, reasoningSummary: "auto" }))
    case "@ai-sdk/amazon-bedrock":
      if (!id.includes("anthropic")) return each((effort) => ({ reasoningConfig: { maxReasoningEffort: effort } }))
      if (adaptive(id)) return each((effort) => ({ reasoningConfig: { type: "adaptive", maxReasoningEffort: effort } }))
      return each((effort) => ({ reasoningConfig: { type: "enabled", budgetTokens: budget(effort) } }))
    case "@openrouter/ai-sdk-provider":
      return each((effort) => ({ reasoning: { effort } }))
    case "@ai-sdk/groq":
      // Its other reasoning models know only on and off.
      return id.includes("gpt-oss") ? each((effort) => ({ reasoningEffort: effort })) : {}
    case "@ai-sdk/mistral":
      return each((effort) => ({ reasoningEffort: effort }), id.startsWith("mistral-large-4") ? EFFORTS : ["high"])
    default:
      return each((effort) => ({ reasoningEffort: effort }))
  }
}

/** Claude 4.6 and later decide themselves how long to think; they take an effort and refuse a budget. */
function adaptive(id: string): boolean {
  const match = /claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2})(?!\d))?/.exec(id)
  if (!match) return false
  const major = Number(match[1])
  return major > 4 || (major === 4 && Number(match[2] ?? 0) >= 6)
}
