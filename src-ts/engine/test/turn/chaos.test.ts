import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider"
import fc from "fast-check"
import { expect, test } from "vitest"
import type { MessageWithParts, Part } from "../../src/index.ts"
import { type World, world } from "../harness.ts"

/** KILO_TEST_FUZZ_RUNS for the long form. */
const RUNS = Number(process.env.KILO_TEST_FUZZ_RUNS) || 60

const usage: LanguageModelV4Usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

const id = fc.constantFrom("a", "b", "c")
const text = fc.oneof(fc.constant(""), fc.string({ maxLength: 12 }), fc.constant("\u0000\ud800 ü 漢"))
const reason = fc.constantFrom(
  "stop",
  "length",
  "tool-calls",
  "content-filter",
  "error",
  "other",
  "interrupted" as never,
)
const tool = fc.constantFrom("read", "Read", "glob", "todowrite", "fly", "")
const args = fc.oneof(
  fc.constant('{"filePath":"a.txt"}'),
  fc.constant('{"pattern":"*"}'),
  fc.constant('{"filePath":'),
  fc.json({ maxDepth: 2 }),
  text,
)

/** Anything that a provider package may hand on, in any order. */
const chunk: fc.Arbitrary<LanguageModelV4StreamPart | Error> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("text-delta" as const), id, delta: text }) },
  fc.record({ type: fc.constant("text-start" as const), id }),
  fc.record({ type: fc.constant("text-end" as const), id }),
  fc.record({ type: fc.constant("reasoning-start" as const), id }),
  fc.record({ type: fc.constant("reasoning-delta" as const), id, delta: text }),
  fc.record({
    type: fc.constant("reasoning-end" as const),
    id,
    providerMetadata: fc.constant({ x: { signature: "s" } }),
  }),
  fc.record({ type: fc.constant("tool-input-start" as const), id, toolName: tool }),
  fc.record({ type: fc.constant("tool-input-delta" as const), id, delta: text }),
  fc.record({ type: fc.constant("tool-input-end" as const), id }),
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("tool-call" as const), toolCallId: id, toolName: tool, input: args }),
  },
  fc.record({
    type: fc.constant("tool-result" as const),
    toolCallId: id,
    toolName: tool,
    result: fc.constant({ any: "thing" }),
    isError: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("finish" as const),
    finishReason: reason.map((unified) => ({ unified, raw: undefined })),
    usage: fc.constant(usage),
  }),
  fc.record({
    type: fc.constant("error" as const),
    error: fc.oneof(fc.constant({ message: "overloaded_error" }), text, fc.constant(undefined)),
  }),
  fc.constant(new Error("ECONNRESET")),
)

type Answer = (LanguageModelV4StreamPart | Error)[]

/** Puts a model that streams these answers in the place of every model; after the last one it says goodbye. */
function play(w: World, answers: Answer[]) {
  const queue = [...answers]
  const { providers } = w.instance
  const resolve = Reflect.get(providers, "resolve") as (ref: object) => Promise<{ language: object }>
  const doStream = async () => {
    const chunks = queue.shift() ?? [
      { type: "text-delta" as const, id: "end", delta: "bye" },
      { type: "finish" as const, finishReason: { unified: "stop" as const, raw: undefined }, usage },
    ]
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      async start(controller) {
        for (const one of chunks) {
          if (one instanceof Error) return controller.error(one)
          controller.enqueue(one)
          if (Math.random() < 0.2) await new Promise((done) => setImmediate(done))
        }
        controller.close()
      },
    })
    return { stream }
  }
  Reflect.set(providers, "resolve", async (ref: object) => {
    const found = await resolve.call(providers, ref)
    return { ...found, language: { ...found.language, doStream } }
  })
  return () => Reflect.set(providers, "resolve", resolve)
}

function isOpen(part: Part): boolean {
  if (part.type === "text" || part.type === "reasoning") return part.time !== undefined && part.time.end === undefined
  return part.type === "tool" && (part.state.status === "pending" || part.state.status === "running")
}

function check(w: World, sessionID: string, messages: MessageWithParts[]) {
  expect(messages.flatMap((item) => item.parts).filter(isOpen)).toEqual([])
  for (const { info } of messages) if (info.role === "assistant") expect(info.time.completed).toBeTypeOf("number")
  expect(w.instance.sessions.statuses()).toEqual({})
  expect(w.log.of("session.idle")).toHaveLength(1)
  expect(w.log.of("session.turn.open")).toHaveLength(w.log.of("session.turn.close").length)
  // What was told is what is stored.
  const told = new Map<string, Part>()
  for (const event of w.log.events) {
    const properties = event.properties as { part?: Part; partID?: string; delta?: string }
    if (event.type === "message.part.updated" && properties.part) told.set(properties.part.id, properties.part)
    if (event.type === "message.part.removed" && properties.partID) told.delete(properties.partID)
  }
  const stored = messages.flatMap((item) => item.parts)
  expect([...told.values()].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
    stored.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  )
  expect(messages.every((item) => item.info.sessionID === sessionID)).toBe(true)
}

test("whatever a model streams, the turn ends, nothing stays open and all that was told is stored", async () => {
  await using w = await world({
    env: { KILO_SESSION_RETRY_LIMIT: "0" },
    config: { permission: { "*": "allow", doom_loop: "allow" }, agent: { code: { steps: 6 } } },
  })
  const answers = fc.array(fc.array(chunk, { maxLength: 14 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(answers, fc.option(fc.nat(3), { nil: undefined }), async (script, abortAfter) => {
      const restore = play(w, script)
      try {
        const session = await w.session()
        w.log.events.length = 0
        const done = w.instance.sessions.prompt(session.id, { parts: [{ type: "text", text: "go" }] })
        if (abortAfter !== undefined) {
          for (let tick = 0; tick < abortAfter * 3; tick += 1) await new Promise((next) => setImmediate(next))
          await w.instance.sessions.abort(session.id)
        }
        await done
        await w.log.wait("session.idle")
        check(w, session.id, w.engine.sessions.messages(session.id).items)
      } finally {
        restore()
      }
    }),
    { numRuns: RUNS },
  )
}, 120_000)

test("five thousand deltas as fast as they come make one text, told in order and stored whole", async () => {
  await using w = await world()
  const messages = await w.ask(await w.session(), "[[deltas:5000]]")
  const whole = Array.from({ length: 5_000 }, (_, at) => `w${at} `).join("")
  expect(messages[1]?.parts.find((part) => part.type === "text")).toMatchObject({ text: whole })
  expect(
    w.log
      .of("message.part.delta")
      .map(({ delta }) => delta)
      .join(""),
  ).toBe(whole)
})
