import type { Bus, EventScope } from "../bus/index.ts"
import type { Command } from "../command/types.ts"
import { type Claims, type Config, TRUST } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { McpOAuthError, McpServerNotFoundError, NotFoundError } from "../error.ts"
import type { Paths } from "../project/types.ts"
import type { Approvals } from "./approval.ts"
import { LoginCancelledError } from "./oauth/callback.ts"
import { AuthFile } from "./oauth/store.ts"
import type { Server } from "./server.ts"
import { fingerprint, LONGEST_MS, type Spec, specOf } from "./spec.ts"
import type { McpOffer, McpPrompt, McpResource, McpService, McpStatus, McpTool } from "./types.ts"

const CONNECT_MS = 30_000
/** How long an answer here, and the first prompt, waits for servers that are just being started. */
const PATIENCE_MS = 4000
const MAX_OUTPUT = 50 * 1024
/** Characters of a description that a list shows. */
const DESCRIPTION = 500

export interface McpOptions {
  directory: string
  env: EngineOptions["env"]
  version: string
  paths: Paths
  bus: Bus
  scope: EventScope
  /** Where tool output that was cut is kept. */
  outputDir: string
  config(): Promise<{ config: Config; claims: Claims }>
  approvals: Approvals
}

export interface Mcp extends McpService {
  /** Tools of the servers that are connected now; waits once, a few seconds at most, for those that are just starting. */
  tools(taken: Iterable<string>): Promise<McpTool[]>
  /** The servers' prompts as slash commands; `prompt()` gives what such a command says. */
  commands(): Promise<Command[]>
  /** What such a command says. Words go to the prompt's arguments in order, quotes keep them together, the last takes the rest. */
  commandText(name: string, args: string, signal: AbortSignal): Promise<string>
  /** Looks at the configuration again with the next use; servers that it leaves as they are stay connected. */
  reload(): void
  /** Ends every server with everything it started. */
  close(): Promise<void>
}

interface Entry {
  spec: Spec
  print: string
  /** As configured. */
  enabled: boolean
  /** Whether it is to be connected: as configured, or as the user said since. */
  wanted: boolean
  /** Why it is not started. */
  barred?: string
  server?: Server
  /** From POST /mcp. */
  added: boolean
}

