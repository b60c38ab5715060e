import { expect, test } from "vitest"
import { partsOf, world } from "../harness.ts"

test("an abort in mid-text keeps what came, and idle is told once", async () => {
  await using w = await world()
  const session = await w.session()
  const asked = w.ask(session, "[[text:Some words]][[hold:forever]][[text: never]]")
  await w.log.wait("message.part.delta")
  await w.instance.sessions.abort(session.id)
  const messages = await asked
  expect(messages[1]?.info).toMatchObject({
    error: { name: "MessageAbortedError", data: { message: "Aborted" } },
    time: { completed: expect.any(Number) },
  })
  expect(partsOf(messages, "text").at(-1)).toMatchObject({ time: { end: expect.any(Number) } })
  expect(partsOf(messages, "text").at(-1)?.text.length).toBeGreaterThan(0)
  expect(w.log.of("session.idle")).toHaveLength(1)
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "interrupted" }])
  const types = w.log.types()
  expect(types.indexOf("session.error")).toBeGreaterThan(types.indexOf("message.part.delta"))
  expect(types.slice(types.indexOf("session.error") - 1)).toEqual([
    "message.updated",
    "session.error",
    "session.status",
    "session.idle",
    "session.turn.close",
  ])
  expect(w.instance.sessions.statuses()).toEqual({})
})

test("an abort while a permission is open closes the call and the request", async () => {
  await using w = await world({ config: { permission: { bash: "ask" } } })
  const session = await w.session()
  const asked = w.ask(session, '[[tool:bash {"command":"echo hi","description":"Say hi"}]]')
  await w.log.wait("permission.asked")
  await w.instance.sessions.abort(session.id)
  expect(partsOf(await asked, "tool")[0]?.state).toMatchObject({
    status: "error",
    error: "Tool execution aborted",
    metadata: { interrupted: true },
  })
  expect(w.instance.permissions.list()).toEqual([])
  expect(w.log.of("permission.replied")).toMatchObject([{ reply: "reject" }])
})

test("an abort stops a running command", async () => {
  await using w = await world()
  const session = await w.session()
  const asked = w.ask(session, '[[tool:bash {"command":"echo started; sleep 60","description":"Wait"}]]')
  await w.log.wait(
    "message.part.updated",
    ({ part }) =>
      part.type === "tool" &&
      part.state.status === "running" &&
      JSON.stringify(part.state.metadata ?? {}).includes("started"),
  )
  await w.instance.sessions.abort(session.id)
  const messages = await asked
  expect(["completed", "error"]).toContain(partsOf(messages, "tool")[0]?.state.status)
  expect(messages[1]?.info).toMatchObject({ error: { name: "MessageAbortedError" } })
})

test("a throttled request is retried when the provider says, without an error", async () => {
  await using w = await world()
  const messages = await w.ask(await w.session(), "[[status:429 x1 after=0.05]][[text:After all.]]")
  expect(w.log.outline().filter((line) => ["busy", "retry", "idle"].includes(line))).toEqual([
    "busy",
    "busy",
    "retry",
    "busy",
    "busy",
    "idle",
  ])
  expect(w.log.of("session.status").find(({ status }) => status.type === "retry")).toMatchObject({
    status: { attempt: 1, message: "Rate limit reached", next: expect.any(Number) },
  })
  expect(w.log.of("session.error")).toEqual([])
  expect(partsOf(messages, "text").at(-1)?.text).toBe("After all.")
})

test("a refused key ends the turn with the provider's answer, told after the message", async () => {
  await using w = await world()
  const [, answer] = await w.ask(await w.session(), "[[status:401]]")
  const error = {
    name: "APIError",
    data: {
      message: "Invalid API key",
      statusCode: 401,
      isRetryable: false,
      metadata: { url: `${w.model.url}/v1/chat/completions` },
    },
  }
  expect(answer?.info).toMatchObject({ error })
  expect(w.log.outline().slice(-5)).toEqual([
    "assistant",
    "session.error",
    "idle",
    "session.idle",
    "session.turn.close",
  ])
  expect(w.log.of("session.error")).toMatchObject([{ error }])
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "error" }])
})

test("a prompt longer than the context is told as such", async () => {
  await using w = await world()
  const [, answer] = await w.ask(await w.session(), "[[status:400 code=context_length_exceeded]]")
  expect(answer?.info).toMatchObject({ error: { name: "ContextOverflowError" } })
})

