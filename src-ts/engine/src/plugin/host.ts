import { stat } from "node:fs/promises"
import { pathToFileURL } from "node:url"
import type { Config, ConfigWarning } from "../config/index.ts"
import { isObject } from "../json/index.ts"
import type { Tool } from "../tool/index.ts"
import type { FoundPlugin } from "./find.ts"
import { provideKit } from "./kit.ts"
import { exportedTools, toTool } from "./tools.ts"
import type { HookName, Hooks, PluginInfo, PluginInput } from "./types.ts"

const LOAD_MS = 10_000
const HOOK_MS = 10_000
/** A hook that was too slow so often is not called any more. */
const STRIKES = 3
const MAX_EVENTS = 1_000
const MAX_WARNINGS = 50

interface Loaded {
  info: PluginInfo
  hooks: Hooks
  strikes: number
  /** Events are handed over one after the other; a plugin that can't keep up loses the oldest. */
  events: unknown[]
  draining: boolean
}

/** The plugins of one directory that run. A plugin that fails, or is too slow, costs a warning and is passed over. */
export class PluginHost {
  readonly infos: PluginInfo[] = []
  readonly tools: Tool[] = []
  readonly warnings: ConfigWarning[] = []
  readonly #loaded: Loaded[] = []
  readonly #configs = new WeakMap<Config, Promise<Config>>()

  /** Loads modules in their order; never throws. `untrusted` are found but not run. */
  static async load(
    found: FoundPlugin[],
    untrusted: Map<FoundPlugin, string>,
    input: PluginInput,
  ): Promise<PluginHost> {
    const host = new PluginHost()
    for (const plugin of found) {
      const { name, path, scope, kind } = plugin
      const info: PluginInfo = { name, scope, kind, ...(path ? { path } : {}), state: "loaded" }
      host.infos.push(info)
      const refusal = untrusted.get(plugin)
      if (refusal !== undefined) {
        host.#miss(info, "untrusted", refusal)
        continue
      }
      if (path === undefined) {
        host.#miss(info, "broken", plugin.problem ?? "There is no such module.")
        continue
      }
      try {
        await host.#add(plugin, path, info, input)
      } catch (error) {
        host.#miss(info, "broken", `It can't be loaded: ${textOf(error)}`)
      }
    }
    return host
  }

  has(hook: HookName | "event" | "config"): boolean {
    return this.#loaded.some(({ hooks }) => typeof hooks[hook] === "function")
  }

  /**
   * Calls a hook of every plugin that has it, in order, and returns `output` as they changed it. What a plugin that failed or was too
   * slow did to it does not count. With `strict` a failure is thrown: that is how a plugin forbids something.
   */
  async trigger<T extends object>(hook: HookName, input: unknown, output: T, strict = false): Promise<T> {
    let current = output
    for (const plugin of this.#loaded) {
      const call = plugin.hooks[hook]
      if (typeof call !== "function" || plugin.strikes >= STRIKES) continue
      const draft = structuredClone(current)
      try {
        await limited(Promise.resolve(call.call(plugin.hooks, structuredClone(input), draft)), HOOK_MS)
        current = draft
      } catch (error) {
        this.#strike(plugin, hook, error)
        if (strict && !(error instanceof TooSlowError)) throw error
      }
    }
    return current
  }

  /** The configuration with what plugins change in it; the same object comes back for the same configuration. */
  configured(config: Config): Promise<Config> {
    if (!this.has("config")) return Promise.resolve(config)
    const known = this.#configs.get(config)
    if (known) return known
    const work = this.#configure(config)
    this.#configs.set(config, work)
    return work
  }

  /** Providers' ways to sign in that plugins bring along. */
  auth(): unknown[] {
    return this.#loaded.flatMap(({ hooks }) => (isObject(hooks.auth) ? [hooks.auth] : []))
  }

