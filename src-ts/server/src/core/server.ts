import { realpath } from "node:fs"
import type { RequestListener, Server } from "node:http"
import type { AddressInfo } from "node:net"
import { networkInterfaces } from "node:os"
import type { Engine } from "@kilo-split/engine"
import { type AccessOptions, auth, cors, hostCheck, isAllowed } from "./access.ts"
import { BadDirectoryError, directoryOf } from "./directory.ts"
import { compose, type Layer, sendJson } from "./layer.ts"
import type { Log } from "./log.ts"
import { EventStreams } from "./stream.ts"
import { terminals } from "./terminal.ts"
import { workspaces } from "./workspace.ts"

export interface ServerOptions {
  engine: Engine
  /** Directory of requests that name none. */
  cwd: string
  hostname: string
  /** 0: the usual port when it is free, else any. */
  port: number
  username?: string
  /** None: everybody who reaches the port is let in. */
  password?: string
  cors?: string[]
  log: Log
}

export interface RunningServer {
  readonly hostname: string
  readonly port: number
  readonly url: string
  /** Resolves after the first answer, or soon when nobody asks: the time for work that would delay that answer. */
  readonly settled: Promise<void>
  /** What `kilo serve` prints: where it listens, and with a wildcard address how to reach it. */
  lines(): string[]
  /** Stops listening and cuts all connections; event streams end cleanly. */
  close(): Promise<void>
}

export const USUAL_PORT = 4096

/** Not imported: that reads every export, and some of them load Node's fetch, which takes a tenth of the start. */
const { createServer } = process.getBuiltinModule("node:http")

const SETTLE_MS = 200

/** A client that does not finish its headers, or its body, must not hold a connection for ever. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 300_000, connectionsCheckingInterval: 2000 }

/** A client that pools connections may use one that has been quiet for five minutes; it must not find it closing. */
const KEEP_ALIVE_MS = 6 * 60_000

/**
 * Starts the HTTP server. Access checks, health and event streams are at work at once; the table of all other routes
 * is loaded right after listening, and requests for it wait until it is there. Rejects when the port is taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { engine, log } = options
  const access: AccessOptions = {
    username: options.username || "kilo",
    hostname: options.hostname,
    cors: options.cors ?? [],
    ...(options.password ? { password: options.password } : {}),
  }
  const streams = new EventStreams(engine.bus)
  const routing = workspaces({ engine, cwd: options.cwd, log })
  const handle = compose(
    hostCheck(access),
    cors(access),
    auth(access),
    health(engine),
    routing.layer,
    events(streams, options.cwd),
  )

  const terminal = terminals({
    engine,
    names: hostCheck(access),
    credentials: auth(access),
    origin: (origin) => isAllowed(access, origin),
    elsewhere: routing,
  })

  let table: Promise<RequestListener> | undefined
  const rest = () => {
    table ??= import("../app.ts").then(({ appListener }) =>
      appListener({ engine, cwd: options.cwd, log, secured: Boolean(options.password) }),
    )
    return table
  }

  const server = createServer({ ...LIMITS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const url = parse(request.url)
    if (!url) return sendJson(response, 404, { error: "Not Found" })
    handle({ request, response, url }, () => {
      rest().then(
        (listener) => listener(request, response),
        (error) => {
          log.error("the routes could not be loaded", { error: String(error) })
          sendJson(response, 500, { name: "UnknownError", data: { message: "The server could not load its routes." } })
        },
      )
    })
  })
  server.on("upgrade", (request, socket, head) => terminal.upgrade(request, socket, head, parse(request.url)))
  // Loading blocks for some milliseconds: the first answer, which a starting client waits for, goes out before it.
  const settled = new Promise<void>((done) => {
    server.once("request", (_, response) => response.once("finish", () => setImmediate(done)))
    setTimeout(done, SETTLE_MS).unref()
  })
  await listen(server, options.hostname, options.port)
  const { port } = server.address() as AddressInfo
  settled.then(rest).catch((error) => log.error("the routes could not be loaded", { error: String(error) }))

  const shown = options.hostname.includes(":") ? `[${options.hostname}]` : options.hostname
  return {
    hostname: options.hostname,
    port,
    url: `http://${shown}:${port}`,
    settled,
    lines: () => [`http://${shown}:${port}`, ...reachable(options.hostname, port)],
    close: () =>
      new Promise((done) => {
        streams.close()
        terminal.close()
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function parse(target: string | undefined): URL | undefined {
  return URL.parse(`http://kilo${target?.startsWith("/") ? target : "/"}`) ?? undefined
}

function health(engine: Engine): Layer {
  return ({ request, response, url }, next) => {
    const asked = url.pathname === "/global/health" && (request.method === "GET" || request.method === "HEAD")
    if (asked) sendJson(response, 200, { healthy: true, version: engine.version })
    else next()
  }
}

function events(streams: EventStreams, cwd: string): Layer {
  return ({ request, response, url }, next) => {
    if (request.method !== "GET") return next()
    if (url.pathname === "/global/event") return streams.open(request, response, "all")
    if (url.pathname !== "/event") return next()
    let asked: string
    try {
      asked = directoryOf(url.searchParams, request.headers, cwd)
    } catch (error) {
      if (!(error instanceof BadDirectoryError)) throw error
      return sendJson(response, 400, {
        name: "BadRequest",
        data: { message: error.message, kind: "Query" },
        _tag: "BadRequest",
      })
    }
    // Events carry the directory's real path; one that does not exist (yet) is taken as it is.
    realpath(asked, (_, real) => streams.open(request, response, { directory: real ?? asked }))
  }
}

/** Port 0 prefers the usual port; two servers that start at once must both find one, so a taken one is no error then. */
async function listen(server: Server, hostname: string, port: number): Promise<void> {
  const attempt = (wanted: number) =>
    new Promise<void>((done, failed) => {
      server.once("error", failed)
      server.listen(wanted, hostname, () => {
        server.off("error", failed)
        done()
      })
    })
  if (port !== 0) return attempt(port)
  try {
    await attempt(USUAL_PORT)
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES"))) {
      throw error
    }
    await attempt(0)
  }
}

function reachable(hostname: string, port: number): string[] {
  if (hostname !== "0.0.0.0" && hostname !== "::") return []
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const network = addresses.find((address) => address.family === "IPv4" && !address.internal)
  return [`  Local:   http://localhost:${port}`, ...(network ? [`  Network: http://${network.address}:${port}`] : [])]
}
