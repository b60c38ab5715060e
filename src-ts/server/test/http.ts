import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http"
import { text } from "node:stream/consumers"

export interface Answer {
  status: number
  headers: IncomingMessage["headers"]
  body: string
}

/** A plain HTTP request: unlike fetch it sends the Host, Origin and path that a test wants. */
export async function ask(url: string, options: RequestOptions & { body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...rest } = options
  const response = await open(url, rest, body)
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

/** The same, but gives back the response before its body is read. */
export function open(url: string, options: RequestOptions = {}, body?: string | Buffer): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const request = httpRequest(url, { agent: false, ...options }, done)
    request.once("error", failed)
    request.end(body)
  })
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
}
