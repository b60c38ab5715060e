import type { IncomingMessage, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { type Engine, PtyNotFoundError } from "@kilo-split/engine"
import type { WebSocket, WebSocketServer } from "ws"
import { compose, type Exchange, type Layer, sendJson } from "./layer.ts"

/** A viewer that is so far behind is cut off; it may come back with its cursor. */
const MAX_BEHIND_BYTES = 8 * 1024 * 1024
const MAX_INPUT_BYTES = 1024 * 1024
const PATH = /^\/pty\/(pty_[0-9A-Za-z_-]{1,120})\/connect$/

export interface TerminalOptions {
  engine: Engine
  /** Checks of every request: names, origins, credentials. */
  names: Layer
  credentials: Layer
  /** Whether a page of this origin may connect; WebSockets know no CORS. */
  origin(origin: string): boolean
  /** Terminals of workspaces on other servers. */
  elsewhere: {
    redeem(exchange: Exchange): boolean
    upgrade(exchange: Exchange, socket: Duplex, head: Buffer): boolean
  }
}

/** Answers the WebSocket requests of terminals (contract: behaviour section 6, PTY). */
export function terminals(options: TerminalOptions) {
  const { engine } = options
  let server: Promise<WebSocketServer> | undefined
  const load = () => {
    server ??= import("ws").then(
      ({ WebSocketServer }) =>
        new WebSocketServer({ noServer: true, maxPayload: MAX_INPUT_BYTES, perMessageDeflate: false }),
    )
    return server
  }
  const open = new Set<WebSocket>()

  const origins: Layer = ({ request, response }, next) => {
    const { origin } = request.headers
    if (origin === undefined || options.origin(origin)) return next()
    sendJson(response, 403, { name: "ForbiddenError", data: { message: `The origin ${origin} may not connect.` } })
  }
  /** A ticket stands for credentials, once. */
  const tickets: Layer = (exchange, next) => {
    const ticket = exchange.url.searchParams.get("ticket")
    if (ticket === null) return options.credentials(exchange, next)
    const id = PATH.exec(exchange.url.pathname)?.[1] ?? ""
    if (options.elsewhere.redeem(exchange) || engine.ptys.redeem(id, ticket)) return next()
    sendJson(exchange.response, 403, {
      _tag: "PtyForbiddenError",
      message: "The ticket is used, too old or for another terminal. Ask for a new one.",
    })
  }
  const check = compose(options.names, origins, tickets)

  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL | undefined) {
      // What is refused is answered in plain HTTP.
      // Not imported, as in server.ts: Node's fetch would be loaded with the start.
      const http = process.getBuiltinModule("node:http")
      const response = new http.ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0])
      response.once("finish", () => socket.end())
      socket.once("error", () => socket.destroy())
      if (!url) return sendJson(response, 404, { error: "Not Found" })
      check({ request, response, url }, () => {
        const id = PATH.exec(url.pathname)?.[1]
        if (!id) return sendJson(response, 404, { error: "Not Found" })
        if (options.elsewhere.upgrade({ request, response, url }, socket, head)) return
        try {
          engine.ptys.get(id)
        } catch (error) {
          if (!(error instanceof PtyNotFoundError)) throw error
          const { ptyID, message } = error
          return sendJson(response, 404, { _tag: "PtyNotFoundError", ptyID, message })
        }
        response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0])
        load().then(
          (sockets) =>
            sockets.handleUpgrade(request, socket, head, (client) => {
              open.add(client)
              client.once("close", () => open.delete(client))
              serve(engine, id, Number(url.searchParams.get("cursor") ?? 0), client)
            }),
          () => socket.destroy(),
        )
      })
    },
    close() {
      for (const client of open) client.terminate()
    },
  }
}

function serve(engine: Engine, id: string, from: number, client: WebSocket) {
  const send = (data: string | Buffer) => {
    if (client.bufferedAmount > MAX_BEHIND_BYTES) return client.close(1013, "Too far behind")
    client.send(data)
  }
  client.on("error", () => client.terminate())
  try {
    const connection = engine.ptys.connect(id, Number.isFinite(from) ? from : 0, {
      data: send,
      end: () => client.close(1000),
    })
    client.once("close", () => connection.close())
    client.on("message", (data, binary) => {
      if (!binary) connection.write(data.toString())
    })
    if (connection.backlog) send(connection.backlog)
    send(Buffer.concat([Buffer.of(0), Buffer.from(JSON.stringify({ cursor: connection.cursor }))]))
  } catch (error) {
    // It ended between the check and now.
    client.close(error instanceof PtyNotFoundError ? 1000 : 1011)
  }
}
