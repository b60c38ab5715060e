import { tempHome } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { type World, world } from "./world.ts"

const ASK = `[[tool:question {"questions":[{"question":"Which color?","header":"Color","options":[{"label":"Red","description":"warm"},{"label":"Blue"}]},{"question":"Why?"}]}]][[then]][[text:Good.]]`

interface Message {
  info: { role: string; error?: { name: string } }
  parts: { type: string; tool?: string; text?: string; state: { status: string } & Record<string, unknown> }[]
}

async function ask(w: World, sessionID: string) {
  const from = w.events.events.length
  await w.prompt(sessionID, ASK)
  const asked = await w.events.waitFor((event) => event.type === "question.asked", 10_000, from)
  return { id: String(asked.properties.id), from, properties: asked.properties }
}

async function tool(w: World, sessionID: string) {
  const messages = await w.kilo.api<Message[]>(`/session/${sessionID}/message`)
  const parts = messages.flatMap((message) => message.parts)
  return { messages, state: parts.findLast((part) => part.type === "tool")?.state }
}

describe("a question of the model", () => {
  test("is found by a client that connects later, and its answer goes to the model", async () => {
    await using w = await world()
    const directory = w.project.directory
    const sessionID = await w.session()
    const { id, from, properties } = await ask(w, sessionID)
    await w.events.cut()
    expect(await w.kilo.api("/question", { directory })).toEqual([properties])
    expect((await tool(w, sessionID)).state).toMatchObject({ status: "running" })
    await w.events.reconnect()
    const json = { answers: [["Red"], ["I like it"]] }
    expect(await w.kilo.api(`/question/${id}/reply`, { json, directory })).toBe(true)
    expect(await w.events.turnEnd(sessionID, 10_000, from)).toMatchObject({ properties: { reason: "completed" } })
    const { state } = await tool(w, sessionID)
    expect(state).toMatchObject({
      status: "completed",
      title: "Asked 2 questions",
      metadata: { answers: [["Red"], ["I like it"]] },
    })
    expect(JSON.stringify(w.model.requests.at(-1)?.body)).toContain("I like it")
    expect(await w.kilo.api("/question", { directory })).toEqual([])
    expect((await w.kilo.fetch(`/question/${id}/reply`, { json, directory })).status).toBe(404)
  })

  test("ends the turn when it is dismissed, without another word of the model", async () => {
    await using w = await world()
    const sessionID = await w.session({ title: "T" })
    const { id, from } = await ask(w, sessionID)
    const before = w.model.requests.length
    await w.kilo.api(`/question/${id}/reject`, { json: {}, directory: w.project.directory })
    expect(await w.events.turnEnd(sessionID, 10_000, from)).toMatchObject({ properties: { reason: "completed" } })
    expect((await tool(w, sessionID)).state).toMatchObject({
      status: "completed",
      output: "The user dismissed the question.",
      metadata: { dismissed: true },
    })
    expect(w.model.requests.length).toBe(before)
  })

  test("is closed by an abort", async () => {
    await using w = await world()
    const sessionID = await w.session()
    const { id, from } = await ask(w, sessionID)
    await w.kilo.api(`/session/${sessionID}/abort`, { method: "POST" })
    const rejected = await w.events.waitFor((event) => event.type === "question.rejected", 10_000, from)
    expect(rejected.properties).toEqual({ sessionID, requestID: id })
    expect(await w.kilo.api("/question", { directory: w.project.directory })).toEqual([])
    expect((await tool(w, sessionID)).state).toMatchObject({ status: "error", metadata: { interrupted: true } })
  })

  test("is closed by a restart, and the session goes on", async () => {
    await using home = await tempHome()
    await using w = await world({ home })
    const sessionID = await w.session()
    await ask(w, sessionID)
    await w.kilo.kill9()
    await using again = await world({ home })
    const directory = w.project.directory
    expect(await again.kilo.api("/question", { directory })).toEqual([])
    const { state, messages } = await tool(again, sessionID)
    expect(state).toMatchObject({ status: "error", metadata: { interrupted: true } })
    expect(messages.at(-1)?.info.error).toMatchObject({ name: "MessageAbortedError" })
    await again.prompt(sessionID, "[[text:On we go.]]")
    await again.events.turnEnd(sessionID)
  })

  test("is not asked of a client that cannot show it", async () => {
    await using w = await world({ env: { KILO_CLIENT: "jetbrains" } })
    const sessionID = await w.session()
    await w.prompt(sessionID, ASK)
    await w.events.turnEnd(sessionID)
    expect((await tool(w, sessionID)).state).toMatchObject({
      status: "error",
      error: expect.stringMatching(/unavailable tool 'question'/),
    })
  })
})
