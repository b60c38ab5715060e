import type { PermissionRuleset } from "../permission/types.ts"

/** An agent (mode) as the wire shows it (contract: types, Agent). */
export interface Agent {
  name: string
  displayName?: string
  source?: string
  description?: string
  mode: "subagent" | "primary" | "all"
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
