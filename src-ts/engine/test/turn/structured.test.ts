import { expect, test } from "vitest"
import type { OutputFormat } from "../../src/index.ts"
import { partsOf, type World, world } from "../harness.ts"

const schema = {
  type: "object",
  properties: { name: { type: "string" }, lines: { type: "integer", minimum: 1 } },
  required: ["name", "lines"],
  additionalProperties: false,
}

async function answer(w: World, format: OutputFormat, text = "describe it") {
  const session = await w.session()
  const last = await w.instance.sessions.prompt(session.id, { format, parts: [{ type: "text", text }] })
  return { last: last.info, messages: w.engine.sessions.messages(session.id).items }
}

test("an answer in the form asked for lands in the message, after whatever tools it took", async () => {
  await using w = await world()
  w.model.reply(
    [{ tool: "read", args: { filePath: "a.txt" } }],
    [{ text: "Here." }, { tool: "StructuredOutput", args: { name: "a.txt", lines: 3 } }],
  )
  const { last, messages } = await answer(w, { type: "json_schema", schema })
  expect(last).toMatchObject({ structured: { name: "a.txt", lines: 3 }, finish: "tool-calls" })
  expect(last).not.toHaveProperty("error")
  expect(partsOf(messages, "tool").map((part) => part.tool)).toEqual(["read", "StructuredOutput"])
  expect(w.model.calls).toHaveLength(2)
  expect(w.model.calls[0]?.tools).toContain("StructuredOutput")
  // Who waits for the finished message finds the answer in it.
  const finished = w.log
    .of("message.updated")
    .find(({ info }) => info.role === "assistant" && info.id === last.id && info.time.completed)
  expect(finished?.info).toHaveProperty("structured")
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "completed" }])
})

test("an answer that does not fit is told to the model, which gives a better one", async () => {
  await using w = await world()
  w.model.reply(
    [{ tool: "StructuredOutput", args: { name: "a.txt", lines: 0 } }],
    [{ tool: "StructuredOutput", args: { name: "a.txt", lines: 3 } }],
  )
  const { last, messages } = await answer(w, { type: "json_schema", schema })
  expect(last).toMatchObject({ structured: { lines: 3 } })
  expect(partsOf(messages, "tool")[0]?.state).toMatchObject({
    status: "error",
    error: expect.stringContaining("lines"),
  })
})

test("a model that only talks is asked again, and after the retries the turn fails", async () => {
  await using w = await world()
  w.model.reply([{ text: "It is a file." }], [{ text: "With three lines." }])
  const { last } = await answer(w, { type: "json_schema", schema, retryCount: 1 })
  expect(last).toMatchObject({
    error: { name: "StructuredOutputError", data: { retries: 1, message: expect.any(String) } },
  })
  expect(w.model.calls).toHaveLength(2)
  expect(JSON.stringify(w.model.calls[1]?.body.messages)).toContain("Call StructuredOutput now")
  expect(w.log.of("session.error")).toMatchObject([{ error: { name: "StructuredOutputError" } }])
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "error" }])
  expect(w.log.of("session.idle")).toHaveLength(1)
})

test("the object as plain text is taken too", async () => {
  await using w = await world()
  w.model.reply([{ text: '```json\n{"name":"a.txt","lines":"3"}\n```' }])
  const { last } = await answer(w, { type: "json_schema", schema })
  expect(last).toMatchObject({ structured: { name: "a.txt", lines: 3 } })
})

test("a model without tools is given the schema and answers with JSON", async () => {
  await using w = await world({
    config: { agent: { code: { permission: { "*": "allow" } } } },
    toolcall: false,
  })
  w.model.reply([{ text: "No." }], [{ text: '{"name":"a.txt","lines":3}' }])
  const { last } = await answer(w, { type: "json_schema", schema })
  expect(last).toMatchObject({ structured: { name: "a.txt", lines: 3 } })
  expect(w.model.calls[0]?.tools).toEqual([])
  expect(w.model.calls[0]?.system).toContain('"lines"')
})

test("a schema that is no object is wrapped for the model and unwrapped for the caller", async () => {
  await using w = await world()
  w.model.reply([{ tool: "StructuredOutput", args: { value: ["a", "b"] } }])
  const { last } = await answer(w, { type: "json_schema", schema: { type: "array", items: { type: "string" } } })
  expect(last).toMatchObject({ structured: ["a", "b"] })
})

test("the last step that an agent has may still give the answer", async () => {
  await using w = await world({ config: { agent: { code: { steps: 1 } } } })
  w.model.reply([{ tool: "StructuredOutput", args: { name: "a.txt", lines: 3 } }])
  const { last } = await answer(w, { type: "json_schema", schema })
  expect(w.model.calls[0]?.tools).toEqual(["StructuredOutput"])
  expect(last).toMatchObject({ structured: { lines: 3 } })
})

test("a plain text format changes nothing", async () => {
  await using w = await world()
  const { last } = await answer(w, { type: "text" }, "[[text:Hi]]")
  expect(last).not.toHaveProperty("structured")
  expect(w.model.calls[0]?.tools).not.toContain("StructuredOutput")
})
