import { PromptError } from "../error.ts"
import type { MessageError } from "../message/errors.ts"

/** The user (or a shutdown) stopped the turn. */
export class AbortedError extends Error {
  override readonly name = "AbortedError"
  constructor() {
    super("Aborted")
  }
}

/** The provider sent nothing for too long. */
export class SilenceError extends Error {
  override readonly name = "SilenceError"
  constructor(seconds: number) {
    super(
      `The model provider sent nothing for ${seconds} s. Try again, or raise the provider's option "timeout" if it is just slow.`,
    )
  }
}

/** The provider's stream ended, or said so, before the answer was complete. */
export class BrokenAnswerError extends Error {
  override readonly name = "BrokenAnswerError"
  readonly retryable: boolean
  constructor(message: string, retryable: boolean) {
    super(message)
    this.retryable = retryable
  }
}

/** The answer has become so long that the model will not end it by itself. */
export class TooLongError extends Error {
  override readonly name = "TooLongError"
  constructor() {
    super("The answer is longer than any model's output limit and was stopped.")
  }
}

/** The safety filter of the provider ended the answer. */
export class FilteredError extends Error {
  override readonly name = "FilteredError"
  constructor() {
    super("The provider's content filter stopped the answer. Rephrase the request or choose another model.")
  }
}

/** What a turn does about an error: what it tells and whether trying again may help. */
export interface Failure {
  error: MessageError
  /** "throttled": as long as it takes; "flaky": a few times; "no": never. */
  retry: "no" | "flaky" | "throttled"
  /** When the provider says how long to wait. */
  retryAfterMs?: number
}

/** The fields of an AI SDK call error that matter; told by name, so that no provider package is loaded for it. */
interface ApiCallError extends Error {
  url?: string
  statusCode?: number
  responseHeaders?: Record<string, string>
  responseBody?: string
  isRetryable?: boolean
}

