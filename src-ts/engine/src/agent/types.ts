import type { PermissionConfig, PermissionRuleset } from "../permission/types.ts"

/** An agent (mode) as the wire shows it (contract: types, Agent). */
export interface Agent {
  name: string
  displayName?: string
  /** Where a user's agent was written: "global", "project", "organization" or "legacy"; missing for built-in ones. */
  source?: string
  description?: string
  mode: "subagent" | "primary" | "all"
  deprecated?: boolean
  native?: boolean
  hidden?: boolean
  topP?: number
  temperature?: number
  color?: string
  /** The whole rule list in force for this agent, weakest first; the last match wins. */
  permission: PermissionRuleset
  model?: { providerID: string; modelID: string }
  variant?: string
  prompt?: string
  options: Record<string, unknown>
  steps?: number
}

/** An agent as a settings page describes it. */
export interface AgentDraft {
  scope?: "global" | "project"
  description?: string
  mode?: "subagent" | "primary" | "all"
  model?: string
  color?: string
  steps?: number
  temperature?: number
  /** The tools that it may use; all when missing. */
  tools?: string[]
  permission?: PermissionConfig
  prompt: string
}

/** A file that describes an agent. */
export interface AgentFile {
  name: string
  scope: "global" | "project"
  path: string
  content: string
  /** What stands before the prompt; missing when it can't be read. */
  settings?: Record<string, unknown>
}

export interface SavedAgent {
  id: string
  scope: "global" | "project"
  path: string
  markdown: string
}
