import { createHash, randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

export interface FakeMcpOptions {
  /** Seconds that a token is good for; 3600 when not given. */
  lifetime?: number
  /** Whether the login registers programs by itself; it does when not given. */
  registration?: boolean
  /** Without a login at all. */
  open?: boolean
}

/** An MCP server over HTTP with one tool `whoami`, behind its own OAuth login (authorization code with PKCE, refresh tokens that work once). */
export interface FakeMcp extends AsyncDisposable {
  /** The MCP endpoint. */
  readonly url: string
  /** Every request as `METHOD /path`, oldest first. */
  readonly requests: readonly string[]
  readonly registrations: readonly { redirect_uris: string[] }[]
  /** How often a token was renewed. */
  readonly renewals: number
  /** Ends the access tokens that were given; refresh tokens stay. */
  expire(): void
  /** Ends everything that was given. */
  revoke(): void
  /** What a browser does: asks for the page, says yes, and follows the way back. Gives the last answer. */
  consent(address: string, answer?: "yes" | "no"): Promise<Response>
  /** From now on MCP requests are answered with this status, or never. Undefined: as usual. */
  misbehave(how: number | "hang" | "garbage" | undefined): void
  /** Forgets MCP sessions, as a restarted server would. */
  forget(): void
}

/** Starts it on 127.0.0.1. */
export async function startFakeMcp(options: FakeMcpOptions = {}): Promise<FakeMcp> {
  const requests: string[] = []
  const registrations: { redirect_uris: string[] }[] = []
  const clients = new Map<string, string[]>([["known-client", []]])
  const codes = new Map<string, { challenge: string; redirect: string; client: string }>()
  const access = new Map<string, number>()
  const refresh = new Set<string>()
  const sessions = new Set<string>()
  let bad: number | "hang" | "garbage" | undefined
  let renewals = 0
  let origin = ""

  const give = (response: ServerResponse) => {
    const token = `at-${randomUUID()}`
    const renewal = `rt-${randomUUID()}`
    const seconds = options.lifetime ?? 3600
    access.set(token, Date.now() + seconds * 1000)
    refresh.add(renewal)
    json(response, 200, { access_token: token, token_type: "Bearer", expires_in: seconds, refresh_token: renewal })
  }

  const authorize = (url: URL, response: ServerResponse) => {
    const get = (name: string) => url.searchParams.get(name) ?? ""
    const allowed = clients.get(get("client_id"))
    const back = get("redirect_uri")
    if (!allowed || (allowed.length > 0 && !allowed.includes(back)) || get("code_challenge_method") !== "S256")
      return json(response, 400, { error: "invalid_request" })
    const target = new URL(back)
    target.searchParams.set("state", get("state"))
    if (get("deny") === "1") target.searchParams.set("error", "access_denied")
    else {
      const code = randomUUID()
      codes.set(code, { challenge: get("code_challenge"), redirect: back, client: get("client_id") })
      target.searchParams.set("code", code)
    }
    response.writeHead(302, { location: target.href }).end()
  }

  const token = (form: URLSearchParams, response: ServerResponse) => {
    if (form.get("grant_type") === "refresh_token") {
      // Good for one use, as many servers have it.
      if (!refresh.delete(form.get("refresh_token") ?? "")) return json(response, 400, { error: "invalid_grant" })
      renewals += 1
      return give(response)
    }
    const code = codes.get(form.get("code") ?? "")
    codes.delete(form.get("code") ?? "")
    const proof = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url")
    const good = code && code.challenge === proof && code.redirect === form.get("redirect_uri")
    return good ? give(response) : json(response, 400, { error: "invalid_grant" })
  }

  const mcp = (message: { id?: number; method?: string }, request: IncomingMessage, response: ServerResponse) => {
    const session = request.headers["mcp-session-id"]
    if (message.method !== "initialize" && (typeof session !== "string" || !sessions.has(session)))
      return json(response, 404, { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null })
    if (message.id === undefined) return response.writeHead(202).end()
    const reply = (result: unknown, headers: Record<string, string> = {}) =>
      json(response, 200, { jsonrpc: "2.0", id: message.id, result }, headers)
    if (message.method === "initialize") {
      const id = randomUUID()
      sessions.add(id)
      const serverInfo = { name: "fake", version: "1" }
      return reply({ protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo }, { "mcp-session-id": id })
    }
    if (message.method === "tools/list")
      return reply({ tools: [{ name: "whoami", inputSchema: { type: "object", properties: {} } }] })
    return reply({ content: [{ type: "text", text: "somebody" }] })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", origin)
    requests.push(`${request.method} ${url.pathname}`)
    const body = await text(request)
    switch (url.pathname) {
      case "/.well-known/oauth-protected-resource/mcp":
        if (options.open) return json(response, 404, {})
        return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [origin] })
      case "/.well-known/oauth-authorization-server":
        if (options.open) return json(response, 404, {})
        return json(response, 200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          ...(options.registration === false ? {} : { registration_endpoint: `${origin}/register` }),
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
        })
      case "/register": {
        const wanted: { redirect_uris: string[] } = JSON.parse(body)
        registrations.push(wanted)
        const id = `client-${randomUUID()}`
        clients.set(id, wanted.redirect_uris)
        return json(response, 201, { ...wanted, client_id: id })
      }
      case "/authorize":
        return authorize(url, response)
      case "/token":
        return token(new URLSearchParams(body), response)
      case "/mcp": {
        const until = access.get((request.headers.authorization ?? "").replace("Bearer ", ""))
        if (!options.open && (until === undefined || until < Date.now())) {
          const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`
          return json(response, 401, { error: "invalid_token" }, { "www-authenticate": challenge })
        }
        if (bad === "hang") return
        if (bad === "garbage") return response.writeHead(200, { "content-type": "application/json" }).end("<html>")
        if (bad !== undefined) return json(response, bad, {})
        if (request.method !== "POST") return json(response, 405, {})
        return mcp(JSON.parse(body), request, response)
      }
    }
    return json(response, 404, {})
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${origin}/mcp`,
    requests,
    registrations,
    get renewals() {
      return renewals
    },
    expire: () => access.clear(),
    revoke() {
      access.clear()
      refresh.clear()
    },
    async consent(address, answer = "yes") {
      const url = new URL(address)
      if (answer === "no") url.searchParams.set("deny", "1")
      const page = await fetch(url, { redirect: "manual" })
      const location = page.headers.get("location")
      if (!location) throw new Error(`The login page answered ${page.status}: ${await page.text()}`)
      return fetch(location)
    },
    misbehave(how) {
      bad = how
    },
    forget: () => sessions.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}
