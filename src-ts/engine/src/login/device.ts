import { setTimeout as delay } from "node:timers/promises"
import type { Auth } from "../auth/types.ts"
import { LoginError } from "../error.ts"
import { isObject, type Json } from "../json/index.ts"
import type { LoginStart } from "./types.ts"

const LIMIT_MS = 15_000
/** How long a person may take; the service's own limit counts when it is shorter. */
export const PATIENCE_MS = 5 * 60_000

/** A login that has begun: what to show, and how to find out whether it is done. */
export interface Pending {
  start: LoginStart
  expires: number
  /** Asks once. The credential when it is done, undefined while it is not; throws LoginError when it never will be. */
  poll(signal: AbortSignal): Promise<Auth | undefined>
  /** Pause between two questions; a service may ask for longer ones. */
  pauseMs(): number
}

/** Asks until the person is done. */
export async function wait(providerID: string, pending: Pending, signal: AbortSignal): Promise<Auth> {
  while (Date.now() < pending.expires) {
    const auth = await pending.poll(signal)
    if (auth) return auth
    const pause = Math.min(pending.pauseMs(), Math.max(0, pending.expires - Date.now()))
    await delay(pause, undefined, { signal, ref: false })
  }
  throw new LoginError("ProviderAuthOauthCallbackFailed", providerID, "The code has expired. Start the login again.")
}

/** One request of a login; failures carry the service's own words where it has some. */
export async function ask(
  providerID: string,
  url: string,
  init: RequestInit,
  signal?: AbortSignal,
): Promise<{ status: number; body: Json }> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    const body: unknown = await response.json().catch(() => undefined)
    return { status: response.status, body: isObject(body) ? body : {} }
  } catch (error) {
    if (signal?.aborted) throw error
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const message = cause instanceof Error ? cause.message : String(cause)
    const host = new URL(url).host
    throw new LoginError("ProviderAuthOauthCallbackFailed", providerID, `${host} can't be reached: ${message}`)
  }
}
