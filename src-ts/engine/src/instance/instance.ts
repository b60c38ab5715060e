import { join } from "node:path"
import type { Agent } from "../agent/types.ts"
import type { AssistService } from "../assist/types.ts"
import { type Bus, type EventScope, GLOBAL_SCOPE } from "../bus/index.ts"
import type { ConfigService, OverlayPatch, OverlayScope } from "../config/index.ts"
import type { AuthStore, EngineOptions, FileService, Instance, VcsService } from "../engine.ts"
import { createFiles, createVcs } from "../file/index.ts"
import type { FormatterService } from "../formatter/types.ts"
import type { Gateway } from "../gateway/index.ts"
import type { LoginService } from "../login/types.ts"
import type { Lsp } from "../lsp/index.ts"
import type { Mcp } from "../mcp/index.ts"
import type { ModelRef } from "../message/types.ts"
import { createPermissions, type Permissions } from "../permission/index.ts"
import { PluginLogins, type Plugins } from "../plugin/index.ts"
import type { Paths, Project } from "../project/types.ts"
import type { Providers } from "../provider/index.ts"
import { createQuestions, type Questions } from "../question/index.ts"
import {
  createTaskHost,
  Edits,
  type LegacyReport,
  type RunOwner,
  Sessions,
  SlowGuard,
  type Store,
  type Workspace,
} from "../session/index.ts"
import { questionEnabled } from "../tool/index.ts"
import { createWorktrees, type WorktreeService } from "../worktree/index.ts"
import { lazy, lazyAsync } from "./lazy.ts"
import type { Library } from "./library.ts"
import { assistOf, instructionsOf, libraryOf, pluginsOf, providersOf, snapshotOf, toolsetOf } from "./parts.ts"
import { formattersOf, lspOf, mcpOf } from "./servers.ts"
import { secretsOf, shareServer } from "./sharing.ts"
import { createTidy } from "./tidy.ts"
import { Watching } from "./watching.ts"

export interface InstanceOptions {
  engine: EngineOptions
  paths: Paths
  bus: Bus
  auth: AuthStore
  logins: LoginService
  config: ConfigService
  gateway: Gateway
  store: Store
  owner: RunOwner
  onError(error: unknown): void
  legacyReport(): LegacyReport
  /** Takes a changed global configuration into use everywhere. */
  reloadAll(): Promise<void>
}

/** One directory's parts, each made when it is first asked for. */
export class DirectoryInstance implements Instance {
  readonly directory: string
  readonly worktree: string
  readonly project: Project
  readonly scope: EventScope
  readonly #options: InstanceOptions

