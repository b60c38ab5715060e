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
