import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"

/** One request that the fake service has seen. */
export interface ServiceRequest {
  method: string
  path: string
  headers: Record<string, string | undefined>
  body: string
}

/** Status and JSON body of an answer, with a header where it matters. */
export interface ServiceAnswer {
  status?: number
  body?: unknown
  headers?: Record<string, string>
}

export interface FakeService extends AsyncDisposable {
  /** Root address on loopback, without a trailing slash. */
  readonly url: string
  readonly requests: ServiceRequest[]
}

/**
 * A web service on loopback whose answers the test writes: `answer` sees each request and says what comes back; undefined is 404.
 * For what is no model: accounts, catalogues, logins.
 */
export async function startFakeService(
  answer: (request: ServiceRequest) => ServiceAnswer | undefined | Promise<ServiceAnswer | undefined>,
): Promise<FakeService> {
  const requests: ServiceRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    try {
      const request: ServiceRequest = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: plain(incoming),
        body: await read(incoming),
      }
      requests.push(request)
      const { status = 200, body, headers = {} } = (await answer(request)) ?? { status: 404, body: {} }
      outgoing.writeHead(status, { "content-type": "application/json", ...headers })
      outgoing.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body))
    } catch (error) {
      outgoing.destroy(error instanceof Error ? error : undefined)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function plain(incoming: IncomingMessage): ServiceRequest["headers"] {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}
