import { createHash } from "node:crypto"
import { readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { createQueue, writeAtomic } from "../disk/index.ts"
import { isObject, type Json } from "../json/index.ts"
import { stampOf } from "./layers.ts"
import type { Layer } from "./parse.ts"

const queue = createQueue()

/** Whether a configuration, or a change of one, says what agents may do. */
export function hasRules(config: Json): boolean {
  return rulesIn(config) !== undefined
}

/** All that a configuration says about what agents may do; undefined when that is nothing. */
function rulesIn(config: Json): Json | undefined {
  const { permission, tools } = config
  const found: Json = { ...(permission === undefined ? {} : { permission }), ...(tools === undefined ? {} : { tools }) }
  for (const section of ["agent", "mode"]) {
    for (const [name, agent] of Object.entries(isObject(config[section]) ? config[section] : {})) {
      const rules = isObject(agent) ? rulesIn({ permission: agent.permission, tools: agent.tools }) : undefined
      if (rules) found[`${section}.${name}`] = rules
    }
  }
  return Object.keys(found).length > 0 ? found : undefined
}

/**
 * Which files of projects hold rules that the user wrote through us, by path and by a hash of the rules: those count like the
 * user's own, until somebody changes them by another way. Kept in the user's state folder.
 */
export class Vouched {
  readonly #file: string
  #known: { stamp: string; hashes: Json } | undefined

  constructor(state: string) {
    this.#file = join(state, "config-trust.json")
  }

  /** Whether the rules of this file are the user's; those that are not there are nobody's. */
  has(layer: Layer): boolean {
    const rules = rulesIn(layer.config)
    return rules === undefined || this.#read()[realOf(layer.path)] === hashOf(rules)
  }

  /** The rules of this file as they are now are the user's. */
  async add(layer: Layer): Promise<void> {
    const rules = rulesIn(layer.config)
    await queue(this.#file, async () => {
      const { [realOf(layer.path)]: _, ...others } = this.#read()
      const known = rules === undefined ? others : { ...others, [realOf(layer.path)]: hashOf(rules) }
      const text = `${JSON.stringify(known, null, 2)}\n`
      await writeAtomic(this.#file, text, { mode: 0o600, dirMode: 0o700, force: true })
    })
  }

  #read(): Json {
    const stamp = stampOf(this.#file)
    if (this.#known?.stamp !== stamp) this.#known = { stamp, hashes: stamp === "" ? {} : hashesIn(this.#file) }
    return this.#known.hashes
  }
}

/** A broken file vouches for nothing. */
function hashesIn(file: string): Json {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function hashOf(rules: Json): string {
  return createHash("sha256").update(JSON.stringify(rules)).digest("hex")
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
