import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type Attempted, readScript } from "./directives.ts"
import { answer } from "./stream.ts"
import type { ModelRequest, Reply, Turn, Usage, Wire } from "./types.ts"
import { anthropic } from "./wire/anthropic.ts"
import { chat } from "./wire/chat.ts"
import { gemini } from "./wire/gemini.ts"
import { parsedOrEmpty, string } from "./wire/json.ts"
import { responses } from "./wire/responses.ts"

const WIRES: Wire[] = [chat, responses, anthropic, gemini]

/** Figures of every call that does not name its own. */
export const DEFAULT_USAGE: Usage = { input: 100, output: 20, reasoning: 5, cacheRead: 30, cacheWrite: 0 }

export interface FakeModelOptions {
  port?: number
  /** Answer of a call that nothing is scripted for. */
  fallback?: (request: ModelRequest) => Turn
  usage?: Partial<Usage>
}

/** A model behind real HTTP whose answers the test decides. */
export interface FakeModel extends AsyncDisposable {
  /** http://127.0.0.1:PORT, without a path. */
  readonly url: string
  readonly port: number
  /** Every model call so far, title calls included, oldest first. */
  readonly requests: readonly ModelRequest[]
  /** Model calls of turns, without those that ask for a title. */
  readonly calls: readonly ModelRequest[]
  /** Adds answers; each model call takes one. Calls after the last one read directives in the prompt, or are echoed. */
  reply(...replies: Reply[]): void
  /** Forgets queued answers and recorded requests. */
  reset(): void
  /** Lets a stream that waits in `{hold: name}` go on; also the ones that reach it later. */
  release(name: string): void
  /** The first request, past or coming, that matches. Rejects after `deadline` ms, naming what had arrived. */
  waitForRequest(predicate?: (request: ModelRequest) => boolean, deadline?: number): Promise<ModelRequest>
  stop(): Promise<void>
}

