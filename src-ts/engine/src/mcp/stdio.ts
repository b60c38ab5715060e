import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import { type Child, type ChildOptions, startChild } from "../process/index.ts"

/** One message at most: a screenshot fits, endless output without a line break ends the server. */
const MAX_MESSAGE = 32 * 1024 * 1024
const SAMPLE = 200

/**
 * A server that is talked to over its standard streams. Unlike the library's own transport it runs in a process group of its own,
 * so that closing ends everything that it started, and it remembers what was not a message.
 */
export class ChildTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #options: ChildOptions
  /** The beginning of a message whose end has not come yet. */
  #chunks: Buffer[] = []
  #size = 0
  #child: Child | undefined
  #closed = false
  /** The first thing that was not a message: usually a log line on standard output, sometimes not an MCP server at all. */
  garbage: string | undefined
  /** How the process ended, once it has. */
  end: string | undefined

  constructor(options: ChildOptions) {
    this.#options = options
  }

  async start() {
    const child = await startChild(this.#options)
    this.#child = child
    if (this.#closed) return child.stop()
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk))
    void child.ended.then((how) => {
      // Afterwards it is we who ended it.
      if (!this.#closed) this.end = how
      this.#gone()
    })
  }

  get complaint(): string {
    return this.#child?.complaint() ?? ""
  }

  #read(chunk: Buffer) {
    if (this.#closed) return
    let rest = chunk
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      this.#take(Buffer.concat([...this.#chunks, rest.subarray(0, at)]).toString("utf8"))
      this.#chunks = []
      this.#size = 0
      rest = rest.subarray(at + 1)
    }
    this.#chunks.push(rest)
    this.#size += rest.length
    if (this.#size <= MAX_MESSAGE) return
    this.end = `sent more than ${MAX_MESSAGE} bytes without the end of a message`
    this.#gone()
    this.#child?.stop().catch(() => undefined)
  }

  #take(line: string) {
    if (line.trim() === "") return
    let message: JSONRPCMessage
    try {
      message = deserializeMessage(line)
    } catch (error) {
      this.garbage ??= line.trim().slice(0, SAMPLE)
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
      return
    }
    this.onmessage?.(message)
  }

  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    if (!child || this.#closed) return Promise.reject(new Error("The server is not running."))
    return new Promise((resolve, reject) => {
      child.stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()))
    })
  }

  async close() {
    this.#gone()
    await this.#child?.stop()
  }

  #gone() {
    if (this.#closed) return
    this.#closed = true
    this.#chunks = []
    this.onclose?.()
  }
}
