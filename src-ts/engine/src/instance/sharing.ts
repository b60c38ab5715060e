import type { Config } from "../config/types.ts"
import type { AuthStore, EngineOptions } from "../engine.ts"
import { httpShareServer, type ShareServer } from "../session/index.ts"

/**
 * The share server of the environment. A repository's configuration can switch sharing off, never choose where to: it
 * could be a stranger's.
 */
export function shareServer(env: EngineOptions["env"], config: Config): ShareServer | undefined {
  const url = env.KILO_SHARE_URL
  if (!url || isSet(env.KILO_DISABLE_SHARE) || config.share === "disabled") return undefined
  return /^https?:\/\//.test(url) ? httpShareServer(url) : undefined
}

/** Every credential that we know of: stored ones and those in the environment. */
export function secretsOf(env: EngineOptions["env"], auth: AuthStore): string[] {
  const stored = Object.values(auth.all()).flatMap((entry) => Object.values(entry))
  const named = Object.entries(env).flatMap(([name, value]) =>
    /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|_AUTH/i.test(name) ? [value] : [],
  )
  const texts = [...stored, ...named].filter((value): value is string => typeof value === "string" && value.length >= 8)
  // Longer ones first: one may be a part of another.
  return [...new Set(texts)].filter((text) => !/^(oauth|wellknown)$/.test(text)).sort((a, b) => b.length - a.length)
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false)$/i.test(value)
}
