import { expect, test } from "vitest"
import { type AssistantMessage, createEngine } from "../../src/index.ts"
import { partsOf, world } from "../harness.ts"

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
