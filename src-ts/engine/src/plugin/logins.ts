import type { Auth } from "../auth/types.ts"
import type { AuthStore } from "../engine.ts"
import { LoginError } from "../error.ts"
import { isObject, type Json } from "../json/index.ts"
import type { LoginMethod, LoginPrompt, LoginService, LoginStart } from "../login/types.ts"
import type { PluginHost } from "./host.ts"

/** A login that a plugin has begun. */
interface Begun {
  way: LoginStart["method"]
  finish(code?: string): unknown
}

/** How long a plugin may wait for the person. */
const PATIENCE_MS = 5 * 60_000

/** Logins of one directory: the built-in ones, then those that its plugins bring along, numbered after them. */
export class PluginLogins {
  readonly #options: { own: LoginService; auth: AuthStore; host(): Promise<PluginHost> }
  readonly #begun = new Map<string, Begun>()

  constructor(options: { own: LoginService; auth: AuthStore; host(): Promise<PluginHost> }) {
    this.#options = options
  }

  async methods(): Promise<Record<string, LoginMethod[]>> {
    const all = { ...this.#options.own.methods() }
    for (const [providerID, methods] of await this.#given()) {
      all[providerID] = [...(Object.hasOwn(all, providerID) ? (all[providerID] ?? []) : []), ...methods.map(shown)]
    }
    return all
  }

  /** Begins a login; an earlier one of the same provider is forgotten. Throws LoginError. */
  async authorize(providerID: string, method: number, inputs: Record<string, string> = {}): Promise<LoginStart> {
    const { own } = this.#options
    const builtIn = own.methods()
    const before = Object.hasOwn(builtIn, providerID) ? (builtIn[providerID]?.length ?? 0) : 0
    const chosen = (await this.#given()).get(providerID)?.[method - before]
    this.#begun.delete(providerID)
    if (chosen?.type !== "oauth" || typeof chosen.authorize !== "function") {
      return own.authorize(providerID, method, inputs)
    }
    const begun = await attempt(providerID, () => (chosen.authorize as (inputs: object) => unknown)(inputs))
    if (!isObject(begun) || typeof begun.callback !== "function" || typeof begun.url !== "string") {
      throw failed(providerID, "The plugin did not say where to log in.")
    }
    const way = begun.method === "code" ? "code" : "auto"
    this.#begun.set(providerID, { way, finish: begun.callback.bind(begun) as Begun["finish"] })
    return { url: begun.url, method: way, instructions: String(begun.instructions ?? "") }
  }

  /** Waits until the person is done and stores the credential. Throws LoginError. */
  async callback(providerID: string, code?: string, signal?: AbortSignal): Promise<void> {
    const { own, auth } = this.#options
    const begun = this.#begun.get(providerID)
    if (!begun) return own.callback(providerID, code, signal)
    if (begun.way === "code" && !code) {
      throw new LoginError("ProviderAuthOauthCodeMissing", providerID, "Paste the code that the login has shown.")
    }
    const over = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])])
    const result = await attempt(providerID, () => stoppable(Promise.resolve(begun.finish(code)), over))
    if (this.#begun.get(providerID) === begun) this.#begun.delete(providerID)
    const credential = isObject(result) && result.type === "success" ? credentialOf(result) : undefined
    if (!isObject(result) || !credential) throw failed(providerID, "The login did not succeed. Start it again.")
    await auth.set(typeof result.provider === "string" ? result.provider : providerID, credential)
  }

  async #given(): Promise<Map<string, Json[]>> {
    const given = new Map<string, Json[]>()
    for (const hook of (await this.#options.host()).auth()) {
      if (!isObject(hook) || typeof hook.provider !== "string" || !Array.isArray(hook.methods)) continue
      const methods = hook.methods.filter(
        (method) => isObject(method) && ["oauth", "api"].includes(String(method.type)),
      )
      given.set(hook.provider, [...(given.get(hook.provider) ?? []), ...methods])
    }
    return given
  }
}

/** A method without its functions. */
function shown(method: Json): LoginMethod {
  const prompts = Array.isArray(method.prompts)
    ? method.prompts.filter(isObject).map(({ validate: _, condition: __, ...rest }) => rest as unknown as LoginPrompt)
    : []
  return {
    type: method.type === "oauth" ? "oauth" : "api",
    label: String(method.label ?? "Plugin"),
    ...(prompts.length > 0 ? { prompts } : {}),
  }
}

function credentialOf(result: Json): Auth | undefined {
  const { key, refresh, access, expires, accountId, enterpriseUrl, metadata } = result
  if (typeof key === "string") {
    const extra = Object.entries(isObject(metadata) ? metadata : {}).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    )
    return { type: "api", key, ...(extra.length > 0 ? { metadata: Object.fromEntries(extra) } : {}) }
  }
  if (typeof refresh !== "string" || typeof access !== "string") return undefined
  return {
    type: "oauth",
    refresh,
    access,
    expires: typeof expires === "number" ? expires : 0,
    ...(typeof accountId === "string" ? { accountId } : {}),
    ...(typeof enterpriseUrl === "string" ? { enterpriseUrl } : {}),
  }
}

async function attempt(providerID: string, body: () => unknown): Promise<unknown> {
  try {
    return await body()
  } catch (error) {
    throw failed(providerID, error instanceof Error ? error.message : String(error))
  }
}

function stoppable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new Error("The login was not finished in time."))
  signal.addEventListener("abort", stop, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", stop))
}

function failed(providerID: string, message: string): LoginError {
  return new LoginError("ProviderAuthOauthCallbackFailed", providerID, message)
}
