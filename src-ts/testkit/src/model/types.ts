import type { IncomingHttpHeaders } from "node:http"

/** The four protocols that the fake model speaks. */
export type WireName = "chat" | "responses" | "anthropic" | "gemini"

export type Finish = "stop" | "tool-calls" | "length" | "content-filter"

/** Token figures of one model call. `input` includes the cached tokens, `output` includes the reasoning ones. */
export interface Usage {
  input: number
  output: number
  reasoning: number
  cacheRead: number
  cacheWrite: number
}

/** A failure: as an HTTP answer when nothing was sent yet, otherwise in the form the wire uses in mid-stream. */
export interface Failure {
  status: number
  message: string
  /** Machine-readable code, for instance context_length_exceeded. */
  code?: string
  /** Seconds for the Retry-After header. */
  retryAfter?: number
  /** The whole body of the HTTP answer, instead of the wire's own form. */
  body?: string
}

/** One thing that the model does within a call. Steps run in order; the call ends after the last one. */
export type Step =
  /** Streamed in words unless `deltas` gives the exact pieces; `every` is the pause between two pieces in ms. */
  | { text: string; deltas?: string[]; every?: number }
  | { reasoning: string; deltas?: string[]; every?: number }
  /** Several in a row are parallel calls. `args` given as a string is sent as it is, valid JSON or not. */
  | { tool: string; args: unknown; id?: string }
  | { error: Failure }
  /** Bytes that belong to no protocol. */
  | { garbage: string }
  /** Sends nothing more and keeps the connection open. */
  | { hang: true }
  /** Closes the connection without ending the stream. */
  | { cut: true }
  | { delay: number }
  /** Stops until `release(name)`; a test decides when the stream goes on. */
  | { hold: string }
  | { finish: Finish }
  | { usage: Partial<Usage> }

/** What the model answers to one call. */
export type Turn = Step[]

/** A turn, or a function that makes one from the request. */
export type Reply = Turn | ((request: ModelRequest) => Turn | Promise<Turn>)

/** One request that reached the server, with the facts that tests ask for taken out of the wire's own form. */
export interface ModelRequest {
  readonly wire: WireName
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
  readonly model: string
  readonly stream: boolean
  readonly system: string
  /** Text of the last message of the user that is not a tool result. */
  readonly user: string
  /** How often the model has called tools since that message. */
  readonly round: number
  /** Names of the tools on offer. */
  readonly tools: string[]
  /** Results of the last round, as text, in order. */
  readonly results: string[]
  readonly title: boolean
  /** When it arrived, from performance.now(). */
  readonly at: number
  /** Settles when the answer is over: "ended" by the server, or "aborted" by the client. */
  readonly closed: Promise<"ended" | "aborted">
}

/** What a wire reads from a request's body. */
export type Parsed = Pick<ModelRequest, "model" | "stream" | "system" | "user" | "round" | "tools" | "results">

/** A tool call with its id and its arguments as text. */
export interface ToolCall {
  id: string
  name: string
  args: string
}

/** Everything of one call, for answers that are not streamed. */
export interface Whole {
  text: string
  reasoning: string
  tools: ToolCall[]
  finish: Finish
  usage: Usage
}

/** Turns what the model does into the bytes of a stream. Each method returns complete SSE frames. */
export interface Encoder {
  start(): string
  text(delta: string): string
  reasoning(delta: string): string
  tool(call: ToolCall): string
  error(failure: Failure): string
  end(finish: Finish, usage: Usage): string
}

/** One protocol: how to recognise, read and answer its requests. */
export interface Wire {
  name: WireName
  matches(path: string): boolean
  parse(body: Record<string, unknown>, path: string): Parsed
  encoder(request: { model: string; id: string; body: Record<string, unknown> }): Encoder
  whole(request: { model: string; id: string }, answer: Whole): unknown
  failure(failure: Failure): unknown
}
