import { createClient } from "./gen/client/index.ts"
import { KiloClient } from "./gen/sdk.gen.ts"

export interface KiloClientOptions {
  /** Where `kilo serve` listens, for example `http://127.0.0.1:4096`. */
  baseUrl: string
  /** Directory that requests are about; the server's own when missing. */
  directory?: string
  /** Value of KILO_SERVER_PASSWORD. */
  password?: string
  username?: string
  fetch?: typeof fetch
  headers?: Record<string, string>
}

/**
 * A client of one server, for one directory. Methods follow the operation ids: `client.session.create(...)`. They
 * resolve with `{ data, response }` and throw the server's error body; `client.event.subscribe()` gives a stream of events.
 */
export function createKiloClient(options: KiloClientOptions): KiloClient {
  const { baseUrl, directory, password, username = "kilo" } = options
  const client = createClient({
    baseUrl,
    throwOnError: true,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    headers: {
      ...options.headers,
      // Names of folders may hold letters that a header cannot.
      ...(directory === undefined ? {} : { "x-kilo-directory": encodeURIComponent(directory) }),
      ...(password === undefined ? {} : { authorization: `Basic ${base64(`${username}:${password}`)}` }),
    },
  })
  return new KiloClient({ client })
}

/** As UTF-8, and with what browsers have too. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
