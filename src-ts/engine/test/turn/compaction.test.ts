import type { ModelRequest, Turn } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import type { CompactionPart, MessageWithParts } from "../../src/index.ts"
import { partsOf, type World, world } from "../harness.ts"

const SMALL = { context: 8_000, output: 1_000 }

function isSummary(request: ModelRequest): boolean {
  return request.user.includes("<transcript>")
}

/** What the provider counts: a quarter of the request's letters. */
function usage(request: ModelRequest) {
  return { usage: { input: Math.ceil(JSON.stringify(request.body.messages).length / 4), cacheRead: 0 } }
}

/** Answers with figures that fit the request, and as a provider refuses what is too long for its model. */
function honest(turn: (request: ModelRequest) => Turn, context = SMALL.context) {
  return (request: ModelRequest): Turn => {
    const { usage: counted } = usage(request)
    if (counted.input > context) {
      return [
        {
          error: {
            status: 400,
            message: "This model's maximum context length is exceeded",
            code: "context_length_exceeded",
          },
        },
      ]
    }
    return [...turn(request), { usage: counted }]
  }
}

function sent(w: World): string {
  return JSON.stringify(w.model.calls.at(-1)?.body.messages)
}

function markers(messages: MessageWithParts[]): CompactionPart[] {
  return partsOf(messages, "compaction")
}

function prompt(w: World, sessionID: string, text: string) {
  return w.instance.sessions.prompt(sessionID, { parts: [{ type: "text", text }] })
}

test("a summary that somebody asks for stands for what came before", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "The colour is teal." }], [{ text: "## Goal\nPaint it teal." }], [{ text: "Teal." }])
  await w.ask(session, "Remember: OLDWORD.")
  w.log.events.length = 0
  await w.instance.sessions.summarize(session.id, { providerID: "fake", modelID: "m1" })
  expect(w.log.outline()).toEqual([
    "user",
    "compaction",
    "session.turn.open",
    "busy",
    "assistant",
    "busy",
    "step-start",
    "text",
    "delta",
    "text",
    "step-finish",
    "assistant",
    "assistant",
    "text",
    "session.compacted",
    "idle",
    "session.idle",
    "session.turn.close",
    "session.updated",
    "session.diff",
    "user",
  ])
  const messages = w.engine.sessions.messages(session.id).items
  expect(markers(messages)).toMatchObject([{ auto: false }])
  expect(messages.at(-1)?.info).toMatchObject({
    role: "assistant",
    summary: true,
    agent: "compaction",
    mode: "compaction",
  })
  expect(w.model.calls[1]?.tools).toEqual([])
  expect(w.model.calls[1]?.user).toContain("The colour is teal.")

  await w.ask(session, "Which colour?")
  const sent = JSON.stringify(w.model.calls[2]?.body.messages)
  expect(sent).toContain("Paint it teal.")
  expect(sent).not.toContain("The colour is teal.")
  // The user's own words stay, whatever the model made of them.
  expect(sent).toContain("OLDWORD")
  expect(w.engine.sessions.get(session.id).tokens?.input).toBe(3 * 70)
})

test("a session that fills its model's context is condensed before the next prompt, which is then answered", async () => {
  await using w = await world({ limit: SMALL, files: { "big.txt": "lorem ipsum dolor\n".repeat(800) } })
  const session = await w.session()
  w.model.reply(
    honest(() => [{ tool: "read", args: { filePath: "big.txt" } }]),
    (request) => [
      { text: "It says lorem ipsum." },
      { usage: { input: 7_500, cacheRead: 0 } },
      ...(isSummary(request) ? [] : []),
    ],
    [{ text: "## State\nbig.txt was read, it says lorem." }],
    honest(() => [{ text: "Second answer." }]),
  )
  await prompt(w, session.id, "Read big.txt")
  await prompt(w, session.id, "And now the second question")
  const messages = w.engine.sessions.messages(session.id).items
  expect(markers(messages)).toMatchObject([{ auto: true, overflow: false }])
  const roles = messages.map(({ info }) => (info.role === "assistant" && info.summary ? "summary" : info.role))
  expect(roles).toEqual(["user", "assistant", "assistant", "user", "user", "summary", "user", "assistant"])
  // The prompt is given again after the summary, as a synthetic text that clients hide, and answered there.
  expect(messages[6]?.parts).toMatchObject([{ type: "text", text: "And now the second question", synthetic: true }])
  expect(messages[7]?.info).toMatchObject({ parentID: messages[6]?.info.id, finish: "stop" })
  const last = w.model.calls.at(-1)
  expect(last?.user).toBe("And now the second question")
  expect(JSON.stringify(last?.body.messages)).toContain("it says lorem")
  expect(JSON.stringify(last?.body.messages)).not.toContain("800: lorem")
  expect(JSON.stringify(last?.body.messages).split("second question")).toHaveLength(2)
  expect(w.log.of("session.compacted")).toHaveLength(1)
  expect(w.log.of("session.idle")).toHaveLength(2)
})

