import { readFile, stat } from "node:fs/promises"
import { basename } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node"
import type { InitializeParams, PublishDiagnosticsParams, ServerCapabilities } from "vscode-languageserver-protocol"
import type { EngineOptions } from "../engine.ts"
import { isObject } from "../json/index.ts"
import { type Child, startChild } from "../process/index.ts"
import { rangeOf } from "./answers.ts"
import { languageOf } from "./find.ts"
import type { Diagnostic } from "./types.ts"

const INITIALIZE_MS = 30_000
const REQUEST_MS = 10_000
const SHUTDOWN_MS = 500
/** So many requests in a row without an answer: it hangs. */
const MAX_SILENCE = 3
const MAX_FILE = 2 * 1024 * 1024
/** Bytes without the end of a message. */
const MAX_MESSAGE = 64 * 1024 * 1024
const MAX_OPEN = 200
const MAX_DIAGNOSTICS = 500
/** Servers send what they find in several steps. */
const QUIET_MS = 250

export interface ClientOptions {
  command: string[]
  root: string
  env: EngineOptions["env"]
  more: Record<string, string>
  initialization: Record<string, unknown>
  version: string
  onDiagnostics(file: string): void
  /** It ended, or was ended because it hung or sent what nobody understands. */
  onEnd(reason: string): void
}

interface Document {
  version: number
  text: string
}

/** One running language server. Loads the protocol library, so import it only when a server is started. */
export class LanguageClient {
  readonly #connection: MessageConnection
  readonly #child: Child
  readonly #options: ClientOptions
  readonly #documents = new Map<string, Document>()
  readonly #diagnostics = new Map<string, { items: Diagnostic[]; version?: number; at: number }>()
  readonly #watchers = new Set<(file: string) => void>()
  #capabilities: ServerCapabilities = {}
  #published = 0
  #silent = 0
  #over = false
  readonly #failed = Promise.withResolvers<never>()

  /** Starts a server and introduces us. Rejects with a message for people; nothing is left running then. */
  static async start(options: ClientOptions, signal: AbortSignal): Promise<LanguageClient> {
    const child = await startChild({
      command: options.command,
      cwd: options.root,
      env: options.env,
      more: options.more,
    })
    const client = new LanguageClient(options, child)
    try {
      await client.#initialize(signal)
      return client
    } catch (error) {
      await client.#finish()
      throw error
    }
  }

