import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { isIP } from "node:net"
import { type Layer, sendJson } from "./layer.ts"

export interface AccessOptions {
  /** No password: everybody who reaches the port is let in, so web pages must be kept out by other means. */
  password?: string
  username: string
  /** Host name that the server was told to listen on. */
  hostname: string
  /** Origins allowed beside the built-in ones. */
  cors: string[]
}

/** User name that clients of a related product send; peers refuse it, which breaks those clients. */
const OTHER_USERNAME = "opencode"

/** Basic credentials or `?auth_token=`, which wins (contract: behaviour section 2). Preflights need none. */
export function auth(options: AccessOptions): Layer {
  const { password } = options
  if (!password) return (_, next) => next()
  const wanted = [options.username, OTHER_USERNAME].map((user) => digest(`${user}:${password}`))
  return ({ request, response, url }, next) => {
    const token = url.searchParams.get("auth_token") ?? /^basic\s+(\S+)/i.exec(request.headers.authorization ?? "")?.[1]
    if (token !== undefined) {
      const given = digest(Buffer.from(token, "base64").toString("utf8"))
      // All are compared, so that the time tells nothing.
      if (wanted.map((hash) => timingSafeEqual(hash, given)).includes(true)) return next()
    }
    response.writeHead(401, { "www-authenticate": 'Basic realm="Secure Area"', "content-length": 0 })
    response.end()
  }
}

function digest(text: string) {
  return createHash("sha256").update(text).digest()
}

/**
 * Without a password a web page could reach the server by a name of its own that resolves to this machine. Only
 * loopback names, addresses and the configured name are served then.
 */
export function hostCheck(options: AccessOptions): Layer {
  if (options.password) return (_, next) => next()
  return ({ request, response }, next) => {
    const { host } = request.headers
    if (host === undefined || isOwnName(hostnameOf(host), options.hostname)) return next()
    forbid(
      response,
      `The host name ${hostnameOf(host)} is not served without a password. Use 127.0.0.1, or set KILO_SERVER_PASSWORD.`,
    )
  }
}

function forbid(response: Parameters<typeof sendJson>[0], message: string) {
  sendJson(response, 403, { name: "ForbiddenError", data: { message } })
}

function hostnameOf(host: string): string {
  return host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "")
}

function isOwnName(name: string, configured: string): boolean {
  const lower = name.toLowerCase()
  return (
    lower === "localhost" || lower.endsWith(".localhost") || isIP(lower) !== 0 || lower === configured.toLowerCase()
  )
}

const ORIGINS = [
  /^http:\/\/(localhost|127\.0\.0\.1):\d+$/,
  /^(tauri:\/\/localhost|http:\/\/tauri\.localhost|oc:\/\/renderer)$/,
  /^https:\/\/([a-z0-9-]+\.)*kilo\.ai$/,
  /^https:\/\/opencode\.ai$/,
]

/** Whether a page of this origin may use the server. */
export function isAllowed(options: Pick<AccessOptions, "cors">, origin: string): boolean {
  return options.cors.includes(origin) || ORIGINS.some((rule) => rule.test(origin))
}

/** CORS rules (contract: behaviour section 2), preflights included. */
export function cors(options: AccessOptions): Layer {
  const allowed = (origin: string) => isAllowed(options, origin)
  return ({ request, response }, next) => {
    const { origin } = request.headers
    response.setHeader("vary", "Origin")
    // No answer is a page, a script or a picture for another site.
    response.setHeader("x-content-type-options", "nosniff")
    response.setHeader("cross-origin-resource-policy", "same-origin")
    if (origin !== undefined && allowed(origin)) response.setHeader("access-control-allow-origin", origin)
    if (request.method === "OPTIONS") {
      response.setHeader("access-control-allow-methods", "GET, HEAD, PUT, PATCH, POST, DELETE")
      response.setHeader("access-control-max-age", "86400")
      const asked = request.headers["access-control-request-headers"]
      if (asked) response.setHeader("access-control-allow-headers", asked)
      response.writeHead(204).end()
      return
    }
    if (origin === undefined && isEmbedded(request.headers)) {
      forbid(
        response,
        "Another site's page may not load this. Ask from a program, or from an origin allowed with --cors.",
      )
      return
    }
    const reads = request.method === "GET" || request.method === "HEAD"
    // A browser sends some requests without asking first, and with them the credentials that it remembers for this address.
    if (!reads && origin !== undefined && !allowed(origin)) {
      forbid(response, `The origin ${origin} may not change anything. Allow it with --cors.`)
      return
    }
    next()
  }
}

/** Pictures, scripts, frames and fetches without an answer, which a browser loads for another site's page without naming its origin. */
function isEmbedded(headers: IncomingHttpHeaders): boolean {
  return headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-dest"] !== "document"
}
