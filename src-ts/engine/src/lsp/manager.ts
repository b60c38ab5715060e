import { extname, relative, resolve } from "node:path"
import type { Bus, EventScope } from "../bus/index.ts"
import { type Claims, type Config, TRUST } from "../config/index.ts"
import type { ConfigWarning } from "../config/types.ts"
import { contains, slashed } from "../file/index.ts"
import { installedCommand, type Surroundings, topOf } from "../installed/index.ts"
import { lineOf, toSymbols } from "./answers.ts"
import type { LanguageClient } from "./client.ts"
import { hasMarker, rootOf, typescriptBeside } from "./find.ts"
import { PROGRAMS, type ServerSpec, serversOf } from "./servers.ts"
import type { CodeSymbol, Diagnostic, Findings, LspService, LspStatus } from "./types.ts"

/** How long an edit waits for what servers say about it, all together; starting one for the first time may take longer. */
const WAIT_MS = 3000
const FIRST_WAIT_MS = 8000
/** Pauses after a server has ended by itself, then it is left alone until the configuration changes. */
const BACKOFF_MS = [1000, 5000, 20_000, 60_000]
/** Without use for so long it is ended; the next use starts it again. */
const IDLE_MS = 15 * 60_000
const MAX_FILES = 5
const MAX_LINES = 20
const MAX_OTHERS = 3

export interface LspOptions extends Surroundings {
  version: string
  bus: Bus
  scope: EventScope
  config(): Promise<{ config: Config; claims: Claims }>
  /** Milliseconds that an edit waits for a server that is being started, and for one that runs. */
  patience?: { first: number; next: number }
}

export interface Lsp extends LspService {
  /** What servers find in files that were just changed. Returns at once when there is no server for them. */
  diagnose(files: string[], signal: AbortSignal): Promise<Findings>
  /** Running servers for a file, started if need be, with the file shown to them. Throws Error that says why there is none. */
  open(file: string, signal: AbortSignal): Promise<LanguageClient[]>
  /** Findings about one file, waited for. */
  inspect(file: string, signal: AbortSignal): Promise<Diagnostic[]>
  /** Whether a server could be of use here: one runs, or the directory's top has a project for one that is installed. */
  available(): Promise<boolean>
  /** What the project's files wanted to run and may not. */
  warnings(): Promise<ConfigWarning[]>
  reload(): void
  close(): Promise<void>
}

interface Entry {
  spec: ServerSpec
  root: string
  client?: LanguageClient
  starting?: Promise<LanguageClient | undefined>
  /** An edit has already waited for this start in vain. */
  slow: boolean
  failures: number
  retryAt: number
  error?: string
  used: number
}

