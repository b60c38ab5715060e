import { checked, explain } from "./error.ts"
import { createClient } from "./gen/client/index.ts"
import { KiloClient } from "./gen/sdk.gen.ts"

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
 * connects when it is first read.
 */
export function createKiloClient(options: KiloClientOptions): KiloClient {
  const { baseUrl, directory, workspace, password, username = "kilo" } = options
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
  return new KiloClient({ client })
}

/** As UTF-8, and with what browsers have too. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
