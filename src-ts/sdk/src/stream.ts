import { explain, KiloError } from "./error.ts"
import type { Client } from "./gen/client/index.ts"

type Get = Client["sse"]["get"]

const LONGEST_WAIT_MS = 5000

/**
 * Event streams as people expect them: what can't be connected at first, and what the server refuses, throws a KiloError
 * in the loop that reads; a connection that breaks later is made again and goes on where it was; leaving the loop, or the
 * signal, closes the connection at once.
 */
export function readable(client: Client): void {
  const get: Get = client.sse.get
  const loud = async (options: Parameters<Get>[0]) => {
    const { onSseError, signal, sseMaxRetryAttempts, ...rest } = options
    const stop = new AbortController()
    const usual = options.fetch ?? client.getConfig().fetch
    let connected = false
    let attempts = 0
    let failure: { error: unknown } | undefined
    // The generated client takes it, its types leave it out.
    const waiting = { sseSleepFn: (ms: number) => rested(ms, stop.signal) }
    const given = await get({
      sseMaxRetryDelay: LONGEST_WAIT_MS,
      ...waiting,
      ...rest,
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      async fetch(input, init) {
        const request = input instanceof Request ? input : new Request(input, init)
        const response = await (usual ?? globalThis.fetch)(request).catch((error: unknown) => {
          throw explain(error, request, undefined)
        })
        if (!response.ok) throw explain(bodyOf(await response.text()), request, response)
        connected = true
        return response
      },
      onSseError(error) {
        if (stop.signal.aborted || signal?.aborted) return
        onSseError?.(error)
        const status = error instanceof KiloError ? error.status : undefined
        const refused = status !== undefined && status < 500
        attempts += 1
        const over = sseMaxRetryAttempts === undefined ? !connected : attempts >= sseMaxRetryAttempts
        if (!refused && !over) return
        failure = { error }
        stop.abort()
      },
    })
    // The caller may abort while the next attempt is waited for.
    signal?.addEventListener("abort", () => stop.abort(), { once: true, signal: stop.signal })
    const inner = given.stream
    async function* stream() {
      try {
        yield* inner
        if (failure) throw failure.error
      } finally {
        stop.abort()
      }
    }
    return { ...given, stream: stream() }
  }
  client.sse.get = loud as Get
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function rested(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done()
    const timer = setTimeout(end, ms)
    function end() {
      clearTimeout(timer)
      signal.removeEventListener("abort", end)
      done()
    }
    signal.addEventListener("abort", end, { once: true })
  })
}
