import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js"
import type { EngineOptions } from "../engine.ts"
import { type Connection, type Lists, openConnection } from "./connection.ts"
import { ofPrompt, ofResource, ofTool } from "./content.ts"
import { Login, NeedsLoginError, NeedsRegistrationError } from "./oauth/login.ts"
import type { AuthFile } from "./oauth/store.ts"
import type { Spec } from "./spec.ts"
import type { McpContent, McpStatus } from "./types.ts"

/** A tool may work for a while; progress that it reports starts the time anew. */
const CALL_MS = 120_000
/** Pauses before a server that was up and ended is started again; after the last one it stays down. */
const RESTARTS_MS = [1000, 5000, 20_000]
/** Up for so long, it counts as sound again. */
const SOUND_MS = 120_000

export interface ServerOptions {
  name: string
  spec: Exclude<Spec, { kind: "broken" }>
  directory: string
  env: EngineOptions["env"]
  version: string
  /** Milliseconds for connecting. */
  timeout: number
  store: AuthFile
  /** The server's state or one of its lists is another. */
  onChange(kind: keyof Lists): void
}

type State =
  | { kind: "idle" }
  | { kind: "connecting"; attempt: Promise<void> }
  | { kind: "up"; connection: Connection; since: number }
  | { kind: "down"; status: McpStatus; error?: Error }

const NOTHING: Lists = { tools: [], prompts: [], resources: [] }

/** One server: connected, kept connected, and called. Loads the MCP library, so make one only when it is needed. */
export class Server {
  readonly name: string
  readonly login: Login | undefined
  readonly #options: ServerOptions
  #state: State = { kind: "idle" }
  #abort = new AbortController()
  #restarts = 0
  #restart: NodeJS.Timeout | undefined

  constructor(options: ServerOptions) {
    this.#options = options
    this.name = options.name
    const { spec } = options
    if (spec.kind === "remote" && spec.oauth !== false) {
      this.login = new Login({ name: options.name, url: spec.url, config: spec.oauth, store: options.store })
    }
  }

  /** `undefined` while it connects for the first time. */
  get status(): McpStatus | undefined {
    if (this.#state.kind === "up") return { status: "connected" }
    return this.#state.kind === "down" ? this.#state.status : undefined
  }

  get lists(): Lists {
    return this.#state.kind === "up" ? this.#state.connection.lists : NOTHING
  }

  get #connection(): Connection | undefined {
    return this.#state.kind === "up" ? this.#state.connection : undefined
  }

