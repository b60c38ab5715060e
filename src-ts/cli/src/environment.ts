import { basename } from "node:path"

/**
 * The process's environment with `OPENCODE_X` standing in for every `KILO_X` that is not set: programs that were written for the related
 * product set those.
 */
export function environment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const out: NodeJS.ProcessEnv = { ...env }
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("OPENCODE_")) continue
    out[`KILO_${name.slice("OPENCODE_".length)}`] ??= value
  }
  return out
}

/** The name that we were started under, when it is one whose output other programs wait for. */
export function programName(
  env: NodeJS.ProcessEnv = process.env,
  started = process.argv[1] ?? "",
): "kilo" | "opencode" {
  return env.KILO_STARTED_AS === "opencode" || basename(started).replace(/\.\w+$/, "") === "opencode"
    ? "opencode"
    : "kilo"
}
