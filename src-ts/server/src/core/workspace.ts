import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { BadRequestError, type Engine, WorkspaceNotFoundError, type WorkspaceTarget } from "@kilo-split/engine"
import { BadDirectoryError, directoryOf, textOf } from "./directory.ts"
import { type Exchange, type Layer, sendJson } from "./layer.ts"
import type { Log } from "./log.ts"
import { Tickets } from "./ticket.ts"

const CONNECT_MS = 10_000
/** Answers that are looked into are small; larger ones pass unread. */
const MAX_READ_BYTES = 256 * 1024

/** Where a request stays whatever workspace it names: this server's own state, credentials and list of workspaces. */
const OWN = /^\/(global|auth|log|telemetry|doc|console|experimental\/workspace)(\/|$)/
const SESSION = /^\/session\/(ses_[0-9A-Za-z_-]{1,120})(\/|$)/
const TICKET = /^\/pty\/(pty_[0-9A-Za-z_-]{1,120})\/(connect-token|connect)$/

/** Marks a request that another server passed on: it is answered here, so that two servers never pass one round. */
const PASSED = "x-kilo-passed-on"

/** What of a request goes on. Credentials, cookies and origins are about this server, so they are not among them. */
const REQUEST_HEADERS = [
  "accept",
  "accept-encoding",
  "content-type",
  "content-length",
  "last-event-id",
  "x-kilo-ticket",
]
const UPGRADE_HEADERS = [
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
]
const RESPONSE_HEADERS = [
  "content-type",
  "content-length",
  "content-encoding",
  "cache-control",
  "x-accel-buffering",
  "x-next-cursor",
  "x-kilo-event-id",
]

export interface WorkspaceOptions {
  engine: Engine
  cwd: string
  log: Log
}

/**
 * Sends requests that name a workspace there (seed 002, routing): a local one becomes the request's directory, one on
 * another server gets the request over HTTP, event streams included, or over a WebSocket. Runs after this server's own
 * access checks.
 */
