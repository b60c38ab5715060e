import type { IncomingHttpHeaders } from "node:http"
import type { Engine, Instance } from "@kilo-split/engine"
import type { Log } from "../core/log.ts"
import type { z } from "../schema/index.ts"

export type Method = "get" | "post" | "put" | "patch" | "delete"

/** One operation of the HTTP API, as the OpenAPI document shows it and as requests are checked. */
export interface RouteSpec<P, Q, B> {
  method: Method
  /** With `{name}` for parameters. */
  path: string
  operationId: string
  tag: string
  summary: string
  description?: string
  params?: z.ZodObject & z.ZodType<P>
  query?: z.ZodObject & z.ZodType<Q>
  body?: z.ZodType<B>
  /** The body may be left out; it is then an empty object. */
  bodyOptional?: boolean
  /** Takes `?directory=`: the operation is about one directory. */
  routed?: boolean
  /** Successful answer; `null` is 204 without a body. */
  ok: z.ZodType | null
  okType?: "application/json" | "text/event-stream" | "text/x-diff"
  okHeaders?: Record<string, string>
  /** Errors beyond the ones that every operation has. */
  errors?: Partial<Record<400 | 401 | 403 | 404 | 409 | 422, z.ZodType>>
}

/** What a handler is given. */
export interface Call<P, Q, B> {
  engine: Engine
  /** The caller has proved that he knows the server's password; false when there is none. */
  secured: boolean
  params: P
  query: Q
  body: B
  /** Directory that the request is routed to. */
  directory: string
  /** Its instance, made on first use. */
  instance(): Promise<Instance>
  headers: IncomingHttpHeaders
  log: Log
  /** Fires when the client goes away. */
  signal: AbortSignal
  /** Sets a response header. */
  header(name: string, value: string): void
  /** The request's own path and query, for links to further pages. */
  url: URL
}

/** An answer with a status other than the usual one. */
export class Reply {
  readonly status: 401 | 403 | 404 | 409
  readonly body: unknown
  constructor(status: 401 | 403 | 404 | 409, body: unknown) {
    this.status = status
    this.body = body
  }
}

/** An answer that is text already. */
export class Text {
  readonly type: string
  readonly text: string
  constructor(type: string, text: string) {
    this.type = type
    this.text = text
  }
}

/** A JSON answer that is written in pieces, so that the connection shows life while it is being made. */
export class Later {
  readonly value: Promise<unknown>
  constructor(value: Promise<unknown>) {
    this.value = value
  }
}

export type Handler<P, Q, B> = (call: Call<P, Q, B>) => unknown

export interface Route {
  // biome-ignore lint/suspicious/noExplicitAny: the table holds routes of every parameter type; define() checks each one.
  spec: RouteSpec<any, any, any>
  /** Missing for routes that the core answers before the table is loaded. */
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  handler?: Handler<any, any, any>
}

type Nothing = Record<string, never>

/** Declares an operation; parameters, query and body reach the handler checked and typed by the schemas. */
export function define<P = Nothing, Q = Nothing, B = undefined>(
  spec: RouteSpec<P, Q, B>,
  handler?: Handler<P, Q, B>,
): Route {
  return handler ? { spec, handler } : { spec }
}
