import { isObject } from "../json/index.ts"

const LIMIT_MS = 8_000
const MAX_BYTES = 10 * 1024 * 1024
const MAX_MODELS = 2_000

/** An address that somebody wants to use as a provider, with the key that goes there. */
export interface ProbeInput {
  baseURL: string
  key?: string
}

/** What is there. `message` says in one or two sentences what is wrong and what to do; the key is in none of it. */
export interface ProbeResult {
  ok: boolean
  models: { id: string; name: string; context?: number }[]
  /** Milliseconds until the answer. */
  duration: number
  message?: string
}

/**
 * Asks an OpenAI-compatible server for its models, so that a person sees whether address and key are right before
 * anything is stored. Never throws for what the server does; follows no redirect, so that the key reaches nobody else.
 */
export async function probe(input: ProbeInput, signal: AbortSignal): Promise<ProbeResult> {
  const start = performance.now()
  const done = (rest: Omit<ProbeResult, "duration" | "models" | "ok"> & Partial<ProbeResult>): ProbeResult => ({
    ok: false,
    models: [],
    ...rest,
    duration: Math.round(performance.now() - start),
  })
  const base = input.baseURL.trim().replace(/\/+$/, "")
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    return done({ message: "That is no http or https address. It should look like http://127.0.0.1:8080/v1." })
  }
  const url = new URL(base)
  if (url.username || url.password) {
    return done({ message: "Leave user name and password out of the address and put the key into its own field." })
  }
  let response: Response
  try {
    response = await fetch(`${base}/models`, {
      headers: input.key ? { authorization: `Bearer ${input.key}` } : {},
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      redirect: "manual",
    })
  } catch (error) {
    return done({ message: unreachable(url, error) })
  }
  try {
    const message = refusal(base, response)
    if (message) return done({ message })
    const models = listed(await bounded(response))
    if (!models) return done({ message: `${base}/models does not answer with a list of models. ${addressHint(base)}` })
    if (models.length === 0)
      return done({ ok: true, message: "It answers, but lists no models. Load one there first." })
    return done({ ok: true, models })
  } catch (error) {
    return done({ message: unreachable(url, error) })
  } finally {
    await response.body?.cancel().catch(() => undefined)
  }
}

function refusal(base: string, response: Response): string | undefined {
  const { status } = response
  if (status === 401 || status === 403)
    return "It answers, but refuses the key. Check the key, or whether one is needed."
  if (status === 404) return `There is nothing at ${base}/models. ${addressHint(base)}`
  if (status >= 300 && status < 400) return "It sends on to another address. Enter that address instead."
  if (status === 429) return "It answers, but says that there were too many requests. Try again in a minute."
  return response.ok ? undefined : `It answered with status ${status}. Look at that server's own log.`
}

function addressHint(base: string): string {
  return /\/v\d+[a-z]*$/.test(base) ? "Check the address." : `Most servers want /v1 at the end: ${base}/v1.`
}

function unreachable(url: URL, error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") {
    return `${url.host} did not answer within ${LIMIT_MS / 1000} seconds. Check the address and whether the server runs.`
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  if (code === "ECONNREFUSED") return `Nothing listens at ${url.host}. Start the server, or check the port.`
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `The name ${url.hostname} is not known. Check the address.`
  if (/CERT|SELF_SIGNED|TLS|SSL/.test(code)) {
    return `The certificate of ${url.host} is not trusted (${code}). Add it with NODE_EXTRA_CA_CERTS, or use http on loopback.`
  }
  return `${url.host} can't be reached: ${cause instanceof Error ? cause.message : "the connection failed"}.`
}

async function bounded(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch {
    return undefined
  }
}

/** OpenAI's form, or a bare list as some small servers have it. */
function listed(body: unknown): ProbeResult["models"] | undefined {
  const items = Array.isArray(body) ? body : isObject(body) && Array.isArray(body.data) ? body.data : undefined
  return items?.slice(0, MAX_MODELS).flatMap((item) => {
    if (!isObject(item) || typeof item.id !== "string" || item.id === "") return []
    const size = [item.context_length, item.max_model_len, item.context_window].find((each) => typeof each === "number")
    const name = typeof item.name === "string" && item.name !== "" ? item.name : item.id
    return [{ id: item.id, name, ...(typeof size === "number" && size > 0 ? { context: Math.floor(size) } : {}) }]
  })
}
