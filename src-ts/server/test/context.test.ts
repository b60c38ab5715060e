import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { world } from "./world.ts"

interface Answer {
  info: { id: string; role: string; structured?: unknown; summary?: boolean; error?: { name: string } }
  parts: { type: string; text?: string }[]
}

const path = (id: string, rest: string) => `/session/${id}/${rest}`

test("a session is condensed over HTTP, and the next prompt goes on from the summary", async () => {
  await using w = await world()
  const id = await w.session({ title: "T" })
  w.model.reply([{ text: "The door is green." }], [{ text: "## State\nDoor known." }], [{ text: "Green." }])
  await w.kilo.api(path(id, "message"), { json: { parts: [{ type: "text", text: "Look at the door" }] } })
  const done = await w.kilo.api<boolean>(path(id, "summarize"), { json: { providerID: "fake", modelID: "m1" } })
  expect(done).toBe(true)
  await w.events.waitFor((event) => event.type === "session.compacted")
  await w.kilo.api(path(id, "message"), { json: { parts: [{ type: "text", text: "Which colour?" }] } })
  const sent = JSON.stringify(w.model.calls.at(-1)?.body.messages)
  expect(sent).toContain("Door known.")
  expect(sent).not.toContain("The door is green.")
  const messages = await w.kilo.api<Answer[]>(path(id, "message"))
  expect(messages.filter(({ info }) => info.role === "assistant" && info.summary)).toHaveLength(1)
  const missing = await w.kilo.fetch(path("ses_unknown", "summarize"), { json: { providerID: "fake", modelID: "m1" } })
  expect(missing.status).toBe(404)
})

test("what fills the context is told by kind, and the kinds make up the whole", async () => {
  await using w = await world()
  const id = await w.session({ title: "T" })
  const shares = () => w.kilo.api<Record<string, number>>(path(id, "context"))
  const kinds = ["system", "tools", "summary", "prompts", "answers", "outputs", "files"] as const
  const before = await shares()
  expect(before).toMatchObject({ prompts: 0, answers: 0, outputs: 0, files: 0, summary: 0 })
  expect(before.system).toBeGreaterThan(100)
  expect(before.tools).toBeGreaterThan(100)
  await writeFile(join(w.project.directory, "long.txt"), "one line of words\n".repeat(1000))
  w.model.reply(
    [{ tool: "read", args: { filePath: join(w.project.directory, "long.txt") } }],
    [{ text: "It is long." }],
  )
  await w.kilo.api(path(id, "message"), { json: { parts: [{ type: "text", text: "Read the long file" }] } })
  const after = await shares()
  // The fake model counts 120 tokens for whatever it is sent: the shares are fitted to what a provider counted.
  expect(after.used).toBeLessThan(before.used ?? 0)
  expect(after.outputs).toBe(Math.max(...kinds.map((kind) => after[kind] ?? 0)))
  const sum = kinds.reduce((all, kind) => all + (after[kind] ?? 0), 0)
  expect(Math.abs(sum - (after.used ?? 0))).toBeLessThanOrEqual(kinds.length)
  expect((await w.kilo.fetch(path("ses_unknown", "context"))).status).toBe(404)
})

test("an answer in the form asked for comes with the message", async () => {
  await using w = await world()
  const id = await w.session({ title: "T" })
  w.model.reply([{ tool: "StructuredOutput", args: { lines: "3" } }])
  const schema = { type: "object", properties: { lines: { type: "integer" } }, required: ["lines"] }
  const answer = await w.kilo.api<Answer>(path(id, "message"), {
    json: { format: { type: "json_schema", schema }, parts: [{ type: "text", text: "How many lines?" }] },
  })
  expect(answer.info.structured).toEqual({ lines: 3 })
})
