import { checked, explain, KiloError } from "./error.ts"
import { createClient } from "./gen/client/index.ts"
import { KiloClient } from "./gen/sdk.gen.ts"
import { readable } from "./stream.ts"

export interface KiloClientOptions {
  /** Where `kilo serve` listens, for example `http://127.0.0.1:4096`. */
  baseUrl: string
  /** Directory that requests are about; the server's own when missing. */
  directory?: string
  /** Id of the workspace that requests go to, a directory or another server that the user has configured. */
  workspace?: string
  /** Value of KILO_SERVER_PASSWORD. */
  password?: string
  username?: string
  /** Another implementation of fetch; the platform's own when missing, in Node as in browsers. */
  fetch?: typeof fetch
  headers?: Record<string, string>
}

/**
 * A client of one server, for one directory. Methods follow the operation ids: `client.session.create(...)`. They
 * resolve with `{ data, response }` and throw a KiloError; `client.event.subscribe()` gives a stream of events, which
 * connects when it is first read. Throws a KiloError at once for an address that can't be one.
 */
export function createKiloClient(options: KiloClientOptions): KiloClient {
  const { baseUrl, directory, workspace, password, username = "kilo" } = options
  checkAddress(baseUrl)
  const client = createClient({
    baseUrl,
    throwOnError: true,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    headers: {
      ...options.headers,
      // Names of folders may hold letters that a header cannot.
      ...(directory === undefined ? {} : { "x-kilo-directory": encodeURIComponent(directory) }),
      ...(workspace === undefined ? {} : { "x-kilo-workspace": workspace }),
      ...(password === undefined ? {} : { authorization: `Basic ${base64(`${username}:${password}`)}` }),
    },
  })
  client.interceptors.response.use((response, request) => checked(response, request))
  client.interceptors.error.use((error, response, request) => explain(error, request, response))
  readable(client)
  return new KiloClient({ client })
}

/** In a page an address may be relative to it. */
function checkAddress(baseUrl: string | undefined) {
  if (baseUrl !== undefined && "location" in globalThis) return
  if (URL.canParse(baseUrl ?? "") && /^https?:/.test(baseUrl ?? "")) return
  throw new KiloError(`baseUrl is ${JSON.stringify(baseUrl)}, not an address such as "http://127.0.0.1:4096".`)
}

/** As UTF-8, and with what browsers have too. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