test("a request that the provider finds too long is condensed and sent again, without an error for the user", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply(
    [{ text: "First." }],
    [{ error: { status: 400, message: "prompt is too long: 250000 tokens > 200000 maximum" } }],
    [{ text: "## State\nSaid first." }],
    [{ text: "Second." }],
  )
  await prompt(w, session.id, "one")
  const answer = await prompt(w, session.id, "two")
  expect(answer.parts).toContainEqual(expect.objectContaining({ text: "Second." }))
  const messages = w.engine.sessions.messages(session.id).items
  expect(markers(messages)).toMatchObject([{ auto: true, overflow: true }])
  expect(w.log.of("session.error")).toEqual([])
  expect(w.log.of("message.removed")).toHaveLength(1)
  expect(messages.every(({ info }) => info.role === "user" || info.time.completed !== undefined)).toBe(true)
})

test("a session that can't even be condensed says so once and can still be used with a larger model", async () => {
  await using w = await world()
  const session = await w.session()
  const long: Turn = [{ error: { status: 400, message: "prompt is too long" } }]
  w.model.reply([{ text: "First." }], long, long, long, long, [{ text: "Fine." }])
  await prompt(w, session.id, "one")
  const failed = await prompt(w, session.id, "two")
  expect(failed.info).toMatchObject({
    summary: true,
    finish: "error",
    error: { name: "ContextOverflowError", data: { message: expect.stringContaining("too large to compact") } },
  })
  expect(w.log.of("session.error")).toHaveLength(1)
  expect(w.log.of("session.turn.close").at(-1)).toMatchObject({ reason: "error" })
  await prompt(w, session.id, "three")
  const sent = JSON.stringify(w.model.calls.at(-1)?.body.messages)
  // The failed summary stands for nothing.
  for (const word of ["one", "First.", "two", "three"]) expect(sent).toContain(word)
})

test("with compaction switched off the provider's refusal is the answer", async () => {
  await using w = await world({ env: { KILO_DISABLE_AUTOCOMPACT: "1" } })
  const session = await w.session()
  w.model.reply([{ text: "First." }], [{ error: { status: 400, message: "prompt is too long" } }])
  await prompt(w, session.id, "one")
  const failed = await prompt(w, session.id, "two")
  expect(failed.info).toMatchObject({ error: { name: "ContextOverflowError" } })
  expect(markers(w.engine.sessions.messages(session.id).items)).toEqual([])
})

test("of a long session only what the model is shown is read, and the model sees the same", async () => {
  await using w = await world()
  const session = await w.session()
  for (let at = 0; at < 130; at += 1) {
    await w.instance.sessions.prompt(session.id, { noReply: true, parts: [{ type: "text", text: `note ${at};` }] })
  }
  w.model.reply([{ text: "Noted." }], [{ text: "## State\n130 notes." }], [{ text: "Yes." }])
  await prompt(w, session.id, "ok?")
  expect(sent(w)).toContain("note 0;")
  await w.instance.sessions.summarize(session.id, { providerID: "fake", modelID: "m1" })
  for (let at = 0; at < 210; at += 1) {
    await w.instance.sessions.prompt(session.id, { noReply: true, parts: [{ type: "text", text: `later ${at};` }] })
  }
  await prompt(w, session.id, "and now?")
  expect(sent(w)).toContain("130 notes.")
  expect(sent(w)).toContain("later 0;")
  expect(sent(w)).not.toContain("note 64;")
})

test("an abort during the summary leaves the history as it was", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "First." }], [{ text: "Half a summ" }, { hold: "forever" }], [{ text: "Still here." }])
  await prompt(w, session.id, "one")
  const done = w.instance.sessions.summarize(session.id, { providerID: "fake", modelID: "m1" })
  await w.log.wait("message.part.delta", ({ delta }) => delta.includes("Half"))
  await w.instance.sessions.abort(session.id)
  await done
  expect(w.log.of("session.compacted")).toEqual([])
  await prompt(w, session.id, "two")
  const sent = JSON.stringify(w.model.calls.at(-1)?.body.messages)
  expect(sent).toContain("First.")
  expect(sent).not.toContain("Half a summ")
})

test("a summary waits for a running turn", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "Busy" }, { hold: "go" }], [{ text: "Summary." }])
  const first = prompt(w, session.id, "one")
  await w.log.wait("message.part.delta")
  const summary = w.instance.sessions.summarize(session.id, { providerID: "fake", modelID: "m1" })
  w.model.release("go")
  await Promise.all([first, summary])
  expect(w.log.of("session.turn.close").map(({ reason }) => reason)).toEqual(["completed", "completed"])
})