/** The language servers of one directory, each started with the first file that it is for. */
export function createLsp(options: LspOptions): Lsp {
  const { bus, scope, patience = { first: FIRST_WAIT_MS, next: WAIT_MS } } = options
  const entries = new Map<string, Entry>()
  const stopping = new AbortController()
  const commands = new Map<string, Promise<string[] | undefined>>()
  let seen: Config | undefined
  let specs: ServerSpec[] = []
  let useful: Promise<boolean> | undefined
  let sweeper: NodeJS.Timeout | undefined

  const updated = () => {
    if (!stopping.signal.aborted) bus.publish(scope, "lsp.updated", {})
  }

  const sync = async () => {
    const { config, claims } = await options.config()
    if (config === seen) return
    const next = serversOf(config.lsp, new Set(claims.lsp.keys()))
    seen = config
    specs = next
    useful = undefined
    commands.clear()
    // Servers that are configured otherwise now end; the next use starts them anew.
    for (const [key, entry] of entries) {
      const now = next.find(({ id }) => id === entry.spec.id)
      if (now && JSON.stringify(now) === JSON.stringify(entry.spec)) continue
      entries.delete(key)
      void entry.client?.stop()
    }
  }

  const find = (spec: ServerSpec, root: string) => {
    const key = `${spec.id}\0${root}`
    const known = commands.get(key) ?? installedCommand(spec, root, options)
    commands.set(key, known)
    return known
  }

  const launch = async (entry: Entry, command: string[]): Promise<LanguageClient | undefined> => {
    const { LanguageClient } = await import("./client.ts")
    const { spec, root } = entry
    const beside = spec.id === "typescript" ? await typescriptBeside(command[0] ?? "") : undefined
    const initialization = { ...(beside ? { tsserver: { fallbackPath: beside } } : {}), ...spec.initialization }
    const failed = (reason: string) => {
      delete entry.client
      entry.error = reason
      const pause = BACKOFF_MS[entry.failures]
      entry.failures += 1
      entry.retryAt = pause === undefined ? Number.POSITIVE_INFINITY : Date.now() + pause
      updated()
    }
    try {
      const client = await LanguageClient.start(
        {
          command,
          root,
          env: options.env,
          more: spec.env ?? {},
          initialization,
          version: options.version,
          onDiagnostics: (path) => bus.publish(scope, "lsp.client.diagnostics", { serverID: spec.id, path }),
          onEnd: (reason) => {
            if (entry.client !== undefined) failed(reason)
          },
        },
        stopping.signal,
      )
      if (stopping.signal.aborted) {
        await client.stop()
        return undefined
      }
      entry.client = client
      delete entry.error
      updated()
      sweep()
      return client
    } catch (error) {
      if (!stopping.signal.aborted) failed(error instanceof Error ? error.message : String(error))
      return undefined
    } finally {
      delete entry.starting
    }
  }

  /** The servers for a file, whether or not they run. */
  const entriesFor = async (file: string): Promise<Entry[]> => {
    await sync()
    const extension = extname(file).slice(1).toLowerCase()
    const found: Entry[] = []
    for (const spec of specs) {
      if (!spec.extensions.includes(extension)) continue
      const root = await rootOf(file, spec, options)
      if (root === undefined) continue
      const key = `${spec.id}\0${root}`
      const known = entries.get(key)
      if (known) {
        found.push(known)
        continue
      }
      if (!(await find(spec, root)) || stopping.signal.aborted) continue
      const entry = entries.get(key) ?? { spec, root, slow: false, failures: 0, retryAt: 0, used: Date.now() }
      entries.set(key, entry)
      found.push(entry)
    }
    return found
  }

  /** The running server of an entry, started unless it failed too lately. */
  const running = async (entry: Entry): Promise<LanguageClient | undefined> => {
    entry.used = Date.now()
    if (entry.client) return entry.client
    if (entry.starting) return entry.starting
    if (Date.now() < entry.retryAt || stopping.signal.aborted) return undefined
    entry.slow = false
    const start = find(entry.spec, entry.root).then((command) => (command ? launch(entry, command) : undefined))
    entry.starting = start
    return start
  }

  /** Ends servers that nobody has used for long. */
  const sweep = () => {
    sweeper ??= setInterval(() => {
      for (const entry of entries.values()) {
        const { client } = entry
        if (!client || Date.now() - entry.used < IDLE_MS) continue
        delete entry.client
        void client.stop().then(updated)
      }
    }, IDLE_MS / 5).unref()
  }

  const within = async <T>(work: Promise<T>, ms: number): Promise<T | undefined> => {
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => late.resolve(undefined), ms)
    try {
      return await Promise.race([work, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Shows a file to a server and waits for its findings. */
  const check = async (
    entry: Entry,
    file: string,
    until: number,
    signal: AbortSignal,
  ): Promise<LanguageClient | undefined> => {
    if (entry.starting && entry.slow) return undefined
    const client = await within(running(entry), Math.max(0, until - Date.now()))
    if (!client) {
      entry.slow = true
      return undefined
    }
    const mark = await client.sync(file)
    if (mark !== undefined) await client.settled(file, mark, Math.max(0, until - Date.now()), signal)
    return client
  }

  const label = (file: string) => {
    const way = relative(topOf(options), file)
    return slashed(way === "" || way.startsWith("..") ? file : way)
  }

  const service: Lsp = {
    status: () =>
      [...entries.values()].flatMap((entry): LspStatus[] => {
        if (!entry.client && entry.error === undefined) return []
        const root = slashed(relative(options.directory, entry.root)) || "."
        return [{ id: entry.spec.id, name: entry.spec.id, root, status: entry.client ? "connected" : "error" }]
      }),

    async symbols(query, signal) {
      const clients = [...entries.values()].flatMap(({ client }) => client ?? [])
      const answers = await Promise.all(
        clients.map(async (client): Promise<CodeSymbol[]> => {
          if (!client.capabilities.workspaceSymbolProvider) return []
          return toSymbols(await client.request("workspace/symbol", { query }, signal).catch(() => []))
        }),
      )
      return answers.flat().slice(0, 100)
    },

    async diagnose(files, signal) {
      const nothing: Findings = { text: "", diagnostics: {} }
      const wanted = [...new Set(files)].slice(0, MAX_FILES)
      const pairs = (await Promise.all(wanted.map(async (file) => ({ file, found: await entriesFor(file) })))).flatMap(
        ({ file, found }) => found.map((entry) => ({ file, entry })),
      )
      if (pairs.length === 0) return nothing
      const fresh = pairs.some(({ entry }) => !entry.client && !entry.slow)
      const until = Date.now() + (fresh ? patience.first : patience.next)
      const clients = await Promise.all(
        pairs.map(({ file, entry }) => check(entry, file, until, signal).catch(() => undefined)),
      )
      return report(new Set(clients.filter((client) => client !== undefined)), new Set(wanted), label)
    },

    async open(file, signal) {
      const found = await entriesFor(file)
      if (found.length === 0) {
        throw new Error(
          `No language server is installed for ${label(file)}. Install one on PATH or in the project, or set lsp in the configuration.`,
        )
      }
      const clients = await Promise.all(found.map((entry) => running(entry)))
      signal.throwIfAborted()
      const up = clients.filter((client) => client !== undefined)
      if (up.length === 0) {
        const why = found.map((entry) => `${entry.spec.id}: ${entry.error ?? "could not be started"}`).join("; ")
        throw new Error(`The language server for ${label(file)} does not run. ${why}`)
      }
      await Promise.all(
        up.map(async (client) => {
          const mark = await client.sync(file)
          // Before it has looked at a new file it answers from that file alone.
          if (mark !== undefined) await client.settled(file, mark, patience.next, signal)
        }),
      )
      return up
    },

    async inspect(file, signal) {
      const clients = await service.open(file, signal)
      const until = Date.now() + patience.first
      const found = await entriesFor(file)
      await Promise.all(found.map((entry) => check(entry, file, until, signal)))
      return clients.flatMap((client) => client.diagnostics(file))
    },

    async available() {
      await sync()
      if ([...entries.values()].some(({ client }) => client)) return true
      useful ??= (async () => {
        const top = topOf(options)
        const candidates = specs.filter(({ id, configured }) => configured || PROGRAMS.has(id))
        const installed = await Promise.all(
          candidates.map(async (spec) => {
            const roots = [...new Set([options.directory, top])]
            const marked =
              spec.configured || (await Promise.all(roots.map((root) => hasMarker(root, spec)))).includes(true)
            return marked && (await find(spec, options.directory)) !== undefined
          }),
        )
        return installed.includes(true)
      })()
      return useful
    },

    async warnings() {
      const { claims } = await options.config()
      return [...claims.lsp].map(([id, { path }]) => ({
        path,
        message: `The language server lsp.${id} of this project is not used: the project would choose what runs on this machine. If you trust it, put lsp.${id} into your global config, or set ${TRUST}=1 in the environment.`,
      }))
    },

    reload() {
      seen = undefined
      for (const entry of entries.values()) {
        entry.failures = 0
        entry.retryAt = 0
      }
    },

    async close() {
      stopping.abort(new Error("The directory was closed."))
      clearInterval(sweeper)
      const all = [...entries.values()]
      entries.clear()
      await Promise.all(
        all.map(async (entry) => {
          await entry.starting?.catch(() => undefined)
          await entry.client?.stop()
        }),
      )
    },
  }
  return service

  function report(clients: Set<LanguageClient>, changed: Set<string>, name: (file: string) => string): Findings {
    const diagnostics: Record<string, Diagnostic[]> = {}
    for (const client of clients) {
      for (const file of client.reported) {
        const errors = client.diagnostics(file).filter(({ severity }) => (severity ?? 1) === 1)
        const ours = changed.has(file) || contains(topOf(options), resolve(file))
        if (errors.length > 0 && ours) diagnostics[file] = [...(diagnostics[file] ?? []), ...errors]
      }
    }
    const own = Object.keys(diagnostics).filter((file) => changed.has(file))
    const others = Object.keys(diagnostics)
      .filter((file) => !changed.has(file))
      .slice(0, MAX_OTHERS)
    const blocks = [...own, ...others].map((file) => {
      const found = diagnostics[file] ?? []
      const limit = changed.has(file) ? MAX_LINES : 5
      const more = found.length > limit ? [`… and ${found.length - limit} more`] : []
      return [`${name(file)}:`, ...found.slice(0, limit).map(lineOf), ...more].join("\n")
    })
    const kept = Object.fromEntries(
      [...own, ...others].map((file) => [file, (diagnostics[file] ?? []).slice(0, MAX_LINES)]),
    )
    if (blocks.length === 0) return { text: "", diagnostics: {} }
    return { text: `The language server finds errors now:\n${blocks.join("\n")}`, diagnostics: kept }
  }
}
