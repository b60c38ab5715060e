import type { EngineOptions } from "../engine.ts"

/** Secrets of our own that no child needs. */
const PRIVATE = ["KILO_SERVER_PASSWORD", "KILO_SERVER_USERNAME", "KILO_AUTH_CONTENT", "KILO_PARENT_PID"]

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
    if (value !== undefined && !PRIVATE.includes(key)) result[key] = value
  }
  return { ...result, ...more, [MARKER]: marker }
}