  private constructor(options: ClientOptions, child: Child) {
    this.#options = options
    this.#child = child
    this.#failed.promise.catch(() => undefined)
    let unfinished = 0
    let first = true
    child.stdout.on("data", (chunk: Buffer) => {
      unfinished += chunk.length
      if (first && !/^content-/i.test(chunk.toString("latin1", 0, 8)))
        this.#fail(`wrote to standard output what is not the protocol: ${chunk.toString("utf8", 0, 150).trim()}`)
      else if (unfinished > MAX_MESSAGE) this.#fail(`sent more than ${MAX_MESSAGE} bytes without the end of a message`)
      first = false
    })
    const reader = new StreamMessageReader(child.stdout)
    reader.onError((error) => this.#fail(`sent what can't be read: ${error.message}`))
    reader.onPartialMessage(() => undefined)
    this.#connection = createMessageConnection(reader, new StreamMessageWriter(child.stdin), {
      error: () => undefined,
      warn: () => undefined,
      info: () => undefined,
      log: () => undefined,
    })
    this.#connection.onError(() => undefined)
    this.#connection.onUnhandledNotification(() => {
      unfinished = 0
    })
    this.#answer(() => {
      unfinished = 0
    })
    this.#connection.listen()
    void child.ended.then((how) => this.#fail(how))
  }

  get capabilities(): ServerCapabilities {
    return this.#capabilities
  }

  /** Findings by absolute path. */
  diagnostics(file: string): Diagnostic[] {
    return this.#diagnostics.get(file)?.items ?? []
  }

  get reported(): string[] {
    return [...this.#diagnostics.keys()]
  }

  /**
   * Tells the server the file's content as it is on disk now. Returns a mark for `settled`, undefined when the file is too large,
   * no text or gone.
   */
  async sync(file: string): Promise<number | undefined> {
    if (this.#over) return undefined
    const info = await stat(file).catch(() => undefined)
    const uri = pathToFileURL(file).href
    if (!info?.isFile() || info.size > MAX_FILE) {
      if (this.#documents.delete(file)) await this.#notify("textDocument/didClose", { textDocument: { uri } })
      this.#diagnostics.delete(file)
      return undefined
    }
    const text = await readFile(file, "utf8")
    const mark = this.#published
    const known = this.#documents.get(file)
    if (!known) {
      await this.#makeRoom()
      this.#documents.set(file, { version: 1, text })
      await this.#notify("textDocument/didOpen", {
        textDocument: { uri, languageId: languageOf(file), version: 1, text },
      })
      return mark
    }
    if (known.text !== text) {
      const version = known.version + 1
      this.#documents.set(file, { version, text })
      await this.#notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] })
      await this.#notify("textDocument/didSave", { textDocument: { uri }, text })
      return mark
    }
    // Nothing new will be said about it.
    return this.#diagnostics.has(file) ? -1 : mark
  }

  /** Waits until the server has said what it finds in the file since `mark`, and nothing more for a moment. False when the time is up. */
  async settled(file: string, mark: number, ms: number, signal: AbortSignal): Promise<boolean> {
    if (mark < 0) return true
    const done = Promise.withResolvers<boolean>()
    const version = this.#documents.get(file)?.version
    let quiet: NodeJS.Timeout | undefined
    const look = (about: string) => {
      const found = this.#diagnostics.get(file)
      if (about !== file || !found || found.at <= mark) return
      if (found.version !== undefined && version !== undefined && found.version < version) return
      clearTimeout(quiet)
      quiet = setTimeout(() => done.resolve(true), QUIET_MS)
    }
    const stop = () => done.resolve(false)
    const timer = setTimeout(stop, ms)
    signal.addEventListener("abort", stop, { once: true })
    this.#watchers.add(look)
    look(file)
    if (signal.aborted || this.#over) stop()
    try {
      return await Promise.race([done.promise, this.#failed.promise.catch(() => false)])
    } finally {
      clearTimeout(timer)
      clearTimeout(quiet)
      signal.removeEventListener("abort", stop)
      this.#watchers.delete(look)
    }
  }

  /** Asks the server. Rejects when it refuses, or does not answer within ten seconds. */
  async request(method: string, params: object, signal?: AbortSignal, ms = REQUEST_MS): Promise<unknown> {
    if (this.#over) throw new Error("The language server is not running.")
    const source = new CancellationTokenSource()
    const stopped = Promise.withResolvers<never>()
    stopped.promise.catch(() => undefined)
    const timer = setTimeout(() => {
      this.#silent += 1
      source.cancel()
      stopped.reject(new Error(`The language server did not answer ${method} within ${ms / 1000} s.`))
      if (this.#silent >= MAX_SILENCE) this.#fail("did not answer any more")
    }, ms)
    const onAbort = () => {
      source.cancel()
      stopped.reject(signal?.reason)
    }
    signal?.addEventListener("abort", onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      const answer = this.#connection.sendRequest(method, params, source.token)
      // The loser of the race may still fail.
      answer.catch(() => undefined)
      const result: unknown = await Promise.race([this.#failed.promise, answer, stopped.promise])
      this.#silent = 0
      return result
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", onAbort)
      source.dispose()
    }
  }

  /** Asks it to end, then ends it with everything it started. */
  async stop(): Promise<void> {
    if (!this.#over) {
      await this.request("shutdown", {}, undefined, SHUTDOWN_MS).catch(() => undefined)
      if (!this.#over) await this.#notify("exit", {})
    }
    await this.#finish()
  }

  async #finish(): Promise<void> {
    this.#over = true
    this.#connection.dispose()
    await this.#child.stop()
  }

  #fail(reason: string) {
    if (this.#over) return
    this.#over = true
    this.#failed.reject(new Error(`The language server ${reason}.`))
    this.#connection.dispose()
    void this.#child.stop()
    this.#options.onEnd(reason)
  }

  async #notify(method: string, params: object): Promise<void> {
    // Writing fails only when the process is gone, which is told otherwise.
    await this.#connection.sendNotification(method, params).catch(() => undefined)
  }

  /** The least recently opened document is closed when there are too many. */
  async #makeRoom(): Promise<void> {
    const oldest = this.#documents.keys().next().value
    if (this.#documents.size < MAX_OPEN || oldest === undefined) return
    this.#documents.delete(oldest)
    this.#diagnostics.delete(oldest)
    await this.#notify("textDocument/didClose", { textDocument: { uri: pathToFileURL(oldest).href } })
  }

  async #initialize(signal: AbortSignal): Promise<void> {
    const { root, initialization, version } = this.#options
    const uri = pathToFileURL(root).href
    const params: InitializeParams = {
      processId: process.pid,
      clientInfo: { name: "kilo", version },
      rootUri: uri,
      workspaceFolders: [{ uri, name: basename(root) }],
      initializationOptions: initialization,
      capabilities: {
        general: { positionEncodings: ["utf-16"] },
        window: { workDoneProgress: true },
        workspace: {
          configuration: true,
          workspaceFolders: true,
          didChangeConfiguration: { dynamicRegistration: true },
          didChangeWatchedFiles: { dynamicRegistration: true },
          symbol: {},
        },
        textDocument: {
          synchronization: { didSave: true },
          // No pulled diagnostics: servers then send them by themselves.
          publishDiagnostics: { versionSupport: true },
          hover: { contentFormat: ["markdown", "plaintext"] },
          definition: { linkSupport: true },
          implementation: { linkSupport: true },
          references: {},
          documentSymbol: { hierarchicalDocumentSymbolSupport: true },
        },
      },
    }
    const answer = await this.request("initialize", params, signal, INITIALIZE_MS)
    const found = isObject(answer) && isObject(answer.capabilities) ? answer.capabilities : undefined
    if (!found) throw new Error("The language server gave no usable answer to initialize.")
    this.#capabilities = found as ServerCapabilities
    await this.#notify("initialized", {})
    await this.#notify("workspace/didChangeConfiguration", { settings: initialization })
  }

  /** What servers ask and tell. */
  #answer(alive: () => void) {
    const on = (method: string, handler: (params: unknown) => unknown) =>
      this.#connection.onRequest(method, (params: unknown) => {
        alive()
        return handler(params)
      })
    on("workspace/configuration", (params) => {
      const items = isObject(params) && Array.isArray(params.items) ? params.items : []
      return items.map((item: unknown) => this.#setting(isObject(item) ? item.section : undefined))
    })
    on("workspace/workspaceFolders", () => [
      { uri: pathToFileURL(this.#options.root).href, name: basename(this.#options.root) },
    ])
    on("client/registerCapability", () => null)
    on("client/unregisterCapability", () => null)
    on("window/workDoneProgress/create", () => null)
    on("window/showMessageRequest", () => null)
    // Servers don't change files here: the agent does, and asks first.
    on("workspace/applyEdit", () => ({ applied: false, failureReason: "not supported" }))
    this.#connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      alive()
      this.#publish(params)
    })
    for (const method of ["$/progress", "window/logMessage", "window/showMessage", "telemetry/event"])
      this.#connection.onNotification(method, alive)
  }

  /** A section of the settings by its dotted name; servers cope with null. */
  #setting(section: unknown): unknown {
    let value: unknown = this.#options.initialization
    for (const key of typeof section === "string" && section !== "" ? section.split(".") : [])
      value = isObject(value) && Object.hasOwn(value, key) ? value[key] : null
    return value ?? null
  }

  #publish(params: PublishDiagnosticsParams) {
    if (!isObject(params) || typeof params.uri !== "string" || !Array.isArray(params.diagnostics)) return
    let file: string
    try {
      file = fileURLToPath(params.uri)
    } catch {
      return
    }
    this.#published += 1
    const version = typeof params.version === "number" ? { version: params.version } : {}
    const items = params.diagnostics.slice(0, MAX_DIAGNOSTICS).flatMap(toDiagnostic)
    // What servers say about files that we did not show them is of no use once it is empty.
    if (items.length === 0 && !this.#documents.has(file)) this.#diagnostics.delete(file)
    else this.#diagnostics.set(file, { items, at: this.#published, ...version })
    for (const watcher of this.#watchers) watcher(file)
    if (this.#documents.has(file)) this.#options.onDiagnostics(file)
  }
}

function toDiagnostic(value: unknown): Diagnostic[] {
  if (!isObject(value) || typeof value.message !== "string") return []
  const range = rangeOf(value.range)
  if (!range) return []
  const { severity, source, code } = value
  return [
    {
      range,
      message: value.message.slice(0, 2000),
      ...(typeof severity === "number" ? { severity } : {}),
      ...(typeof source === "string" ? { source } : {}),
      ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    },
  ]
}
