import { readdir } from "node:fs/promises"
import { expect, test } from "vitest"
import { partsOf, world } from "../harness.ts"

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

test("an answer that the output limit cuts is continued where it ended", async () => {
  await using w = await world()
  w.model.reply([{ text: "One, two, " }, { finish: "length" }], [{ text: "three." }])
  const messages = await w.ask(await w.session(), "count")
  expect(messages.map((item) => item.info.role)).toEqual(["user", "assistant", "assistant"])
  expect(messages[1]?.info).toMatchObject({ finish: "length", parentID: messages[0]?.info.id })
  expect(messages[2]?.info).toMatchObject({ finish: "stop", parentID: messages[0]?.info.id })
  expect(partsOf(messages, "text").map((part) => part.text)).toEqual(["count", "One, two, ", "three."])
  const sent = JSON.stringify(w.model.calls[1]?.body.messages)
  expect(sent.indexOf("One, two, ")).toBeLessThan(sent.indexOf("cut off"))
  // What was said only to have it continued is not part of the session.
  expect(JSON.stringify(messages)).not.toContain("cut off")
})

test("an answer that is cut again and again ends with a notice for the user", async () => {
  await using w = await world()
  w.model.reply(...Array.from({ length: 6 }, () => [{ text: "more " }, { finish: "length" as const }]))
  const messages = await w.ask(await w.session(), "go")
  expect(w.model.calls).toHaveLength(4)
  expect(partsOf(messages, "text").at(-1)).toMatchObject({ ignored: true, synthetic: true })
  expect(partsOf(messages, "text").filter((part) => part.ignored)).toHaveLength(1)
  expect(messages.at(-1)?.info).toMatchObject({ finish: "length" })
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "completed" }])
})

test("a call that the output limit cuts is not run, and the model is told", async () => {
  await using w = await world()
  w.model.reply(
    [{ tool: "write", args: '{"filePath":"new.txt","content":"half a f' }, { finish: "length" }],
    [{ text: "In pieces then." }],
  )
  const messages = await w.ask(await w.session(), "write it")
  expect(partsOf(messages, "tool")[0]?.state).toMatchObject({
    status: "error",
    error: expect.stringMatching(/cut|pieces/),
  })
  expect(await readdir(w.directory)).toEqual(["a.txt"])
  expect(partsOf(messages, "text").at(-1)?.text).toBe("In pieces then.")
})

test("an answer without end is stopped and the session goes on", async () => {
  await using w = await world()
  const session = await w.session()
  const piece = "x".repeat(50_000)
  w.model.reply([{ text: "", deltas: Array.from({ length: 1_000 }, () => piece) }])
  const messages = await w.ask(session, "go")
  expect(messages[1]?.info).toMatchObject({ error: { name: "MessageOutputLengthError" } })
  expect(partsOf(messages, "text").at(-1)?.text.length).toBeLessThan(5_000_000)
  await expect(w.model.calls[0]?.closed).resolves.toBe("aborted")
  expect(partsOf(await w.ask(session, "[[text:Next.]]"), "text").at(-1)?.text).toBe("Next.")
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

test("a call with slips that lose nothing is run as it was meant", async () => {
  await using w = await world()
  w.model.reply(
    [
      { tool: "Read", args: '{"file_path": "a.txt", "limit": "1",}' },
      { tool: "functions.grep", args: '```json\n{"pattern":"two"}\n```' },
    ],
    [{ text: "Done." }],
  )
  const messages = await w.ask(await w.session(), "look")
  expect(partsOf(messages, "tool").map((part) => [part.tool, part.state.status])).toEqual([
    ["read", "completed"],
    ["grep", "completed"],
  ])
  expect(JSON.stringify(w.model.calls[1]?.results)).toContain("1: one")
})

test("a circle that the user allowed is refused after a while and then ended with a word from the model", async () => {
  await using w = await world({ config: { permission: { doom_loop: "allow" } } })
  w.model.reply(...Array.from({ length: 12 }, () => [{ tool: "read", args: { filePath: "a.txt" } }]), [
    { text: "I was going round in circles." },
  ])
  const messages = await w.ask(await w.session(), "look")
  const states = partsOf(messages, "tool").map((part) => part.state.status)
  expect(states).toEqual([...Array.from({ length: 7 }, () => "completed"), ...Array.from({ length: 5 }, () => "error")])
  expect(w.model.calls.at(-1)?.tools).toEqual([])
  expect(partsOf(messages, "text").at(-1)?.text).toBe("I was going round in circles.")
})

test("an agent's own options reach the provider, over those of the variant", async () => {
  await using w = await world({ config: { agent: { code: { options: { reasoningEffort: "low", extra: "yes" } } } } })
  const session = await w.session()
  await w.instance.sessions.prompt(session.id, { variant: "high", parts: [{ type: "text", text: "[[text:Hi]]" }] })
  expect(w.model.calls[0]?.body).toMatchObject({ reasoning_effort: "low", extra: "yes" })
})
