import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js"
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
  readonly #buffer = new ReadBuffer({ maxBufferSize: MAX_MESSAGE })
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
      this.end ??= how
      this.#gone()
    })
  }

  get complaint(): string {
    return this.#child?.complaint() ?? ""
  }

  #read(chunk: Buffer) {
    if (this.#closed) return
    try {
      this.#buffer.append(chunk)
    } catch {
      this.end = `sent more than ${MAX_MESSAGE} bytes without the end of a message`
      this.#gone()
      this.#child?.stop().catch(() => undefined)
      return
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage()
        if (message === null) return
        this.onmessage?.(message)
      } catch (error) {
        this.garbage ??= chunk.toString("utf8").trim().slice(0, SAMPLE)
        this.onerror?.(error instanceof Error ? error : new Error(String(error)))
      }
    }
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
    this.#buffer.clear()
    this.onclose?.()
  }
}
