import type { AuthStore, EngineOptions } from "../engine.ts"
import { LoginError } from "../error.ts"
import { KILO } from "../gateway/index.ts"
import { COPILOT, COPILOT_METHODS } from "./copilot.ts"
import { type Pending, wait } from "./device.ts"
import type { LoginMethod, LoginService } from "./types.ts"

export * from "./types.ts"

const METHODS: Record<string, LoginMethod[]> = {
  [KILO]: [
    { type: "oauth", label: "Kilo account" },
    { type: "api", label: "API key" },
  ],
  [COPILOT]: COPILOT_METHODS,
}

/** Logins that run in the browser. One at a time for each provider; a begun one lives in this process only. */
export function createLogins(options: {
  auth: AuthStore
  env: EngineOptions["env"]
  /** Root address of the Kilo service. */
  kilo: string
}): LoginService {
  const { auth, env, kilo } = options
  const pending = new Map<string, Pending>()
  const begin = async (providerID: string, inputs: Record<string, string>): Promise<Pending> => {
    if (providerID === COPILOT) return (await import("./copilot.ts")).startCopilot(inputs, env)
    return (await import("./kilo.ts")).startKilo(kilo, Number(env.KILO_LOGIN_PAUSE_MS) || undefined)
  }
  return {
    methods: () => METHODS,
    async authorize(providerID, method, inputs = {}) {
      const chosen = Object.hasOwn(METHODS, providerID) ? METHODS[providerID]?.[method] : undefined
      if (chosen?.type !== "oauth") {
        throw new LoginError(
          "ProviderAuthOauthMissing",
          providerID,
          `${providerID} has no login number ${method}. Store an API key instead.`,
        )
      }
      const begun = await begin(providerID, inputs)
      pending.set(providerID, begun)
      return begun.start
    },
    async callback(providerID, _code, signal) {
      const begun = pending.get(providerID)
      if (!begun) {
        throw new LoginError("ProviderAuthOauthMissing", providerID, `No login of ${providerID} has been started.`)
      }
      try {
        await auth.set(providerID, await wait(providerID, begun, signal ?? new AbortController().signal))
      } finally {
        // A client that went away may come back and wait again. Another login that was started meanwhile stays.
        if (!signal?.aborted && pending.get(providerID) === begun) pending.delete(providerID)
      }
    },
  }
}
