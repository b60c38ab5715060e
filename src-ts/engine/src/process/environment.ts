import type { EngineOptions } from "../engine.ts"

/** What starts and configures this server, keys included: no child needs it, under neither of its two names. */
const PRIVATE = new Set(
  ["SERVER_PASSWORD", "SERVER_USERNAME", "AUTH_CONTENT", "CONFIG_CONTENT", "PARENT_PID"].flatMap((name) => [
    `KILO_${name}`,
    `OPENCODE_${name}`,
  ]),
)

/** Set to a value of its own for each child, so that descendants are recognised wherever they went. */
export const MARKER = "KILO_CALL_MARKER"

/** Environment of a child that we start: the user's without our secrets, then `more`, then the marker. */
export function childEnvironment(
  env: EngineOptions["env"],
  marker: string,
  more: Record<string, string> = {},
): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = {}
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && !PRIVATE.has(key)) result[key] = value
  }
  return { ...result, ...more, [MARKER]: marker }
}