test("an unknown model for the summary is refused and stores nothing", async () => {
  await using w = await world()
  const session = await w.session()
  await expect(w.instance.sessions.summarize(session.id, { providerID: "fake", modelID: "nope" })).rejects.toThrow(
    "nope",
  )
  expect(w.engine.sessions.messages(session.id).items).toEqual([])
})

test("prompts that come while the session is condensed are answered afterwards, and nothing is lost", async () => {
  await using w = await world({ limit: SMALL })
  const session = await w.session()
  w.model.reply(
    [{ text: "First." }, { usage: { input: 7_900, cacheRead: 0 } }],
    [{ text: "## Goal\nAll." }, { hold: "summary" }],
    honest(() => [{ text: "Both answered." }]),
    honest(() => [{ text: "Both answered." }]),
  )
  await prompt(w, session.id, "one")
  const second = prompt(w, session.id, "the second")
  await w.model.waitForRequest(isSummary)
  const third = prompt(w, session.id, "the third")
  await w.log.wait("session.queue.changed")
  w.model.release("summary")
  await Promise.all([second, third])
  const sent = JSON.stringify(w.model.calls.at(-1)?.body.messages)
  expect(sent).toContain("the second")
  expect(sent).toContain("the third")
})

const LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h"]

test("old tool output is dropped from what the model sees, and stays for people to read", async () => {
  const files = Object.fromEntries(LETTERS.map((name) => [`${name}.txt`, `${name} line of text\n`.repeat(1_000)]))
  await using w = await world({ limit: { context: 60_000, output: 2_000 }, files })
  const session = await w.session()
  for (const name of LETTERS) {
    w.model.reply(
      honest(() => [{ tool: "read", args: { filePath: `${name}.txt` } }], 60_000),
      honest(() => [{ text: `Read ${name}.` }], 60_000),
    )
    await prompt(w, session.id, `Read ${name}`)
  }
  w.model.reply([{ text: "Done." }])
  await prompt(w, session.id, "And?")
  const tools = partsOf(w.engine.sessions.messages(session.id).items, "tool")
  const dropped = tools.map((part) => part.state.status === "completed" && part.state.time.compacted !== undefined)
  expect(dropped[0]).toBe(true)
  expect(dropped.at(-1)).toBe(false)
  expect(tools[0]?.state).toMatchObject({ output: expect.stringContaining("a line of text") })
  const sent = JSON.stringify(w.model.calls.at(-1)?.body.messages)
  expect(sent).not.toContain("a line of text")
  expect(sent).toContain("h line of text")
  expect(markers(w.engine.sessions.messages(session.id).items)).toEqual([])
})

test("a long task goes through many compactions and keeps what it needs to the end", async () => {
  const rooms = Array.from({ length: 12 }, (_, at) => at)
  const files = Object.fromEntries(
    rooms.map((at) => [`room${at}.txt`, `${"nothing of interest here\n".repeat(260)}KEY-${at}=${at * 7919}\n`]),
  )
  await using w = await world({ limit: SMALL, files })
  const session = await w.session()
  // This model knows only what stands in its request: it reads room after room, and its summaries keep the keys it can see.
  const seen = (text: string) => [...new Set(text.match(/KEY-\d+=\d+/g) ?? [])]
  const model = honest((request) => {
    const text = JSON.stringify(request.body.messages)
    if (isSummary(request)) return [{ text: `## Goal\nCollect the keys.\n## State\n${seen(text).join("\n")}` }]
    const known = seen(text)
    const next = rooms.find((at) => !known.some((key) => key.startsWith(`KEY-${at}=`)))
    if (next === undefined) return [{ text: `All: ${known.toSorted().join(" ")}` }]
    return [
      { tool: "grep", args: { pattern: `KEY-${next}=`, path: "." } },
      { tool: "read", args: { filePath: `room${next}.txt` } },
    ]
  })
  w.model.reply(...Array.from({ length: 80 }, () => model))
  const answer = await prompt(w, session.id, "Collect the KEY of every room. Password for the vault: HUNTER-2.")
  const text = answer.parts.map((part) => (part.type === "text" ? part.text : "")).join()
  for (const at of rooms) expect(text).toContain(`KEY-${at}=${at * 7919}`)
  expect(w.log.of("session.compacted").length).toBeGreaterThan(2)
  expect(w.log.of("session.error")).toEqual([])
  expect(JSON.stringify(w.model.calls.at(-1)?.body.messages)).toContain("HUNTER-2")
  expect(w.log.of("session.idle")).toHaveLength(1)
})
