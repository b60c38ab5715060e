import { dirname, join } from "node:path"
import { type Config, type ConfigFolder, configFolders, switchedOn } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import type { Paths, Project } from "../project/types.ts"
import { type FoundPlugin, findPlugins, type PluginSource } from "./find.ts"
import { PluginHost } from "./host.ts"
import { createShell } from "./shell.ts"
import { fingerprint, PluginTrust } from "./trust.ts"
import type { PluginInfo } from "./types.ts"

export { PluginHost } from "./host.ts"
export { PluginLogins } from "./logins.ts"
export { PluginTrust } from "./trust.ts"
export * from "./types.ts"

export interface PluginsOptions {
  paths: Paths
  env: EngineOptions["env"]
  directory: string
  worktree: string
  project: Project
  /** What every configuration source says, weakest first; `path` names its file. */
  sources(): Promise<{ path: string; project: boolean; config: Config }[]>
  /** A client of the own server for plugins, when there is one. */
  connect: EngineOptions["plugins"]
}

/**
 * The plugins of one directory: found and loaded with the first call of `host`, and again when `refresh` was called and something has
 * changed since. Modules of the user's own run; those that came with the project run once the user has approved them.
 */
export class Plugins {
  readonly #options: PluginsOptions
  #current: { stamp: string; host: PluginHost } | undefined
  #work: Promise<PluginHost> | undefined

  constructor(options: PluginsOptions) {
    this.#options = options
  }

  host(): Promise<PluginHost> {
    this.#work ??= this.#load().catch((error: unknown) => {
      this.#work = undefined
      throw error
    })
    return this.#work
  }

  /** The host, if it has been loaded already. */
  get loaded(): PluginHost | undefined {
    return this.#current?.host
  }

  refresh(): void {
    this.#work = undefined
  }

  async list(): Promise<PluginInfo[]> {
    return (await this.host()).infos
  }

  /** Lets a plugin of the project's run as it is now. Throws when there is no such file. */
  async trust(path: string): Promise<void> {
    await new PluginTrust(this.#options.paths.state).approve(path)
    this.refresh()
  }

  /** Takes that back; false when it was not approved. */
  async forget(path: string): Promise<boolean> {
    const had = await new PluginTrust(this.#options.paths.state).forget(path)
    this.refresh()
    return had
  }

  async close(): Promise<void> {
    await this.#current?.host.close()
  }

  async #load(): Promise<PluginHost> {
    const { paths, env, directory, worktree, project } = this.#options
    const folders = switchedOn(env.KILO_DISABLE_PLUGINS) ? [] : configFolders(this.#options)
    const places = [paths.config, join(worktree === "/" ? directory : worktree, ".kilo")]
    const found =
      folders.length === 0 ? [] : await findPlugins(await this.#sources(folders), folders, places, paths.home)
    const untrusted = new Map<FoundPlugin, string>()
    const prints = await Promise.all(found.map((plugin) => this.#judge(plugin, untrusted)))
    const stamp = JSON.stringify([found, prints, [...untrusted.values()]])
    if (this.#current?.stamp === stamp) return this.#current.host
    await this.#current?.host.close()
    const connection = found.length > untrusted.size ? await this.#options.connect?.(directory) : undefined
    const host = await PluginHost.load(found, untrusted, {
      client: connection?.client ?? disconnected(),
      project,
      directory,
      worktree,
      serverUrl: connection?.url,
      $: createShell({ cwd: directory, env, throws: true }),
      experimental_workspace: { register: () => undefined },
    })
    this.#current = { stamp, host }
    return host
  }

  async #sources(folders: ConfigFolder[]): Promise<PluginSource[]> {
    const own = new Set(folders.flatMap((folder) => (folder.scope === "global" ? [folder.path] : [])))
    return (await this.#options.sources()).flatMap(({ path, project, config }) => {
      if (!config.plugin?.length) return []
      const base = path.includes("/") || path.includes("\\") ? dirname(path) : this.#options.directory
      return [
        { entries: config.plugin, base, scope: project && !own.has(base) ? ("project" as const) : ("global" as const) },
      ]
    })
  }

  async #judge(plugin: FoundPlugin, untrusted: Map<FoundPlugin, string>): Promise<string> {
    if (plugin.path === undefined) return ""
    const print = await fingerprint(plugin.path).catch((error: unknown) => `? ${String(error)}`)
    const { env, paths } = this.#options
    if (plugin.scope === "global" || switchedOn(env.KILO_TRUST_PROJECT_CONFIG)) return print
    if (!(await new PluginTrust(paths.state).trusts(plugin.path, print))) {
      untrusted.set(
        plugin,
        `It came with the project and was not run. Read it, and if you trust it, run: kilo plugin trust ${plugin.path} — after each change of it again.`,
      )
    }
    return print
  }
}

/** Stands for the client where no server runs: using it says so. */
function disconnected(): unknown {
  return new Proxy(
    {},
    {
      get(_, name) {
        // Looked at when something is awaited or printed.
        if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined
        throw new Error("No server runs here, so plugins have no client. Start Kilo with `kilo serve` for that.")
      },
    },
  )
}
