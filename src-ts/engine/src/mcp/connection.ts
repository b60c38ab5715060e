import { pathToFileURL } from "node:url"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import {
  ErrorCode,
  ListRootsRequestSchema,
  McpError,
  type Prompt,
  PromptListChangedNotificationSchema,
  type Resource,
  ResourceListChangedNotificationSchema,
  type Tool,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js"
import type { EngineOptions } from "../engine.ts"
import type { Spec } from "./spec.ts"
import { ChildTransport } from "./stdio.ts"

/** A server may split its lists into pages for ever. */
const MAX_PAGES = 50
const MAX_ITEMS = 1000
/** Several changes at once are one. */
const CHANGE_MS = 50

export interface Lists {
  tools: Tool[]
  prompts: Prompt[]
  resources: Resource[]
}

export interface ConnectionOptions {
  spec: Exclude<Spec, { kind: "broken" }>
  directory: string
  env: EngineOptions["env"]
  version: string
  /** Milliseconds for connecting, and for every list. */
  timeout: number
  signal: AbortSignal
  /** For remote servers: adds credentials. */
  fetch?: FetchLike
  onChanged(kind: keyof Lists): void
  /** The connection is over, not through `close()`. */
  onLost(reason: string): void
}

/** A server that answered, with what it offers. The lists are replaced when the server says that they changed. */
export interface Connection {
  readonly client: Client
  readonly lists: Lists
  close(): Promise<void>
}

/** Connects and reads the lists. Rejects with a message for people, or with what `fetch` threw; nothing is left running then. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { spec } = options
  if (spec.kind === "local") {
    const transport = new ChildTransport({
      command: spec.command,
      cwd: options.directory,
      env: options.env,
      more: spec.environment,
    })
    return open(transport, options)
  }
  const url = new URL(spec.url)
  const http = { requestInit: { headers: spec.headers }, ...(options.fetch ? { fetch: options.fetch } : {}) }
  try {
    return await open(new StreamableHTTPClientTransport(url, http), options)
  } catch (error) {
    if (!(error instanceof StreamableHTTPError) || !isOlder(error.code)) throw said(error, options)
  }
  // Servers from before streamable HTTP answer the first request with "no such method" or "no such page".
  try {
    return await open(new SSEClientTransport(url, http), options)
  } catch (error) {
    throw said(error, options)
  }
}

function isOlder(code: number | undefined): boolean {
  return code === -1 || code === 400 || code === 404 || code === 405 || code === 406 || code === 415
}

async function open(transport: Transport, options: ConnectionOptions): Promise<Connection> {
  const { directory, timeout, signal } = options
  const client = new Client(
    { name: "kilo", title: "Kilo", version: options.version },
    {
      capabilities: { roots: {} },
      // The default would compile schemas that the server chose into code.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  )
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: pathToFileURL(directory).href }] }))
  const lists: Lists = { tools: [], prompts: [], resources: [] }
  let ready = false
  let closing = false
  client.onclose = () => {
    if (ready && !closing) options.onLost(endOf(transport) || "The connection was closed.")
  }
  // Single bad messages are survived; what matters ends in onclose or in a failed request.
  client.onerror = () => undefined
  const close = async () => {
    closing = true
    await Promise.allSettled([transport.close(), client.close()])
  }
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const onAbort = () => failed.reject(signal.reason)
  signal.addEventListener("abort", onAbort, { once: true })
  const timer = setTimeout(
    () => failed.reject(McpError.fromError(ErrorCode.RequestTimeout, "Request timed out")),
    timeout,
  )
  try {
    signal.throwIfAborted()
    await Promise.race([client.connect(transport, { timeout, signal }), failed.promise])
    await Promise.race([readAll(client, lists, { timeout, signal }), failed.promise])
    watch(client, lists, options)
    ready = true
    return { client, lists, close }
  } catch (error) {
    await close()
    throw transport instanceof ChildTransport ? said(error, options, transport) : error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", onAbort)
  }
}

interface Request {
  timeout: number
  signal?: AbortSignal
}

async function readAll(client: Client, lists: Lists, request: Request): Promise<void> {
  lists.tools = await readTools(client, request)
  // A server whose tools work is useful even when these fail.
  const [prompts, resources] = await Promise.all([
    readPrompts(client, request).catch(() => []),
    readResources(client, request).catch(() => []),
  ])
  lists.prompts = prompts
  lists.resources = resources
}

async function readTools(client: Client, request: Request): Promise<Tool[]> {
  if (!client.getServerCapabilities()?.tools) return []
  const tools = await pages(async (cursor) => {
    const page = await client.listTools(cursor, request)
    return { items: page.tools, next: page.nextCursor }
  })
  // Tools that run only as background tasks can't be called in one request.
  return tools.filter((tool) => tool.execution?.taskSupport !== "required")
}

async function readPrompts(client: Client, request: Request): Promise<Prompt[]> {
  if (!client.getServerCapabilities()?.prompts) return []
  return pages(async (cursor) => {
    const page = await client.listPrompts(cursor, request)
    return { items: page.prompts, next: page.nextCursor }
  })
}

async function readResources(client: Client, request: Request): Promise<Resource[]> {
  if (!client.getServerCapabilities()?.resources) return []
  return pages(async (cursor) => {
    const page = await client.listResources(cursor, request)
    return { items: page.resources, next: page.nextCursor }
  })
}

async function pages<T>(
  read: (cursor: { cursor: string } | undefined) => Promise<{ items: T[]; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = []
  let cursor: { cursor: string } | undefined
  for (let page = 0; page < MAX_PAGES && all.length < MAX_ITEMS; page += 1) {
    const { items, next } = await read(cursor)
    all.push(...items)
    if (!next || next === cursor?.cursor) break
    cursor = { cursor: next }
  }
  return all.slice(0, MAX_ITEMS)
}

/** Reads a list anew when the server says that it changed; the old one stays when that fails. */
function watch(client: Client, lists: Lists, options: ConnectionOptions) {
  const request = { timeout: options.timeout }
  const timers = new Map<keyof Lists, NodeJS.Timeout>()
  const later = <K extends keyof Lists>(kind: K, read: () => Promise<Lists[K]>) => {
    clearTimeout(timers.get(kind))
    const refresh = async () => {
      try {
        lists[kind] = await read()
        options.onChanged(kind)
      } catch {
        // The next change tries again.
      }
    }
    timers.set(kind, setTimeout(() => void refresh(), CHANGE_MS).unref())
  }
  client.setNotificationHandler(ToolListChangedNotificationSchema, () =>
    later("tools", () => readTools(client, request)),
  )
  client.setNotificationHandler(PromptListChangedNotificationSchema, () =>
    later("prompts", () => readPrompts(client, request)),
  )
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () =>
    later("resources", () => readResources(client, request)),
  )
}

