import { expect, test } from "vitest"
import { partsOf, world } from "../harness.ts"

test("a text turn publishes its events in the contract's order", async () => {
  await using w = await world()
  const session = await w.session()
  await w.ask(session, "[[text:Hello from the fake]]")
  expect(w.log.outline()).toEqual([
    "session.created",
    "session.updated",
    "user",
    "text",
    "session.updated",
    "session.turn.open",
    "busy",
    "assistant",
    "session.updated",
    "session.diff",
    "user",
    "busy",
    "step-start",
    "text",
    "delta",
    "text",
    "step-finish",
    "assistant",
    "assistant",
    "busy",
    "idle",
    "session.idle",
    "session.turn.close",
    "session.updated",
    "session.diff",
    "user",
  ])
  expect(
    w.log
      .of("message.part.delta")
      .map((delta) => delta.delta)
      .join(""),
  ).toBe("Hello from the fake")
})

test("usage becomes tokens and cost of step, message and session", async () => {
  await using w = await world()
  const session = await w.session()
  const [, answer] = await w.ask(session, "[[text:Hi]]")
  const tokens = { input: 70, output: 15, reasoning: 5, cache: { read: 30, write: 0 } }
  expect(answer?.info).toMatchObject({ role: "assistant", finish: "stop", tokens: { ...tokens, total: 120 } })
  expect(w.engine.sessions.get(session.id)).toMatchObject({
    tokens,
    agent: "code",
    model: { id: "m1", providerID: "fake", variant: "default" },
  })
  expect(answer?.info).toMatchObject({ cost: w.engine.sessions.get(session.id).cost })
})

test("reasoning is streamed into a part of its own before the text", async () => {
  await using w = await world()
  const messages = await w.ask(await w.session(), "[[reasoning:Let me think.]][[text:42]]")
  expect(partsOf(messages, "reasoning")[0]).toMatchObject({ text: "Let me think.", time: { end: expect.any(Number) } })
  expect(messages[1]?.parts.map((part) => part.type)).toEqual(["step-start", "reasoning", "text", "step-finish"])
})

test("a tool call runs, its result goes back to the model, and the turn goes on", async () => {
  await using w = await world()
  const session = await w.session()
  const messages = await w.ask(session, '[[text:I will read.]][[tool:read {"filePath":"a.txt"}]][[then]][[text:Done.]]')
  expect(messages.map((item) => item.info.role)).toEqual(["user", "assistant", "assistant"])
  expect(partsOf(messages, "tool")[0]?.state).toMatchObject({
    status: "completed",
    metadata: { approval: { source: "agent", agent: "code" } },
    output: expect.stringContaining("2: two"),
  })
  expect(messages[1]?.info).toMatchObject({ finish: "tool-calls", parentID: messages[0]?.info.id })
  expect(messages[2]?.info).toMatchObject({ finish: "stop", parentID: messages[0]?.info.id })
  expect(JSON.stringify(w.model.calls[1]?.results)).toContain("2: two")
})

test("parallel calls run together and all results go back", async () => {
  await using w = await world({ files: { "a.txt": "alpha\n", "b.txt": "beta\n" } })
  const messages = await w.ask(
    await w.session(),
    '[[tool:read {"filePath":"a.txt"}]][[tool:read {"filePath":"b.txt"}]][[then]][[text:Both.]]',
  )
  expect(partsOf(messages, "tool").map((part) => part.state.status)).toEqual(["completed", "completed"])
  const results = JSON.stringify(w.model.calls[1]?.results)
  expect(results).toContain("alpha")
  expect(results).toContain("beta")
})

test("an edit changes the file and is told as patch part, diff and summary", async () => {
  await using w = await world({ git: true })
  const session = await w.session()
  const messages = await w.ask(
    session,
    '[[tool:read {"filePath":"a.txt"}]][[then]][[tool:edit {"filePath":"a.txt","oldString":"two","newString":"TWO"}]][[then]][[text:Edited.]]',
  )
  expect(partsOf(messages, "patch")).toMatchObject([{ files: [`${w.directory}/a.txt`] }])
  expect(w.log.of("file.edited")).toEqual([{ file: `${w.directory}/a.txt` }])
  await w.log.wait("session.updated", ({ info }) => info.summary?.files === 1)
  expect(w.engine.sessions.get(session.id).summary).toEqual({ additions: 1, deletions: 1, files: 1 })
  const diff = await w.instance.sessions.diff(session.id)
  expect(diff).toMatchObject([{ file: "a.txt", additions: 1, deletions: 1, status: "modified" }])
  expect(await w.instance.sessions.diff(session.id, messages[0]?.info.id)).toEqual(diff)
})

test("a rejected call ends the turn without asking the model again", async () => {
  await using w = await world({ config: { permission: { bash: "ask" } } })
  const session = await w.session()
  const asked = w.ask(session, '[[tool:bash {"command":"echo hi","description":"Say hi"}]][[then]][[text:Never.]]')
  const request = await w.log.wait("permission.asked")
  expect(request).toMatchObject({ permission: "bash", patterns: ["echo hi"], tool: { callID: expect.any(String) } })
  await w.instance.permissions.reply(request.id, { reply: "reject" })
  const messages = await asked
  expect(partsOf(messages, "tool")[0]?.state).toMatchObject({
    status: "error",
    error: "The user rejected permission to use this specific tool call.",
  })
  expect(w.model.calls).toHaveLength(1)
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "completed" }])
})

test("a rejection with feedback goes on with it", async () => {
  await using w = await world({ config: { permission: { bash: "ask" } } })
  const asked = w.ask(
    await w.session(),
    '[[tool:bash {"command":"echo hi","description":"Say hi"}]][[then]][[text:Right.]]',
  )
  const request = await w.log.wait("permission.asked")
  await w.instance.permissions.reply(request.id, { reply: "reject", message: "use printf" })
  const messages = await asked
  expect(partsOf(messages, "tool")[0]?.state).toMatchObject({ error: expect.stringContaining("use printf") })
  expect(partsOf(messages, "text").at(-1)?.text).toBe("Right.")
})

test("an approved command runs and names the user's approval", async () => {
  await using w = await world({ config: { permission: { bash: "ask" } } })
  const asked = w.ask(
    await w.session(),
    '[[tool:bash {"command":"echo hi","description":"Say hi"}]][[then]][[text:Ran.]]',
  )
  const request = await w.log.wait("permission.asked")
  await w.instance.permissions.reply(request.id, { reply: "once" })
  const state = partsOf(await asked, "tool")[0]?.state
  expect(state).toMatchObject({ status: "completed", metadata: { approval: { source: "manual" }, exit: 0 } })
})

test("the retry limit of the environment is kept", async () => {
  await using w = await world({ env: { KILO_SESSION_RETRY_LIMIT: "1" } })
  const [, answer] = await w.ask(await w.session(), "[[status:503 after=0.01]]")
  expect(answer?.info).toMatchObject({ error: { name: "APIError", data: { statusCode: 503, isRetryable: true } } })
  expect(w.model.calls).toHaveLength(2)
})

test("an unnamed session gets a title from its first prompt, beside the answer", async () => {
  await using w = await world()
  const session = await w.instance.sessions.create({})
  expect(session.title).toMatch(/^New session - \d{4}-/)
  await w.ask(session, "[[text:Hello]]")
  const { info } = await w.log.wait("session.updated", (event) => event.info.title !== session.title)
  expect(info.title.length).toBeGreaterThan(0)
  expect(w.model.requests).toHaveLength(2)
})
