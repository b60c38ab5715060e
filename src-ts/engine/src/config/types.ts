import type { PermissionConfig } from "../permission/types.ts"

/** A problem in a configuration file; the file's readable parts still count. */
export interface ConfigWarning {
  path: string
  message: string
  detail?: string
}

export interface AgentConfig {
  model?: string
  variant?: string
  temperature?: number
  top_p?: number
  prompt?: string
  tools?: Record<string, boolean>
  disable?: boolean
  description?: string
  mode?: "subagent" | "primary" | "all"
  displayName?: string
  hidden?: boolean
  options?: Record<string, unknown>
  color?: string
  steps?: number
  permission?: PermissionConfig
  [key: string]: unknown
}

export interface ProviderModelConfig {
  id?: string
  name?: string
  family?: string
  release_date?: string
  attachment?: boolean
  reasoning?: boolean
  temperature?: boolean
  tool_call?: boolean
  cost?: {
    input: number
    output: number
    cache_read?: number
    cache_write?: number
  }
  limit?: { context: number; input?: number; output: number }
  modalities?: { input?: string[]; output?: string[] }
  status?: "alpha" | "beta" | "deprecated" | "active"
  provider?: { npm?: string; api?: string }
  options?: Record<string, unknown>
  headers?: Record<string, string>
  variants?: Record<string, Record<string, unknown>>
  [key: string]: unknown
}

export interface ProviderConfig {
  api?: string
  name?: string
  env?: string[]
  id?: string
  npm?: string
  whitelist?: string[]
  blacklist?: string[]
  options?: { apiKey?: string; baseURL?: string; [key: string]: unknown }
  models?: Record<string, ProviderModelConfig>
  [key: string]: unknown
}

/** The effective configuration (contract: types, Config). Keys that the engine does not read yet pass through untouched. */
export interface Config {
  $schema?: string
  model?: string
  small_model?: string
  default_agent?: string
  username?: string
  shell?: string
  snapshot?: boolean
  share?: "manual" | "auto" | "disabled"
  disabled_providers?: string[]
  enabled_providers?: string[]
  instructions?: string[]
  permission?: PermissionConfig
  tools?: Record<string, boolean>
  agent?: Record<string, AgentConfig>
  mode?: Record<string, AgentConfig>
  provider?: Record<string, ProviderConfig>
  command?: Record<
    string,
    { template?: string; description?: string; agent?: string; model?: string; variant?: string; subtask?: boolean }
  >
  tool_output?: { max_lines?: number; max_bytes?: number }
  [key: string]: unknown
}