export function workspaces({ engine, cwd, log }: WorkspaceOptions) {
  const tickets = new Tickets()

  /** Where the request goes, if not here. A local workspace changes the request instead. Throws as `plan` does. */
  const route = ({ request, url }: Exchange): { id: string; target: WorkspaceTarget } | undefined => {
    const { workspaces } = engine
    if (!workspaces || OWN.test(url.pathname) || request.headers[PASSED] !== undefined) return undefined
    const id = url.searchParams.get("workspace") || textOf(request.headers["x-kilo-workspace"]) || home(url)
    if (!id) return undefined
    const plan = workspaces.plan(id)
    if (plan.kind === "remote") return { id, target: plan.target }
    // Decoded once more where it is read.
    url.searchParams.set("directory", encodeURIComponent(plan.directory))
    request.url = `${url.pathname}${url.search}`
    return undefined
  }

  /** Workspace that the session in the path was made in. */
  const home = (url: URL): string | undefined => {
    const session = SESSION.exec(url.pathname)?.[1]
    return session && engine.workspaces?.any() ? engine.workspaces.of(session) : undefined
  }

  const guarded = <T>(response: ServerResponse, body: () => T): T | "answered" => {
    try {
      return body()
    } catch (error) {
      if (error instanceof WorkspaceNotFoundError) {
        sendJson(response, 404, { name: "NotFoundError", data: { message: error.message } })
      } else if (error instanceof BadRequestError || error instanceof BadDirectoryError) {
        const data = { message: error.message, kind: "Query" }
        sendJson(response, 400, { name: "BadRequest", data, _tag: "BadRequest" })
      } else throw error
      return "answered"
    }
  }

  const open = (
    { request, url }: Exchange,
    target: WorkspaceTarget,
    names: string[],
    more: Record<string, string> = {},
  ): ClientRequest => {
    const headers: Record<string, string> = { [PASSED]: "1", ...more }
    for (const name of names) {
      const value = request.headers[name]
      if (typeof value === "string") headers[name] = value
    }
    const base = target.url.pathname.replace(/\/+$/, "")
    const query = new URLSearchParams(url.searchParams)
    for (const name of ["workspace", "auth_token", "directory"]) query.delete(name)
    const directory = target.directory ?? named(url, request, cwd)
    if (directory) query.set("directory", encodeURIComponent(directory))
    const search = query.size > 0 ? `?${query}` : ""
    const options: RequestOptions = {
      method: request.method,
      path: `${base}${url.pathname}${search}`,
      headers: { ...headers, ...target.headers },
      host: target.url.hostname.replace(/^\[|\]$/g, ""),
      port: target.url.port,
    }
    // Not imported: see server.ts.
    const { request: start } =
      target.url.protocol === "https:" ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http")
    const outgoing = start(options)
    // Only connecting is limited: an answer may take as long as a turn.
    const limit = setTimeout(() => outgoing.destroy(new Error("no connection in time")), CONNECT_MS)
    const connected = () => clearTimeout(limit)
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) connected()
      else socket.once(target.url.protocol === "https:" ? "secureConnect" : "connect", connected)
    })
    outgoing.once("close", connected)
    return outgoing
  }

  const unreachable = (response: ServerResponse, id: string, error: Error) => {
    const why = "code" in error && typeof error.code === "string" ? error.code : error.message
    log.error("workspace not reached", { workspace: id, error: why })
    if (response.headersSent) {
      response.destroy()
      return
    }
    const message = `The server of workspace ${id} can't be reached (${why}). Start it, or look at its address in workspaces.json.`
    sendJson(response, 502, { name: "UnknownError", data: { message } })
  }

  const refused = (response: ServerResponse, id: string) => {
    // Passed on as it is, the client would take its own credentials for wrong.
    const message = `The server of workspace ${id} refused the credentials in workspaces.json. Correct them there.`
    sendJson(response, 502, { name: "UnknownError", data: { message } })
  }

  const pass = (exchange: Exchange, id: string, target: WorkspaceTarget) => {
    const { request, response, url } = exchange
    const outgoing = open(exchange, target, REQUEST_HEADERS)
    outgoing.on("error", (error) => unreachable(response, id, error))
    response.once("close", () => outgoing.destroy())
    outgoing.once("response", (answer) => {
      if (answer.statusCode === 401) {
        answer.resume()
        return refused(response, id)
      }
      const status = answer.statusCode ?? 502
      response.writeHead(status, pick(answer, RESPONSE_HEADERS))
      if (answer.headers["content-type"]?.startsWith("text/event-stream")) response.flushHeaders()
      const look = observer(request, url, id)
      if (look && status === 200 && answer.headers["content-encoding"] === undefined) peek(answer, look)
      answer.pipe(response)
      // A cut there is a cut here: the client must not take half an answer for a whole one.
      answer.once("error", () => response.destroy())
      answer.once("aborted", () => response.destroy())
    })
    request.pipe(outgoing)
  }

  /** What later requests need to know of an answer. */
  const observer = (request: IncomingMessage, url: URL, id: string) => {
    const { method } = request
    const session = SESSION.exec(url.pathname)
    const pty = TICKET.exec(url.pathname)?.[1]
    const { workspaces } = engine
    if (!workspaces) return undefined
    if (method === "DELETE" && session && url.pathname === `/session/${session[1]}`)
      return () => workspaces.forget(session[1] ?? "")
    if (method !== "POST") return undefined
    if (url.pathname === "/session" || (session && url.pathname.endsWith("/fork"))) {
      return (body: unknown) => {
        const made = field(body, "id")
        if (made) workspaces.remember(made, id)
      }
    }
    if (pty) {
      return (body: unknown) => {
        const ticket = field(body, "ticket")
        if (ticket) tickets.add(ticket, `${id}:${pty}`)
      }
    }
    return undefined
  }

  const layer: Layer = (exchange, next) => {
    const found = guarded(exchange.response, () => route(exchange))
    if (found === "answered") return
    if (!found) return next()
    // What is read here arrives compressed otherwise.
    if (exchange.request.method !== "GET") delete exchange.request.headers["accept-encoding"]
    pass(exchange, found.id, found.target)
  }

  return {
    layer,

    /** Whether a ticket, issued by the workspace's server through this one, opens this WebSocket. It is used up. */
    redeem({ request, url }: Exchange): boolean {
      const ticket = url.searchParams.get("ticket")
      const id = url.searchParams.get("workspace") || textOf(request.headers["x-kilo-workspace"])
      const pty = TICKET.exec(url.pathname)?.[1]
      return Boolean(ticket && id && pty && engine.workspaces && tickets.redeem(ticket, `${id}:${pty}`))
    },

    /** Connects a WebSocket of a workspace on another server; false when it is one of this server's. */
    upgrade(exchange: Exchange, socket: Duplex, head: Buffer): boolean {
      const { response } = exchange
      const found = guarded(response, () => route(exchange))
      if (found === "answered") return true
      if (!found) return false
      const outgoing = open(exchange, found.target, UPGRADE_HEADERS, { connection: "Upgrade", upgrade: "websocket" })
      outgoing.on("error", (error) => unreachable(response, found.id, error))
      socket.once("close", () => outgoing.destroy())
      outgoing.once("response", (answer) => {
        if (answer.statusCode === 401) {
          answer.resume()
          return refused(response, found.id)
        }
        response.writeHead(answer.statusCode ?? 502, pick(answer, RESPONSE_HEADERS))
        answer.pipe(response)
      })
      outgoing.once("upgrade", (answer, remote, first) => {
        response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0])
        const lines = ["connection: Upgrade", "upgrade: websocket"]
        for (const name of ["sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"]) {
          if (typeof answer.headers[name] === "string") lines.push(`${name}: ${answer.headers[name]}`)
        }
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`)
        if (first.length > 0) socket.write(first)
        if (head.length > 0) remote.write(head)
        remote.on("error", () => socket.destroy())
        remote.once("close", () => socket.destroy())
        socket.once("close", () => remote.destroy())
        remote.pipe(socket)
        socket.pipe(remote)
      })
      outgoing.end()
      return true
    },
  }
}

/** The directory that the client named; its own default means nothing on another machine. */
function named(url: URL, request: IncomingMessage, cwd: string): string | undefined {
  const { headers } = request
  const given = url.searchParams.get("directory") || headers["x-kilo-directory"] || headers["x-opencode-directory"]
  return given ? directoryOf(url.searchParams, headers, cwd) : undefined
}

function pick(answer: IncomingMessage, names: string[]): Record<string, string> {
  const out: Record<string, string> = {}
  for (const name of names) {
    const value = answer.headers[name]
    if (typeof value === "string") out[name] = value
  }
  return out
}

/** Reads a small JSON answer while it passes. */
function peek(answer: IncomingMessage, look: (body: unknown) => void) {
  let text = ""
  answer.on("data", (chunk: Buffer) => {
    if (text.length <= MAX_READ_BYTES) text += chunk.toString("utf8")
  })
  answer.once("end", () => {
    if (text.length > MAX_READ_BYTES) return
    try {
      look(JSON.parse(text))
    } catch {
      // No JSON: nothing that later requests need to know.
    }
  })
}

function field(body: unknown, name: string): string | undefined {
  if (typeof body !== "object" || body === null || !(name in body)) return undefined
  const value = (body as Record<string, unknown>)[name]
  return typeof value === "string" ? value : undefined
}
