import { randomBytes } from "node:crypto"
import { auth, extractWWWAuthenticateParams, type OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js"
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js"
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { McpOAuthConfig } from "../types.ts"
import { awaitCallback, CALLBACK_PATH, DEFAULT_PORT, type Waiting } from "./callback.ts"
import type { AuthFile } from "./store.ts"

const LOGIN_MS = 5 * 60_000
const REQUEST_MS = 30_000
/** A token that ends this soon is renewed before it is used. */
const EARLY_S = 10

/** The server wants a login, and only a person can give it. */
export class NeedsLoginError extends Error {
  override readonly name = "NeedsLoginError"
}

/** The server's login has no registration for programs: the user must bring a client id. */
export class NeedsRegistrationError extends Error {
  override readonly name = "NeedsRegistrationError"
}

export interface LoginOptions {
  name: string
  url: string
  config: McpOAuthConfig
  store: AuthFile
}

/**
 * The login to one remote server: adds its token to requests, renews it, and gets a first one through the browser
 * (authorization code with PKCE, dynamic registration where the server has it).
 */
export class Login {
  readonly #options: LoginOptions
  #renewing: Promise<void> | undefined
  /** What the server said about its login when it last refused a request. */
  #challenge: { resourceMetadataUrl?: URL; scope?: string } = {}
  #waiting: Waiting | undefined
  /** Why the last request needs a person; some transports lose the error on its way up. */
  refusal: Error | undefined

  constructor(options: LoginOptions) {
    this.#options = options
  }

  /**
   * `fetch` with the token, for requests to the server itself. A refused or ended token is renewed once, by one request for all
   * that wait. Throws NeedsLoginError or NeedsRegistrationError when that is not possible.
   */
  readonly fetch: FetchLike = async (url, init) => {
    try {
      const response = await this.#fetch(url, init)
      this.refusal = undefined
      return response
    } catch (error) {
      if (error instanceof NeedsLoginError || error instanceof NeedsRegistrationError) this.refusal = error
      throw error
    }
  }

  readonly #fetch: FetchLike = async (url, init) => {
    const own = new URL(url).origin === new URL(this.#options.url).origin
    if (!own || new Headers(init?.headers).has("authorization")) return fetch(url, init)
    let used = await this.#token()
    if (used?.ended && used.renewable) {
      await this.#renew()
      used = await this.#token()
    }
    const response = await fetch(url, this.#with(init, used?.access))
    if (response.status !== 401 && !(response.status === 403 && asksForMore(response))) return response
    this.#challenge = extractWWWAuthenticateParams(response)
    await response.body?.cancel()
    if (response.status === 403) throw new NeedsLoginError("The server asks for more rights than this login has.")
    const now = await this.#token()
    // Another process may have renewed it meanwhile.
    if (now === undefined || now.access === used?.access) await this.#renew()
    const again = await this.#token()
    const second = await fetch(url, this.#with(init, again?.access))
    if (second.status === 401) {
      await second.body?.cancel()
      throw new NeedsLoginError("The server refuses a token that it has just given.")
    }
    return second
  }

  /** Begins a login. Without an address none is needed: the stored login could be renewed. */
  async begin(): Promise<{ address: string; state: string; code: Promise<string> }> {
    this.cancel("Another login was started.")
    const { name, url, config, store } = this.#options
    const state = randomBytes(24).toString("base64url")
    const waiting = await this.#listen(state)
    const redirectUri = config.redirectUri ?? waiting?.redirectUri ?? defaultRedirect(config)
    let address = ""
    try {
      await store.change(name, url, (entry) => {
        entry.oauthState = state
        // A registration is for one address to come back to.
        if (entry.clientInfo?.redirectUri !== redirectUri) delete entry.clientInfo
      })
      const provider = this.#provider({ redirectUri, state, open: (found) => (address = found.href) })
      await this.#auth(provider)
    } catch (error) {
      waiting?.cancel("The login could not be started.")
      throw registrationError(error)
    }
    if (address === "") waiting?.cancel("No login was needed.")
    else this.#waiting = waiting
    return { address, state, code: waiting?.code ?? Promise.withResolvers<string>().promise }
  }

  /** Exchanges the code that the browser brought back for tokens. */
  async finish(code: string): Promise<void> {
    const { config } = this.#options
    const redirectUri = config.redirectUri ?? this.#waiting?.redirectUri ?? (await this.#storedRedirect())
    const provider = this.#provider({ redirectUri: redirectUri ?? defaultRedirect(config) })
    await this.#auth(provider, code)
    this.cancel("The login is finished.")
  }

  /** Stops waiting for a browser. */
  cancel(reason: string) {
    this.#waiting?.cancel(reason)
    this.#waiting = undefined
  }

  async #listen(state: string): Promise<Waiting | undefined> {
    const { config } = this.#options
    if (config.redirectUri === undefined) {
      return awaitCallback(state, {
        timeout: LOGIN_MS,
        ...(config.callbackPort === undefined ? {} : { port: config.callbackPort }),
      })
    }
    if (!URL.canParse(config.redirectUri)) throw new Error(`oauth.redirectUri is not an address: ${config.redirectUri}`)
    const { protocol, hostname, port, pathname } = new URL(config.redirectUri)
    // Elsewhere than here: the user brings the code.
    if (protocol !== "http:" || !["localhost", "127.0.0.1"].includes(hostname)) return undefined
    return awaitCallback(state, { timeout: LOGIN_MS, port: config.callbackPort ?? Number(port || 80), path: pathname })
  }

  async #storedRedirect(): Promise<string | undefined> {
    return (await this.#options.store.get(this.#options.name, this.#options.url))?.clientInfo?.redirectUri
  }

  async #token(): Promise<{ access: string; ended: boolean; renewable: boolean } | undefined> {
    const tokens = (await this.#options.store.get(this.#options.name, this.#options.url))?.tokens
    if (!tokens) return undefined
    const ended = tokens.expiresAt !== undefined && tokens.expiresAt - EARLY_S <= Date.now() / 1000
    return { access: tokens.accessToken, ended, renewable: tokens.refreshToken !== undefined }
  }

  #with(init: RequestInit | undefined, token: string | undefined): RequestInit {
    const headers = new Headers(init?.headers)
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`)
    return { ...init, headers }
  }

  /** One renewal at a time: a refresh token is often good for one use only. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#auth(this.#provider({ redirectUri: defaultRedirect(this.#options.config) }))
      .catch((error: unknown) => {
        throw registrationError(error)
      })
      .finally(() => {
        this.#renewing = undefined
      })
    return this.#renewing
  }

  async #auth(provider: OAuthClientProvider, authorizationCode?: string): Promise<void> {
    const { resourceMetadataUrl, scope } = this.#challenge
    await auth(provider, {
      serverUrl: this.#options.url,
      fetchFn: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_MS) }),
      ...(authorizationCode === undefined ? {} : { authorizationCode }),
      ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}),
      ...(scope ? { scope } : {}),
    })
  }

  /** What the library asks for and tells. Without `open` nobody is there to log in, so it stops where a person would be needed. */
  #provider(mode: { redirectUri: string; state?: string; open?: (address: URL) => void }): OAuthClientProvider {
    const { name, url, config, store } = this.#options
    const stored = () => store.get(name, url)
    const needsPerson = () => new NeedsLoginError(`The server ${name} wants you to log in.`)
    let refreshed: string | undefined
    const metadata: OAuthClientMetadata = {
      client_name: "Kilo",
      redirect_uris: [mode.redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: config.clientSecret ? "client_secret_post" : "none",
      ...(config.scope ? { scope: config.scope } : {}),
    }
    return {
      redirectUrl: mode.redirectUri,
      clientMetadata: metadata,
      state() {
        if (!mode.open || mode.state === undefined) throw needsPerson()
        return mode.state
      },
      async clientInformation(): Promise<OAuthClientInformationMixed | undefined> {
        if (config.clientId) {
          return {
            client_id: config.clientId,
            ...(config.clientSecret ? { client_secret: config.clientSecret } : {}),
          }
        }
        const info = (await stored())?.clientInfo
        const ended = info?.clientSecretExpiresAt !== undefined && info.clientSecretExpiresAt <= Date.now() / 1000
        if (!info || ended) return undefined
        return {
          client_id: info.clientId,
          ...(info.clientSecret ? { client_secret: info.clientSecret } : {}),
          ...(info.issuer ? { issuer: info.issuer } : {}),
        }
      },
      async saveClientInformation(info) {
        // The user's own id needs no keeping.
        if (config.clientId) return
        const ends = "client_secret_expires_at" in info ? info.client_secret_expires_at : undefined
        await store.change(name, url, (entry) => {
          entry.clientInfo = {
            clientId: info.client_id,
            redirectUri: entry.clientInfo?.redirectUri ?? mode.redirectUri,
            ...(info.client_secret ? { clientSecret: info.client_secret } : {}),
            ...(typeof ends === "number" && ends > 0 ? { clientSecretExpiresAt: ends } : {}),
            ...(info.issuer ? { issuer: info.issuer } : {}),
          }
        })
      },
      async tokens(): Promise<OAuthTokens | undefined> {
        const tokens = (await stored())?.tokens
        refreshed = tokens?.refreshToken
        if (!tokens) return undefined
        return {
          access_token: tokens.accessToken,
          token_type: "Bearer",
          ...(tokens.refreshToken ? { refresh_token: tokens.refreshToken } : {}),
          ...(tokens.scope ? { scope: tokens.scope } : {}),
          ...(tokens.issuer ? { issuer: tokens.issuer } : {}),
        }
      },
      async saveTokens(tokens) {
        await store.change(name, url, (entry) => {
          const refreshToken = tokens.refresh_token ?? entry.tokens?.refreshToken
          entry.tokens = {
            accessToken: tokens.access_token,
            ...(refreshToken ? { refreshToken } : {}),
            ...(tokens.expires_in === undefined
              ? {}
              : { expiresAt: Math.floor(Date.now() / 1000 + Number(tokens.expires_in)) }),
            ...(tokens.scope ? { scope: tokens.scope } : {}),
            ...(tokens.issuer ? { issuer: tokens.issuer } : {}),
          }
          delete entry.codeVerifier
          delete entry.oauthState
        })
      },
      redirectToAuthorization(address) {
        mode.open?.(address)
      },
      async saveCodeVerifier(verifier) {
        await store.change(name, url, (entry) => {
          entry.codeVerifier = verifier
        })
      },
      async codeVerifier() {
        const verifier = (await stored())?.codeVerifier
        if (!verifier) throw new Error("No login is under way. Start it again.")
        return verifier
      },
      async saveDiscoveryState(found) {
        if (mode.open || config.clientId || (await stored())?.clientInfo) return
        // A first look without a person: say what is missing instead of registering.
        const metadata = found.authorizationServerMetadata
        if (!metadata && !found.resourceMetadata)
          throw new Error("The server refused the request (401) and offers no login. Check the headers set for it.")
        if (metadata && !metadata.registration_endpoint) throw new NeedsRegistrationError(REGISTER)
        throw needsPerson()
      },
      async invalidateCredentials(scope) {
        await store.change(name, url, (entry) => {
          if (scope === "all" || scope === "client") delete entry.clientInfo
          if (scope === "all" || scope === "verifier") delete entry.codeVerifier
          if (scope !== "all" && scope !== "tokens") return
          // Another process may have renewed the tokens with the same refresh token just before us.
          if (scope === "all" || refreshed === undefined || entry.tokens?.refreshToken === refreshed)
            delete entry.tokens
        })
      },
    }
  }
}

const REGISTER =
  "This server's login does not register programs by itself. Register one with its provider and set oauth.clientId (and clientSecret) for the server."

/** The library has no error class for it. */
function registrationError(error: unknown): unknown {
  const missing = error instanceof Error && /dynamic client registration/i.test(error.message)
  return missing ? new NeedsRegistrationError(REGISTER) : error
}

function defaultRedirect(config: McpOAuthConfig): string {
  return config.redirectUri ?? `http://127.0.0.1:${config.callbackPort ?? DEFAULT_PORT}${CALLBACK_PATH}`
}

function asksForMore(response: Response): boolean {
  return extractWWWAuthenticateParams(response).error === "insufficient_scope"
}
