import type { IncomingMessage, ServerResponse } from "node:http"

/** One request with its answer, as the layers see it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
}

/** A small piece of request handling: it answers itself or calls `next`. */
export type Layer = (exchange: Exchange, next: () => void) => void

/** Runs layers in order; the first one that does not call `next` has the last word. */
export function compose(...layers: Layer[]): Layer {
  return (exchange, next) => {
    const run = (at: number): void => {
      const layer = layers[at]
      if (layer) layer(exchange, () => run(at + 1))
      else next()
    }
    run(0)
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
  response.end(text)
}