/** The MCP servers of one directory. Nothing is loaded or started before a server is configured and somebody asks. */
export function createMcp(options: McpOptions): Mcp {
  const { bus, scope, env } = options
  const store = new AuthFile(options.paths.data)
  const entries = new Map<string, Entry>()
  let seen: Config | undefined
  let limit = MAX_OUTPUT
  let timeout = CONNECT_MS
  let closed = false
  let patience: Promise<void> | undefined

  const changed = (name: string) => bus.publish(scope, "mcp.tools.changed", { server: name })

  const ensure = async (name: string, entry: Entry): Promise<Server | undefined> => {
    if (entry.server || entry.spec.kind === "broken") return entry.server
    const { Server } = await import("./server.ts")
    if (closed || entries.get(name) !== entry) return undefined
    entry.server ??= new Server({
      name,
      spec: entry.spec,
      directory: options.directory,
      env,
      version: options.version,
      timeout,
      store,
      onChange: (kind) => {
        if (kind === "tools" && !closed) changed(name)
      },
    })
    return entry.server
  }

  const start = async (name: string, entry: Entry): Promise<void> => {
    if (!entry.wanted || entry.barred !== undefined || closed) return
    await (await ensure(name, entry))?.connect()
  }

  const ending = new Set<Promise<void>>()
  const end = async (server: Server | undefined): Promise<void> => {
    if (!server) return
    const work = server.close()
    ending.add(work)
    try {
      await work
    } finally {
      ending.delete(work)
    }
  }

  const drop = async (name: string): Promise<void> => {
    const entry = entries.get(name)
    entries.delete(name)
    await end(entry?.server)
  }

  const bar = (name: string, spec: Spec, print: string, claims: Claims): string | undefined => {
    const claim = claims.mcp.get(name)
    if (!claim || spec.kind === "broken" || options.approvals.has(name, print)) return undefined
    if (spec.kind === "remote" && !claim.borrows) return undefined
    const what =
      spec.kind === "local"
        ? `would run "${spec.command.join(" ").replace(/\s+/g, " ").slice(0, 200)}" on this machine`
        : `would send something from your environment or files to ${spec.url}`
    return (
      `Not started: ${claim.path} of this project ${what}. If you trust that, connect the server (the approval is for this project and exactly ` +
      `this setting), put mcp.${name} into your global config, or set ${TRUST}=1 in the environment.`
    )
  }

  /** Brings the entries in line with the configuration and starts what is new. */
  const sync = async (): Promise<void> => {
    const { config, claims } = await options.config()
    if (config === seen || closed) return
    seen = config
    limit = Math.min(config.tool_output?.max_bytes ?? MAX_OUTPUT, MAX_OUTPUT)
    timeout = timeoutOf(config)
    const wanted = config.mcp ?? {}
    for (const [name, entry] of entries) if (!entry.added && !Object.hasOwn(wanted, name)) void drop(name)
    for (const [name, one] of Object.entries(wanted)) {
      const known = entries.get(name)
      if (known?.added) continue
      const spec = specOf(one)
      if (!spec) {
        void drop(name)
        continue
      }
      const print = fingerprint(spec)
      const enabled = one.enabled !== false
      const barred = bar(name, spec, print, claims)
      // What the user did by hand stays until the setting itself changes.
      if (known?.print === print && known.barred === barred && known.enabled === enabled) continue
      void drop(name)
      entries.set(name, {
        spec,
        print,
        enabled,
        wanted: enabled,
        added: false,
        ...(barred === undefined ? {} : { barred }),
      })
    }
    const starting = [...entries].map(([name, entry]) => start(name, entry))
    if (starting.length === 0) return
    const first = waitAtMost(Promise.all(starting), PATIENCE_MS)
    patience = first
    void first.finally(() => {
      if (patience === first) patience = undefined
    })
  }

  /** Up to date, with a little time for servers that have just been started. */
  const settled = async () => {
    await sync()
    await patience
  }

  const entryOf = async (name: string): Promise<Entry> => {
    await sync()
    const entry = entries.get(name)
    if (!entry) throw new McpServerNotFoundError(name)
    return entry
  }

  const statusOf = (entry: Entry): McpStatus => {
    if (entry.spec.kind === "broken") return { status: "failed", error: entry.spec.problem }
    if (!entry.wanted) return { status: "disabled" }
    if (entry.barred !== undefined) return { status: "failed", error: entry.barred }
    return entry.server?.status ?? { status: "failed", error: "It is still being started. Look again in a moment." }
  }

  const statuses = () => Object.fromEntries([...entries].map(([name, entry]) => [name, statusOf(entry)]))

  const connect = async (name: string, entry: Entry): Promise<void> => {
    if (entry.barred !== undefined) {
      options.approvals.add(name, entry.print)
      delete entry.barred
    }
    entry.wanted = true
    await start(name, entry)
  }

  const loginOf = async (name: string): Promise<{ entry: Entry; server: Server }> => {
    const entry = await entryOf(name)
    const server = await ensure(name, entry)
    if (!server?.login) throw new McpOAuthError(`MCP server ${name} does not support OAuth`)
    // The first refusal tells where the login is.
    if (entry.wanted && entry.barred === undefined) await server.connect()
    return { entry, server }
  }

  const begin = async (name: string) => {
    const { entry, server } = await loginOf(name)
    if (!server.login) throw new McpOAuthError(`MCP server ${name} does not support OAuth`)
    const login = server.login
    const { address, state, code } = await login.begin().catch((error: unknown) => {
      throw new McpOAuthError(error instanceof Error ? error.message : String(error))
    })
    const complete =
      address === "" ? connect(name, entry) : code.then((it) => login.finish(it)).then(() => connect(name, entry))
    complete.catch((error: unknown) => {
      // A login that was only begun has nobody who waits for its end: the state says it.
      if (!(error instanceof LoginCancelledError)) server.failed(error)
    })
    return { entry, server, address, state, complete }
  }

  const up = async () => {
    await settled()
    return [...entries.values()].flatMap((entry) =>
      entry.server?.status?.status === "connected" ? [entry.server] : [],
    )
  }

  return {
    async status() {
      await settled()
      return statuses()
    },

    async add(name, config) {
      await sync()
      const spec: Spec = specOf(config) ?? { kind: "broken", problem: "It has neither a command nor a url." }
      const before = entries.get(name)
      const enabled = config.enabled !== false
      const entry: Entry = { spec, print: fingerprint(spec), enabled, wanted: enabled, added: true }
      entries.set(name, entry)
      await end(before?.server)
      await start(name, entry)
      return statuses()
    },

    async connect(name) {
      const entry = await entryOf(name)
      await connect(name, entry)
      return statusOf(entry).status === "connected"
    },

    async disconnect(name) {
      const entry = await entryOf(name)
      entry.wanted = false
      const server = entry.server
      delete entry.server
      await end(server)
      if (server) changed(name)
      return true
    },

    async startAuth(name) {
      const { address, state } = await begin(name)
      return { authorizationUrl: address, oauthState: state }
    },

    async finishAuth(name, code) {
      const { entry, server } = await loginOf(name)
      await server.login?.finish(code).catch((error: unknown) => {
        throw new McpOAuthError(error instanceof Error ? error.message : String(error))
      })
      await connect(name, entry)
      return statusOf(entry)
    },

    async authenticate(name) {
      const { entry, address, complete } = await begin(name)
      if (address !== "") {
        const { openBrowser } = await import("./oauth/browser.ts")
        const opened = await openBrowser(address, env)
        if (!opened) bus.publish(scope, "mcp.browser.open.failed", { mcpName: name, url: address })
      }
      try {
        await complete
      } catch (error) {
        return { status: "failed", error: error instanceof Error ? error.message : String(error) }
      }
      return statusOf(entry)
    },

    async removeAuth(name) {
      const entry = await entryOf(name)
      entry.server?.login?.cancel("The login was removed.")
      await store.remove(name)
      const server = entry.server
      if (!server?.login) return
      delete entry.server
      await end(server)
      await start(name, entry)
    },

    async prompts() {
      const servers = await up()
      if (servers.length === 0) return []
      const { safe } = await import("./tools.ts")
      return servers.flatMap((server) =>
        server.lists.prompts.map(
          (prompt): McpPrompt => ({
            name: `${safe(server.name)}:${safe(prompt.name)}`,
            server: server.name,
            prompt: prompt.name,
            ...(prompt.description ? { description: prompt.description } : {}),
            arguments: (prompt.arguments ?? []).map(({ name, description, required }) => ({
              name,
              ...(description ? { description } : {}),
              required: required === true,
            })),
          }),
        ),
      )
    },

    async prompt(name, args, signal) {
      const found = (await this.prompts()).find((each) => each.name === name)
      const server = found && entries.get(found.server)?.server
      if (!found || !server) throw new NotFoundError(`MCP prompt not found: ${name}`)
      return server.prompt(found.prompt, args, signal)
    },

    async resources() {
      return (await up()).flatMap((server) =>
        server.lists.resources.map(
          ({ name, uri, description, mimeType }): McpResource => ({
            name,
            uri,
            ...(description ? { description } : {}),
            ...(mimeType ? { mimeType } : {}),
            client: server.name,
          }),
        ),
      )
    },

    async offers() {
      await settled()
      const short = ({ name, description }: { name: string; description?: string | undefined }) => ({
        name,
        ...(description ? { description: description.slice(0, DESCRIPTION) } : {}),
      })
      return [...entries].map(([name, entry]): McpOffer => {
        const lists = entry.server?.status?.status === "connected" ? entry.server.lists : undefined
        return {
          name,
          status: statusOf(entry),
          added: entry.added,
          login: entry.spec.kind === "remote" && entry.spec.oauth !== false,
          tools: lists?.tools.map(short) ?? [],
          prompts: lists?.prompts.map(short) ?? [],
          resources: lists?.resources.map((resource) => ({ ...short(resource), uri: resource.uri })) ?? [],
        }
      })
    },

    async readResource(client, uri, signal) {
      const entry = await entryOf(client)
      await patience
      if (!entry.server) throw new Error(`The MCP server ${client} is not connected.`)
      return entry.server.read(uri, signal)
    },

    async tools(taken) {
      const servers = await up()
      if (servers.length === 0) return []
      const { toTools } = await import("./tools.ts")
      const names = new Set(taken)
      return servers.flatMap((server) => toTools(server, { outputDir: options.outputDir, maxChars: limit }, names))
    },

    async commands() {
      return (await this.prompts()).map(
        (prompt): Command => ({
          name: prompt.name,
          source: "mcp",
          description: prompt.description ?? `The prompt ${prompt.prompt} of the MCP server ${prompt.server}`,
          // What it says is asked of the server when the command is used.
          template: "",
          hints: prompt.arguments.map((_, index) => `$${index + 1}`),
        }),
      )
    },

    async commandText(name, args, signal) {
      const found = (await this.prompts()).find((each) => each.name === name)
      if (!found) throw new NotFoundError(`MCP prompt not found: ${name}`)
      const words = wordsOf(args, found.arguments.length)
      const named = found.arguments.flatMap((each, index): [string, string][] => {
        const word = words[index]
        return word === undefined ? [] : [[each.name, word]]
      })
      const missing = found.arguments.filter((each, index) => each.required && words[index] === undefined)
      if (missing.length > 0) throw new Error(`It needs ${missing.map((each) => each.name).join(", ")} after its name.`)
      return (await this.prompt(name, Object.fromEntries(named), signal)).text
    },

    reload() {
      seen = undefined
    },

    async close() {
      closed = true
      await Promise.all([...[...entries.keys()].map(drop), ...ending])
    },
  }
}

/** The first `count - 1` words, then all the rest as one. */
function wordsOf(text: string, count: number): string[] {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
  if (words.length <= count) return words.map((word) => word[1] ?? word[2] ?? word[3] ?? "")
  const last = words[count - 1]
  return last ? [...wordsOf(text.slice(0, last.index), count - 1), text.slice(last.index).trim()] : []
}

function timeoutOf(config: Config): number {
  const experimental = config.experimental
  if (typeof experimental !== "object" || experimental === null || !("mcp_timeout" in experimental)) return CONNECT_MS
  const value = experimental.mcp_timeout
  return typeof value === "number" && value > 0 ? Math.min(value, LONGEST_MS) : CONNECT_MS
}

async function waitAtMost(work: Promise<unknown>, limit: number): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(() => late.resolve(), limit)
  await Promise.race([work.catch(() => undefined), late.promise])
  clearTimeout(timer)
}