  /** Resolves when it is connected or has failed; never rejects. */
  connect(): Promise<void> {
    if (this.#state.kind === "connecting") return this.#state.attempt
    if (this.#state.kind === "up" || this.#abort.signal.aborted) return Promise.resolve()
    clearTimeout(this.#restart)
    const attempt = this.#open()
    this.#state = { kind: "connecting", attempt }
    return attempt
  }

  async close(): Promise<void> {
    clearTimeout(this.#restart)
    this.#abort.abort(new Error("The server was disconnected."))
    this.login?.cancel("The server was disconnected.")
    const state = this.#state
    this.#state = { kind: "down", status: { status: "disabled" } }
    if (state.kind === "connecting") await state.attempt
    if (state.kind === "up") await state.connection.close()
  }

  async #open(): Promise<void> {
    const { spec, directory, env, version, timeout } = this.#options
    const signal = this.#abort.signal
    const mine: { connection?: Connection } = {}
    if (this.login) this.login.refusal = undefined
    try {
      mine.connection = await openConnection({
        spec,
        directory,
        env,
        version,
        timeout: spec.timeout ?? timeout,
        signal,
        ...(this.login ? { fetch: this.login.fetch } : {}),
        onChanged: (kind) => this.#options.onChange(kind),
        onLost: (reason) => {
          if (this.#state.kind === "up" && this.#state.connection === mine.connection) this.#lost(reason)
        },
      })
      if (signal.aborted) return await mine.connection.close()
      this.#state = { kind: "up", connection: mine.connection, since: Date.now() }
    } catch (error) {
      if (signal.aborted) return
      this.#fail(this.login?.refusal ?? error)
    }
    this.#options.onChange("tools")
  }

  /** A login to it failed: said by its state until it is connected again. */
  failed(error: unknown) {
    if (this.#state.kind === "up" || this.#abort.signal.aborted) return
    this.#fail(error)
    this.#options.onChange("tools")
  }

  #fail(error: unknown) {
    const known = error instanceof Error ? error : new Error(String(error))
    this.#state = { kind: "down", status: statusOf(known), error: known }
  }

  /** It was up and is gone: said at once, and tried again some times. */
  #lost(reason: string) {
    if (this.#state.kind !== "up") return
    if (Date.now() - this.#state.since > SOUND_MS) this.#restarts = 0
    void this.#state.connection.close()
    const wait = RESTARTS_MS[this.#restarts]
    this.#restarts += 1
    const then =
      wait === undefined ? "It ended too often; connect it again when it is repaired." : "It is being started again."
    this.#state = { kind: "down", status: { status: "failed", error: `${reason} ${then}` } }
    this.#options.onChange("tools")
    if (wait === undefined) return
    this.#restart = setTimeout(() => void this.connect(), wait)
    this.#restart.unref()
  }

  /** Calls a tool. Rejects with what went wrong, for the model to read. */
  async call(
    tool: string,
    args: Record<string, unknown>,
    options: {
      signal: AbortSignal
      onProgress(progress: { progress: number; total?: number; message?: string }): void
    },
  ): Promise<McpContent & { isError: boolean }> {
    const { spec } = this.#options
    const request = {
      signal: options.signal,
      timeout: spec.timeout ?? CALL_MS,
      resetTimeoutOnProgress: true,
      onprogress: (it: { progress: number; total?: number | undefined; message?: string | undefined }) =>
        options.onProgress({
          progress: it.progress,
          ...(it.total === undefined ? {} : { total: it.total }),
          ...(it.message === undefined ? {} : { message: it.message }),
        }),
    }
    const result = await this.#request((connection) =>
      connection.client.callTool({ name: tool, arguments: args }, undefined, request),
    )
    // Servers of the oldest protocol answer with toolResult.
    if (!Array.isArray(result.content))
      return { text: JSON.stringify(result.toolResult ?? {}), attachments: [], isError: false }
    return { ...ofTool(result as Parameters<typeof ofTool>[0]), isError: result.isError === true }
  }

  async prompt(prompt: string, args: Record<string, string>, signal?: AbortSignal): Promise<McpContent> {
    const result = await this.#request((connection) =>
      connection.client.getPrompt({ name: prompt, arguments: args }, this.#plain(signal)),
    )
    return ofPrompt(result)
  }

  async read(uri: string, signal?: AbortSignal): Promise<McpContent> {
    return ofResource(await this.#request((connection) => connection.client.readResource({ uri }, this.#plain(signal))))
  }

  #plain(signal: AbortSignal | undefined) {
    const timeout = this.#options.spec.timeout ?? this.#options.timeout
    return signal ? { timeout, signal } : { timeout }
  }

  async #request<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#state.kind === "connecting") await this.#state.attempt
    if (this.#state.kind !== "up")
      throw new Error(`The MCP server ${this.name} is not connected. ${reasonOf(this.status)}`.trim())
    const { connection } = this.#state
    try {
      return await body(connection)
    } catch (error) {
      // The server has forgotten our session, so it has not done what we asked.
      if (error instanceof StreamableHTTPError && error.code === 404) {
        this.#state = { kind: "idle" }
        await connection.close()
        await this.connect()
        const again = this.#connection
        if (again) return await body(again)
      }
      throw this.#explain(error, connection)
    }
  }

  #explain(error: unknown, connection: Connection): Error {
    const refusal = this.login?.refusal ?? error
    if (refusal instanceof NeedsLoginError || refusal instanceof NeedsRegistrationError) {
      if (this.#state.kind === "up" && this.#state.connection === connection) {
        void connection.close()
        this.#fail(refusal)
        this.#options.onChange("tools")
      }
      return refusal
    }
    if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) {
      return new Error(`The MCP server ${this.name} did not answer in time.`)
    }
    if (error instanceof TypeError && error.cause instanceof Error) {
      const why = error.cause.message || String(error.cause)
      if (this.#state.kind === "up" && this.#state.connection === connection) this.#lost(`It can't be reached: ${why}.`)
      return new Error(`The MCP server ${this.name} can't be reached: ${why}`)
    }
    if (this.#state.kind === "down" && this.#state.status.status === "failed") {
      return new Error(`The MCP server ${this.name} failed during the call. ${this.#state.status.error}`)
    }
    return error instanceof Error ? error : new Error(String(error))
  }
}

function statusOf(error: Error): McpStatus {
  if (error instanceof NeedsLoginError) return { status: "needs_auth" }
  if (error instanceof NeedsRegistrationError) return { status: "needs_client_registration", error: error.message }
  return { status: "failed", error: error.message }
}

function reasonOf(status: McpStatus | undefined): string {
  if (status?.status === "needs_auth") return "It needs a login."
  return status && "error" in status ? status.error : ""
}
