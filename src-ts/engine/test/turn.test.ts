import { expect, test } from "vitest"
import { type AssistantMessage, createEngine } from "../src/index.ts"
import { partsOf, world } from "./harness.ts"

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

test("bad arguments and unknown tools are told to the model, which goes on", async () => {
  await using w = await world()
  const messages = await w.ask(
    await w.session(),
    '[[tool:read {"path":"a.txt"}]][[tool:fly {}]][[tool:read {broken]][[then]][[text:Sorry.]]',
  )
  const [missing, unknown, broken] = partsOf(messages, "tool").map((part) => part.state)
  expect(missing).toMatchObject({ status: "error", error: expect.stringContaining("filePath") })
  expect(unknown).toMatchObject({
    status: "error",
    error: expect.stringMatching(
      /^Model tried to call unavailable tool 'fly'\. Available tools: bash, edit, .*write\.$/,
    ),
  })
  expect(broken).toMatchObject({ status: "error", error: expect.stringContaining("not valid JSON") })
  expect(partsOf(messages, "text").at(-1)?.text).toBe("Sorry.")
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

test("the retry limit of the environment is kept", async () => {
  await using w = await world({ env: { KILO_SESSION_RETRY_LIMIT: "1" } })
  const [, answer] = await w.ask(await w.session(), "[[status:503 after=0.01]]")
  expect(answer?.info).toMatchObject({ error: { name: "APIError", data: { statusCode: 503, isRetryable: true } } })
  expect(w.model.calls).toHaveLength(2)
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

test("a prompt that comes while tools run supersedes the turn, without idle in between", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ hold: "first" }, { tool: "read", args: { filePath: "a.txt" } }], [{ text: "Second answer." }])
  await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "first" }] })
  await w.model.waitForRequest()
  const second = w.ask(session, "second")
  const queue = await w.log.wait("session.queue.changed")
  expect(queue.queued).toHaveLength(1)
  w.model.release("first")
  const messages = await second
  expect(w.log.of("session.turn.close").map((close) => close.reason)).toEqual(["superseded", "completed"])
  expect(w.log.of("session.queue.changed").at(-1)?.queued).toEqual([])
  expect(w.log.of("session.idle")).toHaveLength(1)
  expect(
    messages.filter((item) => item.info.role === "assistant").map((item) => (item.info as AssistantMessage).parentID),
  ).toEqual(messages.filter((item) => item.info.role === "user").map((item) => item.info.id))
  // The model reads the first prompt with its tool result before the second prompt.
  const sent = JSON.stringify(w.model.calls[1]?.body)
  expect(sent.indexOf("2: two")).toBeLessThan(sent.indexOf("second"))
})

test("a prompt that comes while text streams waits for its end", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "First" }, { hold: "go" }, { text: " answer." }], [{ text: "Second answer." }])
  await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "first" }] })
  await w.log.wait("message.part.delta")
  const second = w.ask(session, "second")
  await w.log.wait("session.queue.changed")
  w.model.release("go")
  const texts = partsOf(await second, "text").map((part) => part.text)
  expect(texts.toSorted()).toEqual(["First answer.", "Second answer.", "first", "second"])
  expect(w.log.of("session.turn.close").map((close) => close.reason)).toEqual(["completed", "completed"])
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

test("a session goes on in a new process with all it knew", async () => {
  await using w = await world()
  const session = await w.session()
  await w.ask(session, '[[reasoning:Hm.]][[tool:read {"filePath":"a.txt"}]][[then]][[text:It has three lines.]]')
  await w.engine.close()
  const later = createEngine({ version: "0.1.0", env: w.env, cwd: w.directory })
  try {
    const instance = await later.instanceOf(session.id)
    await instance.sessions.prompt(session.id, { parts: [{ type: "text", text: "[[text:Yes.]]" }] })
    const sent = JSON.stringify(w.model.calls.at(-1)?.body)
    expect(sent).toContain("2: two")
    expect(sent).toContain("It has three lines.")
  } finally {
    await later.close()
  }
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

test("the same message id again changes nothing, also after a restart", async () => {
  await using w = await world()
  const session = await w.session()
  const input = { messageID: "msg_0000client1", parts: [{ type: "text" as const, text: "[[text:Once.]]" }] }
  await w.instance.sessions.prompt(session.id, input)
  const before = w.log.events.length
  await w.instance.sessions.promptAsync(session.id, input)
  const again = await w.instance.sessions.prompt(session.id, input)
  expect(again.parts.some((part) => part.type === "text" && part.text === "Once.")).toBe(true)
  expect(w.log.events).toHaveLength(before)
  await w.engine.close()
  const later = createEngine({ version: "0.1.0", env: w.env, cwd: w.directory })
  try {
    const instance = await later.instanceOf(session.id)
    await instance.sessions.promptAsync(session.id, input)
    expect(later.sessions.messages(session.id).items).toHaveLength(2)
    expect(instance.sessions.statuses()).toEqual({})
  } finally {
    await later.close()
  }
})

test("an answer that reaches the output limit says so", async () => {
  await using w = await world()
  const messages = await w.ask(await w.session(), "[[text:Cut he]][[finish:length]]")
  expect(messages[1]?.info).toMatchObject({ finish: "length" })
  expect(partsOf(messages, "text").at(-1)).toMatchObject({ ignored: true, synthetic: true })
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "completed" }])
})

test("an agent's step limit switches the tools off for its last step", async () => {
  await using w = await world({ config: { agent: { code: { steps: 2 } } } })
  await w.ask(await w.session(), '[[tool:read {"filePath":"a.txt"}]][[then]][[text:Summed up.]]')
  expect(w.model.calls.map((call) => call.tools.length > 0)).toEqual([true, false])
})

test("the same call three times in a row asks whether that makes sense", async () => {
  await using w = await world()
  const call = '[[tool:read {"filePath":"a.txt"}]]'
  const asked = w.ask(await w.session(), `${call}[[then]]${call}[[then]]${call}[[then]][[text:Enough.]]`)
  const request = await w.log.wait("permission.asked")
  expect(request).toMatchObject({ permission: "doom_loop", patterns: ["read"] })
  await w.instance.permissions.reply(request.id, { reply: "once" })
  await asked
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

test("a turn that ended in an error leaves a session that works", async () => {
  await using w = await world()
  const session = await w.session()
  await w.ask(session, "[[status:400]]")
  const messages = await w.ask(session, "[[text:Back.]]")
  expect(partsOf(messages, "text").at(-1)?.text).toBe("Back.")
})