test("an unknown model is an error of the session; the prompt stays and the next one works", async () => {
  await using w = await world()
  const session = await w.session()
  await w.instance.sessions.promptAsync(session.id, {
    model: { providerID: "nope", modelID: "x" },
    parts: [{ type: "text", text: "hi" }],
  })
  await w.log.wait("session.turn.close")
  expect(w.log.of("session.error")).toMatchObject([
    { error: { name: "UnknownError", data: { message: expect.stringContaining("nope/x") } } },
  ])
  expect(w.log.of("session.error")[0]?.error).not.toHaveProperty("data.stack")
  expect(w.engine.sessions.messages(session.id).items).toHaveLength(1)
  await expect(
    w.instance.sessions.prompt(session.id, {
      model: { providerID: "nope", modelID: "x" },
      parts: [{ type: "text", text: "hi again" }],
    }),
  ).rejects.toThrow("nope/x")
  await w.instance.sessions.prompt(session.id, {
    model: { providerID: "fake", modelID: "m1" },
    parts: [{ type: "text", text: "[[text:Fine.]]" }],
  })
  expect(w.engine.sessions.messages(session.id).items).toHaveLength(4)
})

test("a provider without a key answers with how to connect it", async () => {
  await using w = await world({ env: { ANTHROPIC_API_KEY: "" } })
  const session = await w.session()
  const answer = await w.instance.sessions.prompt(session.id, {
    model: { providerID: "anthropic", modelID: "claude-sonnet-4-5" },
    parts: [{ type: "text", text: "hi" }],
  })
  expect(answer.info).toMatchObject({
    role: "assistant",
    time: { completed: expect.any(Number) },
    error: {
      name: "ProviderAuthError",
      data: { providerID: "anthropic", message: expect.stringContaining("connected") },
    },
  })
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "error" }])
})

test("an unknown agent is an error of the session and stores nothing", async () => {
  await using w = await world()
  const session = await w.session()
  const input = { agent: "ghost", parts: [{ type: "text" as const, text: "hi" }] }
  await w.instance.sessions.promptAsync(session.id, input)
  expect(w.log.types()).toEqual(["session.created", "session.error"])
  await expect(w.instance.sessions.prompt(session.id, input)).rejects.toThrow(/Agent not found: "ghost".*code/)
})

test("an abort drops the queue but not the history, and everyone who waits is told", async () => {
  await using w = await world()
  const session = await w.session()
  const first = w.ask(session, "[[text:Busy]][[hold:forever]]")
  await w.log.wait("message.part.delta")
  const second = w.ask(session, "[[text:Never answered]]")
  await w.log.wait("session.queue.changed")
  await w.instance.sessions.abort(session.id)
  await first
  expect((await second).filter((item) => item.info.role === "user")).toHaveLength(2)
  expect(w.log.of("session.queue.changed").at(-1)?.queued).toEqual([])
  expect(w.model.calls).toHaveLength(1)
})

test("a connection that breaks in mid-text is retried and the half answer taken back", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "Half an" }, { cut: true }], [{ text: "A whole answer." }])
  const messages = await w.ask(session, "go")
  expect(partsOf(messages, "text").map((part) => part.text)).toEqual(["go", "A whole answer."])
  expect(w.log.of("message.part.removed")).toHaveLength(1)
})

test("a provider that sends garbage gives a clear error and the session goes on", async () => {
  await using w = await world({ env: { KILO_SESSION_RETRY_LIMIT: "0" } })
  const session = await w.session()
  const [, answer] = await w.ask(session, "[[garbage]]")
  expect(answer?.info).toMatchObject({ error: { name: "APIError", data: { message: expect.any(String) } } })
  const messages = await w.ask(session, "[[text:Fine again.]]")
  expect(partsOf(messages, "text").at(-1)?.text).toBe("Fine again.")
})

test("a provider that falls silent gives a clear error", async () => {
  await using w = await world({ provider: { chunkTimeout: 150 } })
  const session = await w.session()
  const messages = await w.ask(session, "[[text:Some]][[hang]]")
  expect(messages[1]?.info).toMatchObject({
    error: { name: "APIError", data: { message: expect.stringContaining("nothing") } },
  })
  expect(partsOf(messages, "text").at(-1)).toMatchObject({ time: { end: expect.any(Number) } })
  expect(partsOf(await w.ask(session, "[[text:Next.]]"), "text").at(-1)?.text).toBe("Next.")
})

test("a turn that ended in an error leaves a session that works", async () => {
  await using w = await world()
  const session = await w.session()
  await w.ask(session, "[[status:400]]")
  const messages = await w.ask(session, "[[text:Back.]]")
  expect(partsOf(messages, "text").at(-1)?.text).toBe("Back.")
})