  constructor(options: InstanceOptions, place: { directory: string; worktree: string; project: Project }) {
    this.#options = options
    this.directory = place.directory
    this.worktree = place.worktree
    this.project = place.project
    this.scope = { directory: place.directory, project: place.project.id }
    const { bus, engine, onError, paths } = options
    this.#watching = new Watching({
      bus,
      scope: this.scope,
      directory: this.directory,
      worktree: this.worktree,
      home: paths.home,
      env: engine.env,
      config: () => this.config(),
      onError,
    })
  }

  readonly #sessions = lazy(() => new Sessions(this.#workspace(), this.#options.owner))
  readonly #permissions = lazy(() =>
    createPermissions({
      bus: this.#options.bus,
      db: this.#options.store.db,
      scope: this.scope,
      projectID: this.project.id,
      rootOf: (sessionID) => this.#options.store.rootOf(sessionID),
    }),
  )
  readonly #questions = lazy(() => createQuestions({ bus: this.#options.bus, scope: this.scope }))
  readonly #files = lazy(() =>
    createFiles({ directory: this.directory, worktree: this.worktree, env: this.#options.engine.env, vcs: this.vcs }),
  )
  readonly #vcs = lazy(() =>
    createVcs({ directory: this.directory, worktree: this.worktree, env: this.#options.engine.env }),
  )
  readonly #providers = lazy(() => providersOf(this.#options, this))
  readonly #plugins = lazy(() => {
    const plugins = pluginsOf(this.#options, this)
    this.#unlisten = this.#options.bus.subscribe((event) => {
      if (event.scope.directory !== this.directory || !plugins.loaded?.has("event")) return
      plugins.loaded.publish({ id: event.id, type: event.type, properties: structuredClone(event.properties) })
    })
    return plugins
  })
  #unlisten: (() => void) | undefined
  readonly #library = lazy(() => libraryOf(this.#options, this))
  /** Its workspace is the sessions' own: both see the same turns. */
  readonly #workspace = lazy(() => this.#makeWorkspace())
  readonly #tasks = lazy(() => ({
    host: createTaskHost(this.#workspace(), () => this.config()),
    outputDir: join(this.#options.paths.data, "tool-output"),
  }))
  readonly #mcp = lazy(() => mcpOf(this.#options, this))
  readonly #lsp = lazy(() => lspOf(this.#options, this))
  readonly #logins = lazy(() => {
    const { logins, auth } = this.#options
    return new PluginLogins({ own: logins, auth, host: () => this.plugins.host() })
  })
  readonly #formatters = lazyAsync(() => formattersOf(this.#options, this))
  /** Loaded when first asked. */
  readonly formatters: FormatterService = { status: async () => (await this.#formatters()).status() }
  readonly #toolset = lazyAsync(() =>
    toolsetOf(
      this.#options,
      this,
      () => this.#tasks().host,
      async (file, signal) => (await this.#formatters()).format(file, signal),
    ),
  )
  readonly #instructions = lazyAsync(() => instructionsOf(this.#options, this))
  readonly #snapshot = lazyAsync(() => snapshotOf(this.#options, this))
  readonly #assist = lazy(() => assistOf(this.#options, this))
  readonly #worktrees = lazy(() => {
    const { bus, engine, paths } = this.#options
    return createWorktrees({ bus, paths, project: this.project, worktree: this.worktree, env: engine.env })
  })

  get plugins(): Plugins {
    return this.#plugins()
  }

  get logins(): PluginLogins {
    return this.#logins()
  }

  get library(): Library {
    return this.#library()
  }

  get sessions(): Sessions {
    return this.#sessions()
  }

  get permissions(): Permissions {
    return this.#permissions()
  }

  get questions(): Questions {
    return this.#questions()
  }

  get files(): FileService {
    this.#watching.later()
    return this.#files()
  }

  get vcs(): VcsService {
    this.#watching.later()
    return this.#vcs()
  }

  get assist(): AssistService {
    return this.#assist()
  }

  get worktrees(): WorktreeService {
    return this.#worktrees()
  }

  get providers(): Providers {
    return this.#providers()
  }

  get lsp(): Lsp {
    return this.#lsp()
  }

  get mcp(): Mcp {
    return this.#mcp()
  }

  async config() {
    const [{ config }, plugins] = await Promise.all([
      this.#options.config.load(this.directory, this.worktree),
      this.plugins.host(),
    ])
    return plugins.configured(config)
  }

  async configWarnings() {
    const [{ warnings }, files, servers, formatters, plugins] = await Promise.all([
      this.#options.config.load(this.directory, this.worktree),
      this.library.warnings(),
      this.lsp.warnings(),
      this.#formatters().then((all) => all.warnings()),
      this.plugins.host(),
    ])
    return [
      ...warnings,
      ...files,
      ...servers,
      ...formatters,
      ...plugins.warnings,
      ...this.#watching.warnings(),
      ...this.#options.legacyReport().warnings,
    ]
  }

  async updateConfig(patch: Record<string, unknown>) {
    await this.#options.config.updateProject(this.directory, this.worktree, patch)
    this.#options.config.invalidate(this.directory)
    this.reload()
    const config = await this.config()
    this.#options.bus.publish(this.scope, "global.config.updated", {})
    return config
  }

  configOverlay(scope: OverlayScope = "project") {
    return this.#options.config.overlay(this.directory, this.worktree, scope)
  }

  async updateConfigOverlay(patch: OverlayPatch) {
    const { bus, config } = this.#options
    await config.updateOverlay(this.directory, this.worktree, patch)
    if (patch.scope === "global") {
      config.invalidate()
      await this.#options.reloadAll()
      bus.publish(GLOBAL_SCOPE, "global.config.updated", {})
      bus.publish(GLOBAL_SCOPE, "global.disposed", {})
    } else {
      config.invalidate(this.directory)
      this.reload()
      bus.publish(this.scope, "global.config.updated", {})
    }
    return this.configOverlay(patch.scope)
  }

  agents(): Promise<Agent[]> {
    return this.library.agents()
  }

  async commands() {
    const [commands, prompts] = await Promise.all([this.library.commands(), this.mcp.commands()])
    return [...commands, ...prompts.filter(({ name }) => !commands.some((command) => command.name === name))]
  }

  async tools(ref?: ModelRef) {
    const { tools, functions } = await this.#tools()
    const model = ref ? (await this.providers.resolve(ref)).model : undefined
    if (model && !model.capabilities.toolcall) return []
    const agent = (await this.agents())[0]
    return [...tools.values()].flatMap((tool) => {
      const offer = functions.get(tool.id)
      if (!offer || (model && tool.suits?.(model) === false)) return []
      const description = (agent ? tool.describe?.(agent) : undefined) ?? offer.description ?? ""
      return [{ id: tool.id, description, parameters: offer.inputSchema as unknown }]
    })
  }

  /** The built-in tools, those of the MCP servers that are connected at this moment, and `lsp` where a language server is installed. */
  async #tools() {
    this.#watching.later()
    const [builtIn, { withPluginTools, withServerTools }] = await Promise.all([this.#toolset(), import("./toolset.ts")])
    const all = withPluginTools(builtIn, (await this.plugins.host()).tools)
    const [servers, lsp] = await Promise.all([this.mcp.tools(all.tools.keys()), this.lsp.available()])
    return withServerTools(all, servers, lsp ? { lsp: this.lsp, home: this.#options.paths.home } : undefined)
  }

  /** Forgets what came from configuration and credentials; running turns go on with what they have. */
  reload() {
    if (this.#providers.made()) this.#providers().invalidate()
    if (this.#plugins.made()) this.plugins.refresh()
    if (this.#library.made()) this.library.reset()
    if (this.#mcp.made()) this.mcp.reload()
    if (this.#lsp.made()) this.lsp.reload()
    this.#watching.reload()
    this.#toolset.reset()
    this.#snapshot.reset()
  }

  /** Whether a turn is running or a prompt is being taken in. */
  busy(): boolean {
    return this.#sessions.made() && this.#sessions().busy()
  }

  /** Stops the turns and waits for what they store; ends the servers that were started. */
  async close(): Promise<void> {
    this.#tidy.stop()
    this.#watching.close()
    this.#unlisten?.()
    if (this.#sessions.made()) await this.#sessions().close()
    await Promise.all([
      this.#mcp.made() ? this.mcp.close() : undefined,
      this.#lsp.made() ? this.lsp.close() : undefined,
      this.#plugins.made() ? this.plugins.close() : undefined,
    ])
  }

  readonly #watching: Watching

  readonly #tidy = createTidy({
    store: () => this.#options.store,
    data: () => this.#options.paths.data,
    projectID: () => this.project.id,
    snapshot: () => this.#snapshot(),
    busy: () => this.busy(),
    onError: (error) => this.#options.onError(error),
  })

  #makeWorkspace(): Workspace {
    const { store, bus, engine, onError, paths } = this.#options
    const self = this
    return {
      store,
      bus,
      edits: new Edits(),
      guard: new SlowGuard(Number(engine.env.KILO_SNAPSHOT_SLOW_MS) || undefined),
      scope: this.scope,
      directory: this.directory,
      worktree: this.worktree,
      projectID: this.project.id,
      version: engine.version,
      retryLimit: engine.env.KILO_SESSION_RETRY_LIMIT,
      get providers() {
        return self.providers
      },
      get permissions() {
        return self.permissions
      },
      get questions() {
        return self.questions
      },
      home: paths.home,
      agents: () => this.agents(),
      commands: () => this.commands(),
      defaultAgent: async () => (await this.config()).default_agent,
      get sessions() {
        return self.sessions
      },
      plugins: () => this.plugins.host(),
      asks: questionEnabled(engine.env),
      get tasks() {
        return self.#tasks()
      },
      toolset: () => this.#tools(),
      diagnose: (files, signal) => this.lsp.diagnose(files, signal),
      serverPrompt: (command, args, signal) => this.mcp.commandText(command, args, signal),
      resource: (client, uri) => this.mcp.readResource(client, uri),
      compaction: async () => (await this.config()).compaction ?? {},
      snapshot: () => this.#snapshot(),
      switchCheckpointsOff: async () => {
        await this.updateConfig({ snapshot: false })
      },
      idle: () => this.#tidy.later(),
      system: async (agent, model) => (await this.#instructions()).system(agent, model),
      nested: async (file) => (await this.#instructions()).nested(file),
      shareServer: async () => shareServer(engine.env, await this.config()),
      secrets: () => secretsOf(engine.env, this.#options.auth),
      onError,
    }
  }
}