const OVERFLOW =
  /context[ _]length|context window|maximum context|prompt is too long|too many (input )?tokens|input is too long|exceeds? the (model'?s )?(maximum|limit) .{0,40}tokens|token count .{0,40}exceeds/i
/** The account has nothing left: waiting does not help, paying does. Limits for a minute or a day are no such thing. */
const QUOTA =
  /insufficient[_ ](quota|funds|balance|credit)|credit balance is too low|out of credits|exceeded your current quota, please check your plan and billing|billing_hard_limit|payment[_ ]required/i
/** Refused by a safety filter before or while the model answered. */
const FILTERED =
  /content[_ ]?filter|content management policy|responsible_?ai_?policy|content_policy_violation|safety (system|filter)|blocked by .{0,30}(safety|policy)/i
/** How SDK packages tell that a stream stopped before its end. */
export const UNFINISHED = /without a finish reason|stream (ended|closed) (unexpectedly|before)/i
const NETWORK = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|UND_ERR|fetch failed|terminated|socket/i

/** Sorts any error of a model call into what the user is told and whether to retry (contract: types, Errors b). */
export function classify(error: unknown, providerID: string): Failure {
  if (error instanceof AbortedError || isNamed(error, "AbortError")) {
    return { error: { name: "MessageAbortedError", data: { message: "Aborted" } }, retry: "no" }
  }
  if (error instanceof PromptError) {
    if (error.providerID !== undefined) {
      const data = { providerID: error.providerID, message: error.message }
      return { error: { name: "ProviderAuthError", data }, retry: "no" }
    }
    return { error: { name: "UnknownError", data: { message: error.message } }, retry: "no" }
  }
  if (error instanceof FilteredError) {
    return { error: { name: "ContentFilterError", data: { message: error.message } }, retry: "no" }
  }
  if (error instanceof TooLongError) {
    return { error: { name: "MessageOutputLengthError", data: {} }, retry: "no" }
  }
  if (error instanceof SilenceError) {
    return { error: { name: "APIError", data: { message: error.message, isRetryable: true } }, retry: "no" }
  }
  if (error instanceof BrokenAnswerError) {
    return {
      error: { name: "APIError", data: { message: error.message, isRetryable: error.retryable } },
      retry: error.retryable ? "flaky" : "no",
    }
  }
  if (isNamed(error, "AI_LoadAPIKeyError") || isNamed(error, "ProviderAuthError")) {
    return { error: { name: "ProviderAuthError", data: { providerID, message: error.message } }, retry: "no" }
  }
  if (isNamed(error, "AI_RetryError") && "lastError" in error) return classify(error.lastError, providerID)
  if (isNamed(error, "ProviderTimeoutError")) {
    return { error: { name: "APIError", data: { message: error.message, isRetryable: true } }, retry: "no" }
  }
  if (isNamed(error, "AI_APICallError")) return brokenBody(error, providerID) ?? ofCall(error)
  if (isNamed(error, "AI_JSONParseError") || isNamed(error, "AI_TypeValidationError")) {
    return {
      error: {
        name: "APIError",
        data: {
          message: `The provider answered with something that is not a model stream: ${brief(error.message)}`,
          isRetryable: false,
        },
      },
      retry: "no",
    }
  }
  const message = messageOf(error)
  if (error instanceof Error && NETWORK.test(`${message} ${messageOf(error.cause)}`)) {
    return {
      error: {
        name: "APIError",
        data: { message: `Connection to the model provider failed: ${message}`, isRetryable: true },
      },
      retry: "flaky",
    }
  }
  return ofStreamError(error, message)
}

/** A success whose body could not be read to its end: garbage if it did not parse, otherwise the connection broke. */
function brokenBody(error: ApiCallError, providerID: string): Failure | undefined {
  if (error.statusCode === undefined || error.statusCode >= 300 || error.cause === undefined) return undefined
  const inner = classify(error.cause, providerID)
  if (inner.error.name !== "UnknownError") return inner
  const message = `Connection to the model provider broke off: ${messageOf(error.cause) || error.message}`
  return { error: { name: "APIError", data: { message, isRetryable: true } }, retry: "flaky" }
}

function ofCall(error: ApiCallError): Failure {
  const body = error.responseBody ?? ""
  const status = error.statusCode
  const message = error.message || (status ? `The provider answered ${status}` : "The request to the provider failed")
  if ((status === 400 || status === 413 || status === 422) && OVERFLOW.test(`${message} ${body}`)) {
    return {
      error: { name: "ContextOverflowError", data: { message, ...(body ? { responseBody: brief(body) } : {}) } },
      retry: "no",
    }
  }
  if ((status === 400 || status === 403) && FILTERED.test(`${message} ${body}`)) {
    return { error: { name: "ContentFilterError", data: { message } }, retry: "no" }
  }
  const headers = error.responseHeaders
  const wait = headers && retryAfter(headers, Date.now())
  // A provider that says when to come back means a limit that passes.
  const empty = status === 402 || (status === 429 && wait === undefined && QUOTA.test(`${message} ${body}`))
  const throttled = !empty && (status === 429 || status === 503 || status === 529)
  const retry = throttled
    ? ("throttled" as const)
    : status === undefined || status >= 500 || status === 408
      ? error.isRetryable === false && status === undefined
        ? ("no" as const)
        : ("flaky" as const)
      : ("no" as const)
  return {
    error: {
      name: "APIError",
      data: {
        message: empty ? `${message} (The account has no credit left, so it was not tried again.)` : message,
        ...(status === undefined ? {} : { statusCode: status }),
        isRetryable: retry !== "no",
        ...(headers ? { responseHeaders: publicHeaders(headers) } : {}),
        ...(body ? { responseBody: brief(body, 8_000) } : {}),
        ...(error.url ? { metadata: { url: withoutQuery(error.url) } } : {}),
      },
    },
    retry,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
}

/** Errors that arrive as data within a stream: `{ message, type, code }` in the provider's own shape. */
function ofStreamError(error: unknown, message: string): Failure {
  const text = `${message} ${safeJson(error)}`
  if (OVERFLOW.test(text)) return { error: { name: "ContextOverflowError", data: { message } }, retry: "no" }
  if (FILTERED.test(text)) return { error: { name: "ContentFilterError", data: { message } }, retry: "no" }
  if (typeof error === "object" && error !== null && !(error instanceof Error)) {
    const throttled = /overloaded|rate.?limit|too many requests|\b429\b|\b529\b/i.test(text)
    const flaky = /server_error|internal|unavailable|\b50[0-9]\b/i.test(text)
    const retry = throttled ? "throttled" : flaky ? "flaky" : "no"
    return { error: { name: "APIError", data: { message, isRetryable: retry !== "no" } }, retry }
  }
  if (typeof error === "string")
    return { error: { name: "APIError", data: { message, isRetryable: false } }, retry: "no" }
  return { error: { name: "UnknownError", data: { message } }, retry: "no" }
}

/** Milliseconds that the provider asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function retryAfter(headers: Record<string, string>, now: number): number | undefined {
  const ms = Number(headers["retry-after-ms"])
  if (headers["retry-after-ms"] && Number.isFinite(ms) && ms >= 0) return ms
  const value = headers["retry-after"]
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds) && seconds >= 0) return Math.ceil(seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const BASE_MS = 2_000
const MAX_MS = 30_000
/** A provider that asks for more than this is better told to the user than waited for. */
const LONGEST_MS = 600_000

/** Wait before attempt `attempt` + 1 (attempts from 1): the provider's word, else 2 s doubling with up to 20 % on top. */
export function retryDelay(attempt: number, retryAfterMs: number | undefined, random = Math.random()): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, LONGEST_MS)
  return Math.min(BASE_MS * 2 ** (attempt - 1), MAX_MS) * (1 + 0.2 * random)
}

/** How often to retry, from KILO_SESSION_RETRY_LIMIT when it is set: throttling passes, broken networks may not. */
export function retryLimit(kind: "flaky" | "throttled", configured: string | undefined): number {
  const limit = Number(configured)
  if (configured !== undefined && configured.trim() !== "" && Number.isFinite(limit) && limit >= 0) return limit
  return kind === "throttled" ? Number.POSITIVE_INFINITY : 6
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name
}

/** A readable line from anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error === undefined || error === null) return ""
  if (typeof error === "string") return error
  if (typeof error === "object") {
    if ("message" in error && typeof error.message === "string" && error.message) return error.message
    if ("error" in error) return messageOf(error.error)
    if (error instanceof Error) return error.name
  }
  return brief(safeJson(error))
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

function brief(text: string, length = 400): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}

function publicHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/cookie|authorization|api-?key/i.test(name)))
}

/** Some providers take the key as a query parameter. */
function withoutQuery(url: string): string {
  const cut = url.indexOf("?")
  return cut < 0 ? url : url.slice(0, cut)
}
