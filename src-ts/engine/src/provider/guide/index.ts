import type { LanguageModelV4 } from "@ai-sdk/provider"

/** The offline guide: rules in the place of a model. */
export function createGuide(): LanguageModelV4 {
  throw new Error("not ready")
}