/** Starts the model on 127.0.0.1. It speaks four wires on one port, see `fakeConfig` for a configuration that uses them. */
export async function startFakeModel(options: FakeModelOptions = {}): Promise<FakeModel> {
  const usage = { ...DEFAULT_USAGE, ...options.usage }
  const requests: ModelRequest[] = []
  const queue: Reply[] = []
  const listeners = new Set<(request: ModelRequest) => void>()
  const holds = new Map<string, PromiseWithResolvers<void>>()
  const attempts = new Map<string, number>()
  let counter = 0
  let calls = 0

  const holdOf = (name: string) => {
    const known = holds.get(name)
    if (known) return known
    const made = Promise.withResolvers<void>()
    holds.set(name, made)
    return made
  }

  const turnOf = async (request: ModelRequest): Promise<Turn> => {
    if (request.title) return [{ text: titleOf(request.user) }]
    const next = queue.shift()
    if (next) return typeof next === "function" ? next(request) : next
    const script = readScript(request.user)
    if (!script) return options.fallback?.(request) ?? [{ text: echo(request) }]
    const call = script[request.round]
    return call ? attempt(call, request) : [{ text: "Done." }]
  }

  const attempt = (call: Attempted, request: ModelRequest): Turn => {
    const key = `${sessionOf(request)}\n${request.round}\n${request.user}`
    const number = attempts.get(key) ?? 0
    attempts.set(key, number + 1)
    let before = 0
    for (const { step, times } of call.failures) {
      if (number < before + times) return [step]
      before += times
    }
    return call.turn
  }

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? "/", "http://127.0.0.1")
    const text = await bodyOf(message)
    if (url.pathname.startsWith("/__")) {
      const { status, body } = control(url, message.method ?? "GET", text)
      return json(response, status, body)
    }
    if (url.pathname.endsWith("/models") && message.method === "GET") return models(response)
    const wire = WIRES.find((one) => one.matches(url.pathname))
    if (!wire || message.method !== "POST") {
      json(response, 404, { error: { message: `The fake model has no ${message.method} ${url.pathname}` } })
      return
    }
    const body = parsedOrEmpty(text)
    const parsed = wire.parse(body, url.pathname)
    const over = new AbortController()
    const closed = new Promise<"ended" | "aborted">((done) => {
      response.once("close", () => {
        done(response.writableFinished ? "ended" : "aborted")
        over.abort()
      })
    })
    const request: ModelRequest = {
      ...parsed,
      wire: wire.name,
      method: "POST",
      path: url.pathname + url.search,
      headers: message.headers,
      body,
      title: parsed.tools.length === 0 && /\btitle\b/i.test(parsed.system),
      at: performance.now(),
      closed,
    }
    requests.push(request)
    for (const listener of listeners) listener(request)
    const turn = await turnOf(request)
    await answer(response, wire, request, turn, {
      id: `fake${++counter}`,
      usage,
      signal: over.signal,
      hold: (name) => holdOf(name).promise,
      callID: () => `call_${++calls}`,
    })
  }

  const control = (url: URL, method: string, text: string): { status: number; body: unknown } => {
    const asked = `${method} ${url.pathname}`
    if (asked === "POST /__script") {
      const turns = parsedOrEmpty(text).turns
      if (!Array.isArray(turns)) return { status: 400, body: { error: 'Send {"turns": [[step, ...], ...]}' } }
      queue.push(...turns)
      return { status: 200, body: { queued: queue.length } }
    }
    if (asked === "POST /__release") {
      holdOf(url.searchParams.get("name") ?? "hold").resolve()
      return { status: 200, body: {} }
    }
    if (asked === "POST /__reset") {
      reset()
      return { status: 200, body: {} }
    }
    if (asked === "GET /__requests") return { status: 200, body: requests.map(({ closed: _, ...rest }) => rest) }
    return { status: 404, body: { error: `Unknown control ${asked}` } }
  }

  const reset = () => {
    queue.length = 0
    requests.length = 0
    attempts.clear()
    for (const hold of holds.values()) hold.resolve()
    holds.clear()
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      // A bug in a test's reply function must be seen by the test, as an answer that no provider would give.
      if (!response.headersSent) json(response, 599, { error: { message: `fake model: ${String(error)}` } })
      else response.destroy()
    })
  })
  await new Promise<void>((done, failed) => {
    server.once("error", failed)
    server.listen(options.port ?? 0, "127.0.0.1", () => {
      server.off("error", failed)
      done()
    })
  })
  const address = server.address()
  const port = typeof address === "object" && address ? address.port : 0

  const stop = async () => {
    if (!server.listening) return
    const ended = new Promise<void>((done) => server.close(() => done()))
    server.closeAllConnections()
    await ended
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get calls() {
      return requests.filter((request) => !request.title)
    },
    reply: (...replies) => void queue.push(...replies),
    reset,
    release: (name) => holdOf(name).resolve(),
    waitForRequest(predicate = (request) => !request.title, deadline = 10_000) {
      const known = requests.find(predicate)
      if (known) return Promise.resolve(known)
      return new Promise((done, failed) => {
        const listener = (request: ModelRequest) => {
          if (!predicate(request)) return
          clearTimeout(timer)
          listeners.delete(listener)
          done(request)
        }
        const timer = setTimeout(() => {
          listeners.delete(listener)
          const seen = requests.map((request) => `${request.path} ${JSON.stringify(request.user.slice(0, 60))}`)
          failed(new Error(`No matching model request within ${deadline} ms. Seen: ${seen.join("; ") || "none"}`))
        }, deadline)
        listeners.add(listener)
      })
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString("utf8")
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

function models(response: ServerResponse): void {
  json(response, 200, { object: "list", data: ["m1", "m2"].map((id) => ({ id, object: "model", owned_by: "fake" })) })
}

function sessionOf(request: ModelRequest): string {
  return string(request.headers["x-session-id"]) || string(request.headers["x-session-affinity"])
}

function echo(request: ModelRequest): string {
  return `You said: ${request.user.split("\n")[0]?.slice(0, 200) ?? ""}`
}

/** The first words of the last paragraph's first clause: what comes before it says that a title is wanted. */
function titleOf(prompt: string): string {
  const words = (
    prompt
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? ""
  )
    .replace(/\[\[.*\]\]/gs, " ")
    .replace(/[,.;!?](\s.*)?$/s, "")
    .split(/\s+/)
    .filter((word) => /^[\p{L}\p{N}'’-]+$/u.test(word))
  return words.slice(0, 5).join(" ") || "A short title"
}
