import { describe, expect, test } from "vitest"
import { type Bench, startBench, textOf, WIRES } from "./harness.ts"

/** A session that failed once must answer the next prompt as if nothing had been. */
async function goesOn(bench: Bench, session: string) {
  bench.fake.reply([{ text: "Fine again" }])
  const answer = await bench.prompt("and now?", { session })
  expect(textOf(answer)).toBe("Fine again")
  expect(answer.info.error).toBeUndefined()
  expect(bench.instance.sessions.statuses()).toEqual({})
}

describe.each(WIRES)("a failure over %s", (_, providerID) => {
  test("with a refused key names the reason, is not tried again, and the session goes on", async () => {
    await using bench = await startBench(providerID, { env: { KILO_SESSION_RETRY_LIMIT: "3" } })
    bench.fake.reply([{ error: { status: 401, message: "Invalid API key" } }])
    const session = await bench.session()
    const { info } = await bench.prompt("go", { session: session.id })
    expect(info.error).toMatchObject({ name: "APIError", data: { statusCode: 401, isRetryable: false } })
    expect(JSON.stringify(info.error)).toContain("Invalid API key")
    expect(bench.fake.calls).toHaveLength(1)
    await goesOn(bench, session.id)
  })

  test("by too many requests waits as long as the provider says and tries again", async () => {
    await using bench = await startBench(providerID, { env: { KILO_SESSION_RETRY_LIMIT: "3" } })
    bench.fake.reply(
      [{ error: { status: 429, message: "Rate limit reached", retryAfter: 0 } }],
      [{ error: { status: 503, message: "Overloaded", retryAfter: 0 } }],
      [{ text: "At last" }],
    )
    const answer = await bench.prompt("go")
    expect(textOf(answer)).toBe("At last")
    const retries = bench.events.flatMap((event) =>
      event.type === "session.status" && "status" in event.properties && typeof event.properties.status === "object"
        ? [event.properties.status]
        : [],
    )
    expect(retries).toContainEqual(
      expect.objectContaining({ type: "retry", attempt: 1, message: "Rate limit reached" }),
    )
    expect(retries).toContainEqual(expect.objectContaining({ type: "retry", attempt: 2, message: "Overloaded" }))
    expect(bench.fake.calls).toHaveLength(3)
  })

  test("by a broken server is told when trying again does not help", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ error: { status: 500, message: "Internal error" } }])
    const session = await bench.session()
    const { info } = await bench.prompt("go", { session: session.id })
    expect(info.error).toMatchObject({ name: "APIError", data: { statusCode: 500 } })
    await goesOn(bench, session.id)
  })

  test("by a conversation that is too long has a name of its own", async () => {
    await using bench = await startBench(providerID)
    const error = {
      status: 400,
      code: "context_length_exceeded",
      message: "The prompt is too long: 9 tokens > 8 maximum",
    }
    bench.fake.reply([{ error }])
    const { info } = await bench.prompt("go")
    expect(info.error?.name).toBe("ContextOverflowError")
  })

  test("in mid-stream keeps the text so far and says what happened", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Half an answer" }, { error: { status: 500, message: "The machine broke" } }])
    const session = await bench.session()
    const answer = await bench.prompt("go", { session: session.id })
    expect(answer.info.error).toBeDefined()
    expect(JSON.stringify(answer.info.error)).toMatch(/The machine broke/)
    expect(answer.info.time.completed).toBeGreaterThan(0)
    expect(textOf(answer)).toBe("Half an answer")
    await goesOn(bench, session.id)
  })

  test("by garbage is told in words, and the session goes on", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ garbage: "\u0000\u0001<html>not { a stream\n\ndata: {broken\n\n" }])
    const session = await bench.session()
    const { info } = await bench.prompt("go", { session: session.id })
    expect(info.error?.name).toMatch(/^(APIError|UnknownError)$/)
    expect(JSON.stringify(info.error)).toMatch(/[Pp]rovider|[Mm]odel|stream/)
    await goesOn(bench, session.id)
  })

  test("by a connection that is cut keeps the text so far, and the session goes on", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Half an answer" }, { cut: true }])
    const session = await bench.session()
    const answer = await bench.prompt("go", { session: session.id })
    expect(answer.info.error?.name).toMatch(/^(APIError|UnknownError)$/)
    expect(textOf(answer)).toBe("Half an answer")
    await goesOn(bench, session.id)
  })

  test("by silence before the answer ends after the provider's time limit", async () => {
    await using bench = await startBench(providerID, { providerOptions: { timeout: 200, headerTimeout: 200 } })
    bench.fake.reply([{ hang: true }])
    const session = await bench.session()
    const { info } = await bench.prompt("go", { session: session.id })
    expect(info.error?.name).toBe("APIError")
    expect(await bench.fake.calls[0]?.closed).toBe("aborted")
    await goesOn(bench, session.id)
  })

  test("by silence in mid-stream ends after the time limit between two pieces", async () => {
    await using bench = await startBench(providerID, { providerOptions: { chunkTimeout: 200 } })
    bench.fake.reply([{ text: "Half an answer" }, { hang: true }])
    const session = await bench.session()
    const answer = await bench.prompt("go", { session: session.id })
    expect(answer.info.error?.name).toBe("APIError")
    expect(textOf(answer)).toBe("Half an answer")
    await goesOn(bench, session.id)
  })

  test("that the user ends by stopping closes the connection to the provider", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Some words" }, { hang: true }])
    const session = await bench.session()
    const running = bench.prompt("go", { session: session.id })
    const call = await bench.fake.waitForRequest()
    await bench.instance.sessions.abort(session.id)
    const { info } = await running
    expect(info.error?.name).toBe("MessageAbortedError")
    expect(await call.closed).toBe("aborted")
    await goesOn(bench, session.id)
  })

  test("by the content filter is told", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Well" }, { finish: "content-filter" }])
    const { info } = await bench.prompt("go")
    expect(info.finish === "content-filter" || info.error?.name === "ContentFilterError").toBe(true)
  })
})
