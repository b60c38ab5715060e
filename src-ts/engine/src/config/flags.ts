import type { EngineOptions } from "../engine.ts"
import type { Json } from "../json/index.ts"
import type { PermissionConfig } from "../permission/types.ts"
import { emptyLayer, parser } from "./layers.ts"
import type { Layer } from "./parse.ts"
import { on } from "./sources.ts"
import type { ConfigWarning } from "./types.ts"

/** What single environment variables switch; stronger than every file (seed 002, configuration source 12). */
export async function flagLayers(env: EngineOptions["env"]): Promise<Layer[]> {
  const layers: Layer[] = []
  const switches: Json = {
    ...(on(env.KILO_AUTO_SHARE) ? { share: "auto" } : {}),
    ...(on(env.KILO_DISABLE_SHARE) ? { share: "disabled" } : {}),
    ...(on(env.KILO_DISABLE_AUTOUPDATE) ? { autoupdate: false } : {}),
  }
  const compaction: Json = {
    ...(on(env.KILO_DISABLE_AUTOCOMPACT) ? { auto: false } : {}),
    ...(on(env.KILO_DISABLE_PRUNE) ? { prune: false } : {}),
  }
  if (Object.keys(compaction).length > 0) switches.compaction = compaction
  if (Object.keys(switches).length > 0) layers.push({ ...emptyLayer("environment"), config: switches })
  const { permission, warnings } = await readPermission(env, "KILO_PERMISSION")
  if (permission !== undefined) layers.push({ ...emptyLayer("KILO_PERMISSION"), config: { permission }, warnings })
  return layers
}

/** Rules of a variable: JSON, or one action for everything. What can't be understood asks, because whoever set it wanted a limit. */
export async function readPermission(
  env: EngineOptions["env"],
  name: "KILO_DEFAULT_PERMISSION" | "KILO_PERMISSION",
): Promise<{ permission?: PermissionConfig; warnings: ConfigWarning[] }> {
  const text = env[name]?.trim()
  if (!text) return { warnings: [] }
  const { reason, validate } = await parser()
  const warnings: ConfigWarning[] = []
  let value: unknown
  try {
    value = ["allow", "ask", "deny"].includes(text) ? text : JSON.parse(text)
  } catch (error) {
    value = "ask"
    warnings.push({ path: name, message: `Not valid JSON, so everything asks: ${reason(error)}` })
  }
  const checked = validate({ permission: value ?? "ask" }, (_, message) => warnings.push({ path: name, message }))
  return { permission: checked.permission as PermissionConfig, warnings }
}
