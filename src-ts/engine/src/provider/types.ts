/** Wire shapes of providers and models (contract: types, Provider). Costs are US dollars for a million tokens. */
export interface ModelCost {
  input: number
  output: number
  cache: { read: number; write: number }
  tiers?: {
    input: number
    output: number
    cache: { read: number; write: number }
    tier: { type: "context"; size: number }
  }[]
  experimentalOver200K?: { input: number; output: number; cache: { read: number; write: number } }
}

export interface Modalities {
  text: boolean
  audio: boolean
  image: boolean
  video: boolean
  pdf: boolean
}

export interface Model {
  id: string
  providerID: string
  api: { id: string; url: string; npm: string }
  name: string
  family?: string
  capabilities: {
    temperature: boolean
    reasoning: boolean
    attachment: boolean
    toolcall: boolean
    input: Modalities
    output: Modalities
    interleaved: boolean | { field: string }
  }
  cost: ModelCost
  limit: { context: number; input?: number; output: number }
  status: "alpha" | "beta" | "deprecated" | "active"
  options: Record<string, unknown>
  headers: Record<string, string>
  release_date: string
  variants?: Record<string, Record<string, unknown>>
  isFree?: boolean
}

export interface Provider {
  id: string
  name: string
  description?: string
  source: "env" | "config" | "custom" | "api"
  env: string[]
  key?: string
  options: Record<string, unknown>
  models: Record<string, Model>
}

export interface ProviderList {
  all: Provider[]
  default: Record<string, string>
  connected: string[]
  failed: string[]
}

export type { ProbeInput, ProbeResult } from "./probe.ts"
