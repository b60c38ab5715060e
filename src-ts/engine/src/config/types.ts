import type { PermissionConfig } from "../permission/types.ts"
import type { Layer } from "./parse.ts"

/** Where a layer comes from, weakest first (seed 002, configuration precedence). */
export type SourceKind =
  | "legacy"
  | "wellknown"
  | "global"
  | "explicit"
  | "home"
  | "project"
  | "folder"
  | "content"
  | "organization"
  | "managed"
  | "preferences"
  | "flags"

export interface Source {
  kind: SourceKind
  layer: Layer
}

export type OverlayScope = "global" | "project"

/** A file that settings are written to. */
export interface OverlayTarget {
  scope: OverlayScope
  path: string
  /** Changes with every change of the file; of a missing file too. */
  revision: string
  exists: boolean
  writable: boolean
  /** As written, nothing filled in. Empty for a broken file. */
  raw: Record<string, unknown>
}

export interface OverlayField {
  key: string
  path: string[]
  value?: unknown
  global?: unknown
  local?: unknown
  source: "project" | "global" | "system" | "default"
  /** The scope that is looked at says nothing about it. */
  inherited: boolean
  /** It says something, and something stronger says otherwise. */
  overridden: boolean
  editable: boolean
  reason?: string
}

export interface OverlaySource {
  order: number
  kind: string
  scope: string
  label: string
  source: string
  path?: string
  exists: boolean
  editable: boolean
  reason?: string
}

/** Layered view of the configuration (contract: types, ConfigOverlayResponse). */
export interface ConfigOverlay {
  scope: OverlayScope
  effective: Config
  global: Config
  project: Config
  sources: OverlaySource[]
  targets: { global: OverlayTarget; project: OverlayTarget; active: OverlayTarget }
  /** Single settings by key. */
  fields: Record<string, OverlayField>
  /** Settings with entries of their own (agents, providers, MCP servers, ...), one field for each entry. */
  collections: Record<string, OverlayField[]>
}

export interface OverlayPatch {
  scope: OverlayScope
  set?: Record<string, unknown>
  /** Paths of keys to delete. */
  unset?: string[][]
  /** Paths in `set` whose object takes the old one's place instead of being merged into it: for what has an order. */
  replace?: string[][]
  /** What the caller believes to change. */
  expected?: { path: string; revision: string }
}

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

export interface McpOAuthConfig {
  clientId?: string
  clientSecret?: string
  scope?: string
  callbackPort?: number
  redirectUri?: string
}

/** A local or remote MCP server, or only a switch for one that another file describes (contract: types, McpLocalConfig). */
export interface McpConfig {
  type?: "local" | "remote"
  command?: string[]
  environment?: Record<string, string>
  env?: Record<string, string>
  url?: string
  headers?: Record<string, string>
  oauth?: McpOAuthConfig | false
  enabled?: boolean
  /** Milliseconds. */
  timeout?: number
  [key: string]: unknown
}

export interface LspConfig {
  command?: string[]
  extensions?: string[]
  disabled?: boolean
  env?: Record<string, string>
  initialization?: Record<string, unknown>
  [key: string]: unknown
}

export interface FormatterConfig {
  command?: string[]
  extensions?: string[]
  disabled?: boolean
  environment?: Record<string, string>
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
  skills?: { paths?: string[]; urls?: string[] }
  /** Modules that extend the agent: file paths or names of installed packages, each with options. */
  plugin?: (string | [string, Record<string, unknown>])[]
  subagent_model?: string
  subagent_variant?: string
  /** How deep sub-agents may start sub-agents; 1 when not set: they may not. */
  subagent_depth?: number
  mcp?: Record<string, McpConfig>
  lsp?: boolean | Record<string, LspConfig>
  formatter?: boolean | Record<string, FormatterConfig>
  /** Files that are not watched for changes, as globs; `enabled: false` watches none. */
  watcher?: { ignore?: string[]; enabled?: boolean }
  commit_message?: { prompt?: string }
  tool_output?: { max_lines?: number; max_bytes?: number }
  compaction?: {
    auto?: boolean
    threshold_percent?: number
    prune?: boolean
    tail_turns?: number
    preserve_recent_tokens?: number
    reserved?: number
  }
  [key: string]: unknown
}
