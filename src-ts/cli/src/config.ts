import { configJsonSchema } from "@kilo-split/engine"
import { withInstance } from "./engine.ts"

/** `kilo config show`: the configuration in force as JSON; problems go to stderr. */
export function configShow(): Promise<number> {
  return withInstance(async (instance) => {
    process.stdout.write(`${JSON.stringify(hidden(await instance.config()), null, 2)}\n`)
    for (const { path, message, detail } of await instance.configWarnings()) {
      process.stderr.write(`${path}${detail ? ` (${detail})` : ""}: ${message}\n`)
    }
    return 0
  })
}

/** `kilo config sources`: a line for each source that is there, weakest first. */
export function configSources(): Promise<number> {
  return withInstance(async (instance) => {
    const { sources, targets } = await instance.configOverlay()
    if (sources.length === 0) {
      process.stderr.write(`No configuration yet. Settings for you alone go into ${targets.global.path}.\n`)
    }
    for (const { label, source } of sources) process.stdout.write(`${label}: ${source}\n`)
    return 0
  })
}

/** `kilo config schema`: for editors, which then complete and check kilo.json. */
export async function configSchema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(await configJsonSchema(), null, 2)}\n`)
  return 0
}

const SECRET = /key|token|secret|password|authorization|cookie/i
const HOLDERS = new Set(["headers", "env", "environment"])

/** What may be a credential is shown as stars: output of commands ends up in bug reports. */
function hidden(value: unknown, key = "", inside = false): unknown {
  if (Array.isArray(value)) return value.map((item) => hidden(item, key, inside))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, hidden(item, name, inside || HOLDERS.has(key))]),
    )
  }
  return typeof value === "string" && value !== "" && (inside || SECRET.test(key)) ? "***" : value
}
