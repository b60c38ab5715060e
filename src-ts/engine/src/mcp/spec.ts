import { createHash } from "node:crypto"
import type { McpConfig, McpOAuthConfig } from "./types.ts"

/** A server as it is to be reached. */
export type Spec =
  | { kind: "local"; command: string[]; environment: Record<string, string>; timeout?: number }
  | { kind: "remote"; url: string; headers: Record<string, string>; oauth: McpOAuthConfig | false; timeout?: number }
  | { kind: "broken"; problem: string }

/** More milliseconds than a timer can count would be none at all. */
export const LONGEST_MS = 2 ** 31 - 1

/** What a configuration entry describes; undefined for a mere switch (`{enabled}`) of a server that nobody describes. */
export function specOf(config: McpConfig): Spec | undefined {
  const timeout =
    typeof config.timeout === "number" && config.timeout > 0 ? { timeout: Math.min(config.timeout, LONGEST_MS) } : {}
  const local = config.type === "local" || (config.type === undefined && config.command !== undefined)
  if (local) {
    const command = config.command ?? []
    if (!command[0])
      return { kind: "broken", problem: "It has no command. Set command to a list: the program and its arguments." }
    return { kind: "local", command, environment: { ...config.env, ...config.environment }, ...timeout }
  }
  if (config.type !== "remote" && config.url === undefined) return undefined
  const url = config.url ?? ""
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return { kind: "broken", problem: `Its url is not an http or https address: "${url}".` }
  }
  return { kind: "remote", url, headers: config.headers ?? {}, oauth: config.oauth ?? {}, ...timeout }
}

/** Changes whenever something changes that decides what is run or contacted; an approval is for exactly one. */
export function fingerprint(spec: Spec): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(spec)))
    .digest("hex")
    .slice(0, 32)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
