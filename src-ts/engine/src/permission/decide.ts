import { PermissionDeniedError } from "./errors.ts"
import { evaluate, sourceOf } from "./rules.ts"
import type { PermissionRule, PermissionRuleset } from "./types.ts"

/** Who allowed a call, as tool parts show it in metadata.approval. `rule` is missing when the user answered. */
export interface Approval {
  source: "agent" | "global" | "session" | "saved" | "manual" | "plugin"
  rule?: PermissionRule
}

export interface Decision {
  permission: string
  patterns: readonly string[]
  /** Agent and session rules, weakest first. */
  rules: PermissionRuleset
  saved: PermissionRuleset
  /** The session was told to allow whatever would be asked. */
  everything: boolean
}

const EVERYTHING: PermissionRule = { permission: "*", pattern: "*", action: "allow" }

/**
 * The approval that rules give without the user, or undefined when somebody must be asked. Throws PermissionDeniedError
 * when one pattern is denied, by a rule or by the user for good. What is saved turns questions into answers; it never
 * allows what a rule denies.
 */
export function decide({ permission, patterns, rules, saved, everything }: Decision): Approval | undefined {
  const all = patterns.length > 0 ? patterns : ["*"]
  const decided = all.map((pattern) => ({
    pattern,
    rule: evaluate(permission, pattern, rules),
    kept: evaluate(permission, pattern, saved),
  }))
  for (const { pattern, rule, kept } of decided) {
    if (rule.action === "deny") throw new PermissionDeniedError(permission, pattern, rule)
    if (kept.action === "deny") throw new PermissionDeniedError(permission, pattern, kept)
  }
  const open = decided.filter(({ rule }) => rule.action === "ask")
  if (open.length === 0) {
    const rule = decided.at(-1)?.rule
    return rule ? { source: sourceOf(rule), rule } : { source: "agent" }
  }
  if (everything) return { source: "session", rule: EVERYTHING }
  if (open.some(({ kept }) => kept.action !== "allow")) return undefined
  const last = open.at(-1)?.kept
  return last ? { source: "saved", rule: last } : undefined
}