function endOf(transport: Transport): string {
  if (!(transport instanceof ChildTransport) || transport.end === undefined) return ""
  return `The server ${transport.end}.`
}

/** The failure in words that tell the user what to look at. Errors of our own and of `fetch` pass as they are. */
function said(error: unknown, options: ConnectionOptions, transport?: ChildTransport): unknown {
  const { spec } = options
  if (transport?.end !== undefined) return new Error(`${endOf(transport)} ${hint(transport)}`.trim())
  if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) {
    const what = spec.kind === "local" ? spec.command.join(" ") : spec.url
    const raise = "If it only needs more time, set a larger timeout (milliseconds) for it."
    return new Error(
      `No answer from ${what} within ${options.timeout} ms. ${transport ? `${hint(transport)} ` : ""}${raise}`,
    )
  }
  if (error instanceof StreamableHTTPError && (error.code === 401 || error.code === 403)) {
    return new Error(
      `The server refused the request (${error.code}). Check its headers or log in. ${short(error.message)}`,
    )
  }
  if (error instanceof StreamableHTTPError && spec.kind === "remote" && (error.code ?? 0) > 0) {
    return new Error(`${spec.url} answered with status ${error.code}. ${short(error.message)}`)
  }
  if (error instanceof TypeError && error.cause instanceof Error && spec.kind === "remote") {
    return new Error(`Can't reach ${spec.url}: ${error.cause.message || String(error.cause)}`)
  }
  return error instanceof Error ? error : new Error(String(error))
}

function hint(transport: ChildTransport): string {
  if (transport.garbage !== undefined)
    return `It wrote to standard output what is not an MCP message: ${short(transport.garbage)}`
  return transport.end === undefined && transport.complaint ? `It wrote: ${short(transport.complaint)}` : ""
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}
