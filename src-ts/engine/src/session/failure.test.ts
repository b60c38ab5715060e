import fc from "fast-check"
import { expect, test } from "vitest"
import { classify, retryAfter, retryDelay, retryLimit } from "./failure.ts"

function call(fields: Record<string, unknown>) {
  return Object.assign(new Error("Said no"), {
    name: "AI_APICallError",
    url: "https://x.test/v1?key=secret",
    ...fields,
  })
}

test("anything that can be thrown becomes an error with a message", () => {
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      const { error } = classify(thrown, "p")
      expect(error.name).toBeTypeOf("string")
      if ("message" in error.data) expect(error.data.message).toBeTypeOf("string")
    }),
  )
})

test("throttling is retried for long, broken servers a few times, refusals never", () => {
  expect([429, 503, 529].map((statusCode) => classify(call({ statusCode }), "p").retry)).toEqual(
    Array(3).fill("throttled"),
  )
  expect([500, 502, 408].map((statusCode) => classify(call({ statusCode }), "p").retry)).toEqual(Array(3).fill("flaky"))
  expect([400, 401, 403, 404].map((statusCode) => classify(call({ statusCode }), "p").retry)).toEqual(
    Array(4).fill("no"),
  )
  expect(classify(new TypeError("fetch failed"), "p").retry).toBe("flaky")
})

test("no secret of the request gets into the error", () => {
  const { error } = classify(
    call({ statusCode: 401, responseHeaders: { "set-cookie": "s", "x-api-key": "k", date: "d" } }),
    "p",
  )
  expect(error).toMatchObject({
    name: "APIError",
    data: { metadata: { url: "https://x.test/v1" }, responseHeaders: { date: "d" }, isRetryable: false },
  })
  expect(JSON.stringify(error)).not.toContain("secret")
})

test("the provider's wait is read in each of its forms", () => {
  const now = Date.parse("2026-01-01T00:00:00Z")
  expect(retryAfter({ "retry-after-ms": "150" }, now)).toBe(150)
  expect(retryAfter({ "retry-after": "1.5" }, now)).toBe(1500)
  expect(retryAfter({ "retry-after": "Thu, 01 Jan 2026 00:00:10 GMT" }, now)).toBe(10_000)
  expect(retryAfter({ "retry-after": "soon" }, now)).toBeUndefined()
  expect(retryAfter({}, now)).toBeUndefined()
})

test("waits double from two seconds with a fifth of jitter, up to half a minute", () => {
  expect([1, 2, 3, 4, 5, 9].map((attempt) => retryDelay(attempt, undefined, 0))).toEqual([
    2e3, 4e3, 8e3, 16e3, 3e4, 3e4,
  ])
  expect(retryDelay(1, undefined, 1)).toBe(2400)
  expect(retryDelay(3, 70)).toBe(70)
})

test("the configured limit wins over both defaults", () => {
  expect(retryLimit("throttled", undefined)).toBe(Number.POSITIVE_INFINITY)
  expect(retryLimit("flaky", "")).toBe(6)
  expect(retryLimit("throttled", "2")).toBe(2)
  expect(retryLimit("flaky", "nonsense")).toBe(6)
})

function refused(statusCode: number, message: string, rest: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name: "AI_APICallError", statusCode, ...rest })
}

test.each([
  [refused(429, "Rate limit reached for requests"), "APIError", "throttled"],
  [refused(429, "You exceeded your current quota, please check your plan and billing details"), "APIError", "no"],
  [
    refused(429, "You exceeded your current quota, please check your plan and billing details", {
      responseHeaders: { "retry-after": "20" },
    }),
    "APIError",
    "throttled",
  ],
  [refused(402, "Payment required"), "APIError", "no"],
  [refused(400, "Your credit balance is too low to access the API"), "APIError", "no"],
  [refused(529, "Overloaded"), "APIError", "throttled"],
  [refused(401, "Invalid API key"), "APIError", "no"],
  [refused(403, "Forbidden"), "APIError", "no"],
  [refused(500, "Internal error"), "APIError", "flaky"],
  [
    refused(400, "The response was filtered", { responseBody: '{"error":{"code":"content_filter"}}' }),
    "ContentFilterError",
    "no",
  ],
  [refused(400, "prompt is too long: 210000 tokens > 200000 maximum"), "ContextOverflowError", "no"],
  [refused(413, "Request too large: input is too long"), "ContextOverflowError", "no"],
  [{ type: "overloaded_error", message: "Overloaded" }, "APIError", "throttled"],
  [{ code: "content_policy_violation", message: "Refused" }, "ContentFilterError", "no"],
])("%s is a %s and retried: %s", (error, name, retry) => {
  expect(classify(error, "fake")).toMatchObject({ error: { name }, retry })
})
