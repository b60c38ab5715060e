import type { IncomingMessage } from "node:http"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import type { Engine } from "@kilo-split/engine"
import { type Context, Hono } from "hono"
import { readBody } from "./body.ts"
import { BadDirectoryError, directoryOf } from "./core/directory.ts"
import type { Log } from "./core/log.ts"
import { answerOf, RequestError, type RequestPart, type Status } from "./error.ts"
import { gzipped, wantsGzip } from "./gzip.ts"
import { Later, Reply, type Route, routes, Text } from "./route/index.ts"
import type { z } from "./schema/index.ts"

export interface AppOptions {
  engine: Engine
  cwd: string
  log: Log
  /** A password is set, so whoever gets here has given it. */
  secured: boolean
}

type Env = { Bindings: HttpBindings }

/** Handles every route but the ones that the core answers. Loaded after the server listens. */
export function appListener(options: AppOptions): ReturnType<typeof getRequestListener> {
  return getRequestListener(app(options).fetch, { overrideGlobalObjects: false })
}

function app(options: AppOptions): Hono<Env> {
  const hono = new Hono<Env>()
  for (const route of routes) {
    if (!route.handler) continue
    hono.on(route.spec.method.toUpperCase(), route.spec.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) =>
      answer(route, c, options),
    )
  }
  let document: string | undefined
  hono.get("/doc", async (c) => {
    document ??= JSON.stringify((await import("./document.ts")).openapi(options.engine.version))
    return send(c, 200, document)
  })
  hono.notFound((c) => send(c, 404, JSON.stringify({ error: "Not Found" })))
  hono.onError((error, c) => failed(c, error, options.log, c.req.path))
  return hono
}

async function answer(route: Route, c: Context<Env>, { engine, cwd, log, secured }: AppOptions): Promise<Response> {
  const { spec, handler } = route
  try {
    const url = new URL(c.req.url)
    const directory = routed(url, c.env.incoming, cwd)
    const result = await handler?.({
      engine,
      secured,
      params: spec.params ? check(spec.params, c.req.param(), "Params") : {},
      query: spec.query ? check(spec.query, Object.fromEntries(url.searchParams), "Query") : {},
      body: spec.body ? check(spec.body, await readBody(c.env.incoming, spec.bodyOptional), "Payload") : undefined,
      directory,
      instance: () => engine.instance(directory),
      headers: c.env.incoming.headers,
      log,
      signal: c.req.raw.signal,
      header: (name: string, value: string) => c.header(name, value),
      url,
    })
    if (result instanceof Reply) return await send(c, result.status, JSON.stringify(result.body))
    if (result instanceof Text && result.type === "application/json") return await send(c, 200, result.text)
    if (result instanceof Text) return c.body(result.text, 200, { "content-type": result.type })
    if (result instanceof Later) return await later(c, result.value, log, spec.operationId)
    if (spec.ok === null) return c.body(null, 204)
    return await send(c, 200, JSON.stringify(result))
  } catch (error) {
    // Nobody is there to read an answer, and a client that leaves is no failure of ours.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 499 })
    return failed(c, error, log, spec.operationId)
  }
}

function routed(url: URL, request: IncomingMessage, cwd: string): string {
  try {
    return directoryOf(url.searchParams, request.headers, cwd)
  } catch (error) {
    if (error instanceof BadDirectoryError) throw new RequestError(error.message, "Query")
    throw error
  }
}

function check(schema: z.ZodType, value: unknown, part: RequestPart): unknown {
  // Bodies are small: compiling a schema for the first one would take longer than it ever saves.
  const result = schema.safeParse(value, { jitless: true })
  if (result.success) return result.data
  const message = result.error.issues
    .slice(0, 5)
    .map(({ message, path }) => (path.length ? `${message}\n  at ${JSON.stringify(path)}` : message))
    .join("\n")
  throw new RequestError(message, part)
}

function failed(c: Context<Env>, error: unknown, log: Log, operation: string) {
  const { status, body } = answerOf(error, log, operation)
  return send(c, status, JSON.stringify(body))
}

async function send(c: Context<Env>, status: Status, text: string): Promise<Response> {
  const { headers, socket } = c.env.incoming
  c.header("content-type", "application/json")
  if (!wantsGzip(headers["accept-encoding"], socket.remoteAddress, text.length)) return c.newResponse(text, status)
  c.header("content-encoding", "gzip")
  c.header("vary", "Origin, Accept-Encoding")
  return c.newResponse(await gzipped(text), status)
}

const PATIENCE_MS = 3000
const PULSE_MS = 5000

/**
 * Answers what may take as long as a turn. Clients give up on connections that stay silent, so after three seconds the
 * answer begins, and white space (which JSON allows in front) follows until the value is there. A failure after that
 * can only cut the connection.
 */
async function later(c: Context<Env>, value: Promise<unknown>, log: Log, operation: string): Promise<Response> {
  let timer: NodeJS.Timeout | undefined
  const slow = new Promise<"slow">((done) => {
    timer = setTimeout(() => done("slow"), PATIENCE_MS)
  })
  const first = await Promise.race([value.then((result) => ({ result })), slow]).finally(() => clearTimeout(timer))
  const encoder = new TextEncoder()
  let pulse: NodeJS.Timeout | undefined
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      if (first !== "slow") {
        controller.enqueue(encoder.encode(JSON.stringify(first.result)))
        controller.close()
        return
      }
      controller.enqueue(encoder.encode(" "))
      pulse = setInterval(() => controller.enqueue(encoder.encode(" ")), PULSE_MS)
      try {
        const text = JSON.stringify(await value)
        controller.enqueue(encoder.encode(text))
        controller.close()
      } catch (error) {
        if (!c.req.raw.signal.aborted) answerOf(error, log, operation)
        controller.error(error)
      } finally {
        clearInterval(pulse)
      }
    },
    cancel() {
      clearInterval(pulse)
    },
  })
  c.header("content-type", "application/json")
  return c.newResponse(body, 200)
}
