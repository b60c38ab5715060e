import type { PermissionAction, PermissionConfig, PermissionRule, PermissionRuleset } from "./types.ts"
import { matches } from "./wildcard.ts"

/** Where a rule was written: shown to the user with the approval that it gave. */
export type RuleSource = "agent" | "global" | "session"

// Rules stay plain wire objects; where one came from is remembered beside it and forgotten with it.
const sources = new WeakMap<PermissionRule, RuleSource>()

/** Marks rules as written in `source`; returns them. Unmarked rules count as the agent's own. */
export function markSource(rules: PermissionRuleset, source: RuleSource): PermissionRuleset {
  for (const rule of rules) sources.set(rule, source)
  return rules
}

export function sourceOf(rule: PermissionRule): RuleSource {
  return sources.get(rule) ?? "agent"
}

// What the user's own rules say, beside rules to which a project contributed.
const limits = new WeakMap<PermissionRule, PermissionRuleset>()

/** Lets these rules allow nothing that `own` does not allow as well, wherever they are evaluated; returns them. */
export function limitTo(rules: PermissionRuleset, own: PermissionRuleset): PermissionRuleset {
  for (const rule of rules) limits.set(rule, own)
  return rules
}

/** The user's own rule where it is stricter than `rule`. */
export function stricter(rule: PermissionRule, permission: string, pattern: string): PermissionRule | undefined {
  const limit = limits.get(rule)
  if (!limit || rule.action === "deny") return undefined
  const own = evaluate(permission, pattern, limit)
  return own.action === "deny" || (own.action === "ask" && rule.action === "allow") ? own : undefined
}

/** Those of an agent's rules that would allow more than the user's own, and that no later rule of the agent takes back. */
export function loosened(rules: PermissionRuleset): PermissionRule[] {
  return rules.filter(
    (rule) =>
      last(rule.permission, rule.pattern, [rules]) === rule &&
      stricter(rule, rule.permission, rule.pattern) !== undefined,
  )
}

/** The rule that decides: the last one that matches, weakest ruleset first. Without any, the user is asked. */
export function evaluate(permission: string, pattern: string, ...rulesets: PermissionRuleset[]): PermissionRule {
  const rule = last(permission, pattern, rulesets)
  return stricter(rule, permission, pattern) ?? rule
}

function last(permission: string, pattern: string, rulesets: PermissionRuleset[]): PermissionRule {
  for (const rules of rulesets.toReversed()) {
    for (let index = rules.length - 1; index >= 0; index -= 1) {
      const rule = rules[index]
      if (rule && matches(rule.permission, permission) && matches(rule.pattern, pattern)) return rule
    }
  }
  return { permission, pattern: "*", action: "ask" }
}

/**
 * Rules of a configuration value, in the order written. Paths that start with "~/" or "$HOME/" are expanded when
 * `home` is given. Values that are no action are skipped: the configuration reader has warned of them.
 */
export function rulesOf(config: PermissionConfig | undefined, home?: string): PermissionRuleset {
  if (config === undefined || config === null) return []
  if (typeof config === "string") return isAction(config) ? [{ permission: "*", pattern: "*", action: config }] : []
  const rules: PermissionRuleset = []
  for (const [permission, value] of Object.entries(config)) {
    if (typeof value === "string") {
      if (isAction(value)) rules.push({ permission, pattern: "*", action: value })
      continue
    }
    for (const [pattern, action] of Object.entries(value ?? {})) {
      if (isAction(action)) rules.push({ permission, pattern: expand(pattern, home), action })
    }
  }
  return rules
}

/** Tools whose every use is forbidden by these rules, so that they need not be offered to the model at all. */
export function forbiddenTools(tools: readonly string[], rules: PermissionRuleset): Set<string> {
  return new Set(
    tools.filter((tool) => {
      const permission = permissionOf(tool)
      const rule = rules.findLast((each) => matches(each.permission, permission))
      return rule?.action === "deny" && rule.pattern === "*"
    }),
  )
}

/** The permission that a tool asks for: all tools that change files share one. */
export function permissionOf(tool: string): string {
  return ["write", "edit", "multiedit", "patch", "apply_patch"].includes(tool) ? "edit" : tool
}

function isAction(value: unknown): value is PermissionAction {
  return value === "allow" || value === "deny" || value === "ask"
}

function expand(pattern: string, home: string | undefined): string {
  if (home === undefined) return pattern
  if (pattern === "~" || pattern === "$HOME") return home
  if (pattern.startsWith("~/")) return home + pattern.slice(1)
  return pattern.startsWith("$HOME/") ? home + pattern.slice(5) : pattern
}
