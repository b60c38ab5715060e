import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** Where browsers come back to unless a server's `oauth` says otherwise; some providers want the port registered. */
export const DEFAULT_PORT = 19_876
export const CALLBACK_PATH = "/mcp/oauth/callback"

/** The login was given up: another one began, it took too long, or the server was disconnected. */
export class LoginCancelledError extends Error {
  override readonly name = "LoginCancelledError"
}

export interface Waiting {
  /** The address that the browser is sent to. */
  redirectUri: string
  /** The code; rejects when the login is refused, cancelled or takes too long. Nobody need listen. */
  code: Promise<string>
  cancel(reason: string): void
}

interface Listener {
  server: Server
  port: number
  waiters: Map<string, { path: string; resolve(code: string): void; reject(error: Error): void }>
}

/** One listener for each port in the process, shared by all logins and gone with the last one. */
const listeners = new Map<number, Promise<Listener>>()

/**
 * Waits on loopback for the browser that comes back with `state`. With a `fixed` port exactly that one is used; otherwise the
 * usual one, or any free one when another program has it. Rejects when a fixed port is taken.
 */
export async function awaitCallback(
  state: string,
  options: { port?: number; path?: string; timeout: number },
): Promise<Waiting> {
  const path = options.path ?? CALLBACK_PATH
  const listener = await listenerOn(options.port)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  promise.catch(() => undefined)
  const done = () => {
    clearTimeout(timer)
    listener.waiters.delete(state)
    if (listener.waiters.size > 0) return
    for (const [port, each] of listeners) {
      void each.then((it) => {
        if (it === listener) listeners.delete(port)
      })
    }
    listener.server.close()
    listener.server.closeIdleConnections()
  }
  const fail = (error: Error) => {
    done()
    reject(error)
  }
  const cancel = (reason: string) => fail(new LoginCancelledError(reason))
  const timer = setTimeout(() => cancel("The login was not finished in time. Start it again."), options.timeout)
  timer.unref()
  listener.waiters.set(state, {
    path,
    resolve(code) {
      done()
      resolve(code)
    },
    reject: fail,
  })
  return { redirectUri: `http://127.0.0.1:${listener.port}${path}`, code: promise, cancel }
}

async function listenerOn(fixed: number | undefined): Promise<Listener> {
  const wanted = fixed ?? DEFAULT_PORT
  const known = listeners.get(wanted)
  if (known) return known
  const made = listen(wanted).catch((error: unknown) => {
    if (fixed === undefined) return listen(0)
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`The login needs port ${fixed} on this machine (oauth.callbackPort), which can't be used: ${why}`)
  })
  listeners.set(wanted, made)
  made.catch(() => listeners.delete(wanted))
  return made
}

async function listen(port: number): Promise<Listener> {
  const waiters: Listener["waiters"] = new Map()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    const state = url.searchParams.get("state") ?? ""
    const waiter = waiters.get(state)
    // Without the state that we sent this is not the answer to our question: somebody may be trying to slip in a login of theirs.
    if (request.method !== "GET" || !waiter || url.pathname !== waiter.path) {
      return page(response, 400, "This login is not known here", "It may be finished or too old. Start it again.")
    }
    const refused = url.searchParams.get("error")
    const code = url.searchParams.get("code")
    if (refused !== null || code === null || code === "") {
      const why = url.searchParams.get("error_description") ?? refused ?? "no code came back"
      waiter.reject(new Error(`The login was refused: ${why}`))
      return page(response, 400, "The login was refused", why)
    }
    page(response, 200, "You are logged in", "You can close this page and go back to your editor.")
    waiter.resolve(code)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once("error", reject)
  server.listen(port, "127.0.0.1", () => resolve())
  await promise
  server.unref()
  return { server, port: (server.address() as AddressInfo).port, waiters }
}

function page(response: ServerResponse, status: number, title: string, text: string) {
  const safe = (value: string) => value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    connection: "close",
  })
  response.end(
    `<!doctype html><title>${safe(title)}</title><body style="font:16px sans-serif;margin:4em auto;max-width:32em"><h1>${safe(title)}</h1><p>${safe(text)}</p>`,
  )
}