  /** Hands an event to the plugins that listen; nobody waits for them. */
  publish(event: unknown): void {
    for (const plugin of this.#loaded) {
      if (typeof plugin.hooks.event !== "function" || plugin.strikes >= STRIKES) continue
      plugin.events.push(event)
      if (plugin.events.length > MAX_EVENTS) plugin.events.shift()
      if (!plugin.draining) this.#drain(plugin).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#loaded.splice(0).map(async ({ hooks }) => {
        if (typeof hooks.dispose !== "function") return
        await limited(Promise.resolve(hooks.dispose()), 1_000).catch(() => undefined)
      }),
    )
  }

  async #drain(plugin: Loaded): Promise<void> {
    plugin.draining = true
    try {
      for (let event = plugin.events.shift(); event !== undefined; event = plugin.events.shift()) {
        const call = plugin.hooks.event
        if (typeof call !== "function" || plugin.strikes >= STRIKES) return
        try {
          await limited(Promise.resolve(call.call(plugin.hooks, { event })), HOOK_MS)
        } catch (error) {
          this.#strike(plugin, "event", error)
        }
      }
    } finally {
      plugin.draining = false
    }
  }

  async #configure(config: Config): Promise<Config> {
    let current = config
    for (const plugin of this.#loaded) {
      const call = plugin.hooks.config
      if (typeof call !== "function") continue
      const draft = structuredClone(current)
      try {
        await limited(Promise.resolve(call.call(plugin.hooks, draft)), HOOK_MS)
        current = draft
      } catch (error) {
        this.#strike(plugin, "config", error)
      }
    }
    return current
  }

  async #add(plugin: FoundPlugin, path: string, info: PluginInfo, input: PluginInput): Promise<void> {
    await provideKit()
    // A changed file is another module to Node's loader, which keeps what it has loaded.
    const url = `${pathToFileURL(path).href}?v=${(await stat(path)).mtimeMs}`
    const module: Record<string, unknown> = await limited(import(/* @vite-ignore */ url), LOAD_MS)
    if (plugin.kind === "tool") {
      for (const [id, value] of Object.entries(exportedTools(path, module))) this.#addTool(info, id, value)
      return
    }
    const makers = new Set(Object.values(module).map((value) => (isObject(value) ? value.server : value)))
    const functions = [...makers].filter(
      (value): value is (...args: unknown[]) => unknown => typeof value === "function",
    )
    if (functions.length === 0) throw new Error("it exports no function that makes hooks")
    for (const make of functions) {
      const hooks = await limited(Promise.resolve(make(input, plugin.options)), LOAD_MS)
      if (!isObject(hooks)) continue
      this.#loaded.push({ info, hooks, strikes: 0, events: [], draining: false })
      for (const [id, value] of Object.entries(isObject(hooks.tool) ? hooks.tool : {})) this.#addTool(info, id, value)
    }
  }

  #addTool(info: PluginInfo, id: string, value: unknown) {
    try {
      const tool = toTool(id, value)
      const twin = this.tools.findIndex((known) => known.id === id)
      if (twin >= 0) this.tools.splice(twin, 1)
      this.tools.push(tool)
    } catch (error) {
      this.#warn(info, textOf(error))
    }
  }

  #strike(plugin: Loaded, hook: string, error: unknown) {
    if (error instanceof TooSlowError) plugin.strikes += 1
    const off = plugin.strikes >= STRIKES ? " It is not called any more." : ""
    this.#warn(plugin.info, `Its hook ${hook} failed: ${textOf(error)}${off}`)
  }

  #miss(info: PluginInfo, state: "untrusted" | "broken", reason: string) {
    info.state = state
    info.reason = reason
    this.#warn(info, reason)
  }

  #warn(info: PluginInfo, message: string) {
    if (this.warnings.length >= MAX_WARNINGS) return
    const warning = {
      path: info.path ?? info.name,
      message: `${info.kind === "tool" ? "Tool" : "Plugin"} ${info.name}: ${message}`,
    }
    if (!this.warnings.some((known) => known.message === warning.message)) this.warnings.push(warning)
  }
}

class TooSlowError extends Error {
  override readonly name = "TooSlowError"
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""
}

async function limited<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlowError(`it took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
