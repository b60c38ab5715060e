import type { AuthStore, EngineOptions } from "../engine.ts"
import { BadRequestError } from "../error.ts"
import { isObject, type Json } from "../json/index.ts"
import { Cache } from "./cache.ts"
import type { KiloAuthStatus, KiloMode, KiloNotification, KiloOrganization, KiloProfile } from "./types.ts"

export { Cache } from "./cache.ts"
export * from "./types.ts"

/** Id of the gateway among the model providers, and of its credential. */
export const KILO = "kilo"
/** Key for those who are not logged in; it opens the free models (seed 002). */
export const ANONYMOUS = "anonymous"
export const ORGANIZATION_HEADER = "X-KILOCODE-ORGANIZATIONID"

const LIMIT_MS = 10_000
const MAX_BYTES = 20 * 1024 * 1024

/** Failure of the Kilo service; the message is for people. */
export class GatewayError extends Error {
  override readonly name = "GatewayError"
  readonly status: number | undefined
  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** The Kilo account service. Nothing is asked before it is needed, and nothing at all of the account without a credential. */
export interface Gateway {
  /** Root address, without a trailing slash; KILO_API_URL moves it, to loopback for tests. */
  readonly base: string
  /** Key for requests to models. */
  key(): string
  /** Headers that go with every request to models. */
  headers(): Record<string, string>
  status(): KiloAuthStatus
  /** Undefined when nobody is logged in. Throws GatewayError. */
  profile(signal?: AbortSignal): Promise<KiloProfile | undefined>
  /** Takes another organization of the account, or with null the personal account. Throws BadRequestError when not logged in. */
  setOrganization(id: string | null): Promise<void>
  notifications(signal?: AbortSignal): Promise<KiloNotification[]>
  /** Modes of the active organization; never waits longer than for the first load. */
  modes(): Promise<KiloMode[]>
  /** Configuration that the active organization prescribes; undefined when there is none, or none was ever reached. */
  organizationConfig(): Promise<Json | undefined>
  /** Models as the gateway lists them now, in the catalogue's form; undefined while they are not known. Never waits. */
  models(): Record<string, Json> | undefined
  /** Why the models are not known. */
  modelsError(): unknown
  /** Forgets what was fetched, after a login or a change of the organization. */
  invalidate(): void
}

export function createGateway(options: {
  auth: AuthStore
  env: EngineOptions["env"]
  version: string
  /** Something was fetched anew: what depends on it is to be read again. */
  changed?: () => void
}): Gateway {
  const { auth, env, version } = options
  const base = (env.KILO_API_URL || "https://api.kilo.ai").replace(/\/+$/, "")
  const models = new Cache<Record<string, Json>>(options.changed)
  const modes = new Cache<KiloMode[]>()
  const configs = new Cache<Json>()

  const credential = (): { token?: string; organization?: string; type?: "api" | "oauth" } => {
    const stored = auth.get(KILO)
    const fromEnv = env.KILO_ORG_ID ? { organization: env.KILO_ORG_ID } : {}
    if (stored?.type === "oauth") {
      return {
        token: stored.access,
        type: "oauth",
        ...(stored.accountId ? { organization: stored.accountId } : fromEnv),
      }
    }
    if (stored?.type === "api") return { token: stored.key, type: "api", ...fromEnv }
    if (env.KILO_API_KEY) return { token: env.KILO_API_KEY, type: "api", ...fromEnv }
    return {}
  }

  const headers = (): Record<string, string> => {
    const { organization } = credential()
    return {
      "user-agent": `kilo/${version}`,
      ...(organization ? { [ORGANIZATION_HEADER]: organization } : {}),
      ...(env.KILO_EDITOR_NAME ? { "X-KILOCODE-EDITORNAME": env.KILO_EDITOR_NAME } : {}),
      ...(env.KILOCODE_FEATURE ? { "X-KILOCODE-FEATURE": env.KILOCODE_FEATURE } : {}),
    }
  }

  const get = async (path: string, signal?: AbortSignal, more: Record<string, string> = {}): Promise<unknown> => {
    const { token } = credential()
    const limit = AbortSignal.timeout(LIMIT_MS)
    let response: Response
    try {
      response = await fetch(`${base}${path}`, {
        headers: { ...headers(), ...more, ...(token ? { authorization: `Bearer ${token}` } : {}) },
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        redirect: "error",
      })
    } catch (error) {
      throw new GatewayError(`The Kilo service at ${base} can't be reached: ${reason(error)}.`)
    }
    if (response.status === 401 || response.status === 403) {
      throw new GatewayError("The Kilo service refused the credential. Log in again.", response.status)
    }
    if (!response.ok) throw new GatewayError(`The Kilo service answered ${response.status}.`, response.status)
    const text = await response.text()
    if (text.length > MAX_BYTES) throw new GatewayError("The Kilo service answered with too much.")
    try {
      return JSON.parse(text)
    } catch {
      throw new GatewayError("The Kilo service answered with something that is no JSON.")
    }
  }

  return {
    base,
    key: () => credential().token ?? ANONYMOUS,
    headers,
    status() {
      const { token, type, organization } = credential()
      if (!token || !type) return { authenticated: false }
      return { authenticated: true, type, ...(organization ? { organizationId: organization } : {}) }
    },
    async profile(signal) {
      const { token, organization } = credential()
      if (!token) return undefined
      const [profile, balance] = await Promise.all([
        get("/api/profile", signal),
        // The balance is an extra: without it the account still shows.
        get("/api/profile/balance", signal).catch(() => undefined),
      ])
      return profileOf(profile, balance, organization)
    },
    async setOrganization(id) {
      const stored = auth.get(KILO)
      if (stored?.type !== "oauth") {
        throw new BadRequestError(
          stored || env.KILO_API_KEY
            ? "An API key belongs to one account. Log in with the browser to switch, or set KILO_ORG_ID."
            : "Nobody is logged in to Kilo. Log in first.",
        )
      }
      const { accountId: _, ...rest } = stored
      await auth.set(KILO, id === null ? rest : { ...rest, accountId: id })
      models.clear()
      modes.clear()
      configs.clear()
    },
    async notifications(signal) {
      if (!credential().token) return []
      const body = await get("/api/users/notifications", signal)
      const items = isObject(body) && Array.isArray(body.notifications) ? body.notifications : []
      return items.flatMap((item) => notificationOf(item) ?? [])
    },
    async modes() {
      const { token, organization } = credential()
      if (!token || !organization) return []
      return modes.wait(organization, async () => {
        const body = await get(`/api/organizations/${encodeURIComponent(organization)}/modes`)
        const items = isObject(body) && Array.isArray(body.modes) ? body.modes : []
        return items.flatMap((item) => modeOf(item) ?? [])
      })
    },
    async organizationConfig() {
      const { token, organization } = credential()
      if (!token || !organization) return undefined
      const load = async () => {
        const body = await get("/api/config", undefined, { "x-org-id": organization }).catch((error: unknown) => {
          if (error instanceof GatewayError && error.status === 404) return {}
          throw error
        })
        return isObject(body) && isObject(body.config) ? body.config : {}
      }
      // An unreachable service keeps nobody from working; what it said last holds.
      return configs.now(organization, load) ?? configs.wait(organization, load).catch(() => undefined)
    },
    models() {
      if (env.KILO_DISABLE_MODELS_FETCH) return undefined
      const { token, organization } = credential()
      const place = organization
        ? `/api/organizations/${encodeURIComponent(organization)}/models`
        : "/api/openrouter/models"
      return models.now(`${token ?? ""} ${place}`, async () => modelsOf(await get(place)))
    },
    modelsError() {
      const { token, organization } = credential()
      const place = organization
        ? `/api/organizations/${encodeURIComponent(organization)}/models`
        : "/api/openrouter/models"
      return models.error(`${token ?? ""} ${place}`)
    },
    invalidate() {
      models.clear()
      modes.clear()
      configs.clear()
    },
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

function profileOf(profile: unknown, balance: unknown, organization: string | undefined): KiloProfile {
  if (!isObject(profile)) throw new GatewayError("The Kilo service answered with no profile.")
  const user = isObject(profile.user) ? profile.user : profile
  const organizations = (Array.isArray(profile.organizations) ? profile.organizations : []).flatMap(
    (item): KiloOrganization[] =>
      isObject(item) && typeof item.id === "string" && typeof item.name === "string"
        ? [{ id: item.id, name: item.name, role: text(item.role) ?? "member" }]
        : [],
  )
  // An organization that the account has left must not stay chosen.
  const current = organization && organizations.some(({ id }) => id === organization) ? organization : undefined
  const name = text(user.name)
  const amount = isObject(balance) && typeof balance.balance === "number" ? balance.balance : undefined
  return {
    profile: {
      email: text(user.email) ?? "",
      ...(name ? { name } : {}),
      organizations,
      ...(current ? { selectedOrganizationId: current } : {}),
    },
    balance: amount === undefined ? null : { balance: amount },
    kiloPass: null,
    currentOrgId: current ?? null,
  }
}

function notificationOf(value: unknown): KiloNotification | undefined {
  if (!isObject(value)) return undefined
  const { id, title, message, action, showIn, suggestModelId } = value
  if (typeof id !== "string" || typeof title !== "string" || typeof message !== "string") return undefined
  const link =
    isObject(action) && typeof action.actionText === "string" && typeof action.actionURL === "string"
      ? { action: { actionText: action.actionText, actionURL: action.actionURL } }
      : {}
  return {
    id,
    title,
    message,
    ...link,
    ...(Array.isArray(showIn) ? { showIn: showIn.filter((item) => typeof item === "string") } : {}),
    ...(typeof suggestModelId === "string" ? { suggestModelId } : {}),
  }
}

function modeOf(value: unknown): KiloMode | undefined {
  if (!isObject(value) || typeof value.slug !== "string" || typeof value.name !== "string") return undefined
  const config = isObject(value.config) ? value.config : {}
  const groups = Array.isArray(config.groups) ? config.groups.flatMap((group) => groupOf(group) ?? []) : undefined
  const own = {
    roleDefinition: text(config.roleDefinition),
    whenToUse: text(config.whenToUse),
    description: text(config.description),
    customInstructions: text(config.customInstructions),
    groups,
  }
  return {
    id: text(value.id) ?? value.slug,
    organization_id: text(value.organization_id) ?? "",
    name: value.name,
    slug: value.slug,
    created_by: text(value.created_by) ?? "",
    created_at: text(value.created_at) ?? "",
    updated_at: text(value.updated_at) ?? "",
    config: Object.fromEntries(Object.entries(own).filter(([, item]) => item !== undefined)),
  }
}

function groupOf(value: unknown): NonNullable<KiloMode["config"]["groups"]>[number] | undefined {
  if (typeof value === "string") return value
  if (!Array.isArray(value) || typeof value[0] !== "string") return undefined
  const limits = isObject(value[1]) ? value[1] : {}
  return [
    value[0],
    {
      ...(typeof limits.fileRegex === "string" ? { fileRegex: limits.fileRegex } : {}),
      ...(typeof limits.description === "string" ? { description: limits.description } : {}),
    },
  ]
}

/** The gateway's list in the form of the public catalogue. Models that can't call tools are left out: an agent is lost without. */
function modelsOf(body: unknown): Record<string, Json> {
  if (!isObject(body) || !Array.isArray(body.data)) throw new GatewayError("The Kilo service listed no models.")
  const entries = body.data.flatMap((item): [string, Json][] => {
    if (!isObject(item) || typeof item.id !== "string" || typeof item.context_length !== "number") return []
    const supported = Array.isArray(item.supported_parameters) ? item.supported_parameters : []
    if (supported.length > 0 && !supported.includes("tools")) return []
    return [[item.id, modelOf(item.id, item, supported)]]
  })
  if (entries.length === 0) throw new GatewayError("The Kilo service listed no models.")
  return Object.fromEntries(entries)
}

function modelOf(id: string, item: Json, supported: unknown[]): Json {
  const architecture = isObject(item.architecture) ? item.architecture : {}
  const pricing = isObject(item.pricing) ? item.pricing : {}
  const top = isObject(item.top_provider) ? item.top_provider : {}
  const context = Number(item.context_length)
  const input = Array.isArray(architecture.input_modalities) ? architecture.input_modalities : ["text"]
  const output = Array.isArray(architecture.output_modalities) ? architecture.output_modalities : ["text"]
  const price = (value: unknown) => {
    const dollars = Number.parseFloat(String(value))
    return Number.isFinite(dollars) && dollars >= 0 ? dollars * 1e6 : undefined
  }
  const [prompt, completion] = [price(pricing.prompt), price(pricing.completion)]
  return {
    name: text(item.name) ?? id,
    attachment: input.includes("image"),
    reasoning: supported.includes("reasoning"),
    temperature: supported.includes("temperature"),
    tool_call: true,
    modalities: { input, output },
    limit: {
      context,
      // A fifth of the context where the service does not say.
      output: Number(top.max_completion_tokens) || Number(item.max_completion_tokens) || Math.ceil(context / 5),
    },
    ...(prompt === undefined || completion === undefined
      ? {}
      : {
          cost: {
            input: prompt,
            output: completion,
            cache_read: price(pricing.input_cache_read) ?? 0,
            cache_write: price(pricing.input_cache_write) ?? 0,
          },
        }),
  }
}
