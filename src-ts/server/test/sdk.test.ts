import { createKiloClient as createKiloV1 } from "@kilocode/sdk"
import { createKiloClient } from "@kilocode/sdk/v2"
import { createOpencodeClient } from "@opencode-ai/sdk/v2"
import { expect, test } from "vitest"
import { basic } from "./http.ts"
import { type World, world } from "./world.ts"

/** A turn that reads nothing, asks for one command, runs it and answers. */
const TASK = '[[text:Let me see. ]][[tool:bash {"command":"echo hi","description":"greet"}]][[then]][[text:All done.]]'

const ASK = { extra: { permission: { bash: "ask" } } }

interface Incoming {
  type: string
  properties: Record<string, unknown>
}

/** Events of a client's stream until one matches. */
async function read(stream: AsyncGenerator<unknown>, until: (event: Incoming) => boolean | Promise<boolean>) {
  const seen: Incoming[] = []
  for await (const item of stream) {
    const event = item as Incoming
    seen.push(event)
    if (await until(event)) return seen
  }
  throw new Error(`the stream ended after ${seen.map((event) => event.type).join(" ")}`)
}

const closed = (session: string) => (event: Incoming) =>
  event.type === "session.turn.close" && event.properties.sessionID === session

function options(w: World) {
  return {
    baseUrl: w.kilo.url,
    directory: w.project.directory,
    headers: { authorization: basic("kilo", w.kilo.password ?? "") },
  }
}

const prompt = { parts: [{ type: "text" as const, text: TASK }] }

test("@kilocode/sdk (v2) runs a session: events, prompt, permission, messages, abort", async () => {
  await using w = await world(ASK)
  const client = createKiloClient(options(w))
  const events = await client.event.subscribe()
  const session = (await client.session.create({ title: "sdk" }, { throwOnError: true })).data
  expect(session).toMatchObject({ title: "sdk", directory: w.project.directory })

  const turn = read(events.stream, async (event) => {
    if (event.type === "permission.asked") {
      expect((await client.permission.list({}, { throwOnError: true })).data).toHaveLength(1)
      const requestID = String(event.properties.id)
      await client.permission.reply({ requestID, reply: "once" }, { throwOnError: true })
    }
    return closed(session.id)(event)
  })
  await client.session.promptAsync({ sessionID: session.id, ...prompt }, { throwOnError: true })
  const seen = (await turn).map((event) => event.type)
  expect(seen[0]).toBe("server.connected")
  expect(seen).toContain("permission.replied")

  const messages = (await client.session.messages({ sessionID: session.id }, { throwOnError: true })).data
  const texts = messages.flatMap(({ parts }) => parts).flatMap((part) => (part.type === "text" ? [part.text] : []))
  expect(texts.at(-1)).toBe("All done.")
  const tool = messages.flatMap(({ parts }) => parts).find((part) => part.type === "tool")
  expect(tool).toMatchObject({ tool: "bash", state: { status: "completed", output: expect.stringContaining("hi") } })

  const hanging = { parts: [{ type: "text" as const, text: "[[text:on and on]][[hang]]" }] }
  await client.session.promptAsync({ sessionID: session.id, ...hanging }, { throwOnError: true })
  await w.events.waitFor((event) => event.properties.delta === "on " || event.properties.delta === "on and on")
  expect((await client.session.abort({ sessionID: session.id }, { throwOnError: true })).data).toBe(true)
  await w.events.waitFor((event) => event.type === "session.turn.close" && event.properties.reason === "interrupted")
})

test("@kilocode/sdk (v1) runs a session: events, prompt that waits, permission, messages, abort", async () => {
  await using w = await world(ASK)
  const client = createKiloV1(options(w))
  const events = await client.event.subscribe()
  const session = (await client.session.create({ body: { title: "old" }, throwOnError: true })).data
  const path = { id: session.id }
  const turn = read(events.stream, async (event) => {
    if (event.type === "permission.asked") {
      const permissionID = String(event.properties.id)
      await client.postSessionIdPermissionsPermissionId({
        path: { ...path, permissionID },
        body: { response: "always" },
        throwOnError: true,
      })
    }
    return closed(session.id)(event)
  })
  const answer = (await client.session.prompt({ path, body: prompt, throwOnError: true })).data
  await turn
  expect(answer.info).toMatchObject({ role: "assistant", finish: "stop" })
  expect(answer.parts).toContainEqual(expect.objectContaining({ type: "text", text: "All done." }))
  expect((await client.session.messages({ path, throwOnError: true })).data).toHaveLength(3)
  expect((await client.session.abort({ path, throwOnError: true })).data).toBe(true)
  expect((await client.session.list({ throwOnError: true })).data.map(({ id }) => id)).toEqual([session.id])
})

test("@opencode-ai/sdk (v2) runs a session in its own directory, with its own header and user name", async () => {
  await using w = await world(ASK)
  const headers = { authorization: basic("opencode", w.kilo.password ?? "") }
  const client = createOpencodeClient({ ...options(w), headers })
  const events = await client.event.subscribe()
  const session = (await client.session.create({ title: "other" }, { throwOnError: true })).data
  expect(session.directory).toBe(w.project.directory)
  const turn = read(events.stream, async (event) => {
    if (event.type === "permission.asked") {
      const requestID = String(event.properties.id)
      await client.permission.reply({ requestID, reply: "reject", message: "not now" }, { throwOnError: true })
    }
    return closed(session.id)(event)
  })
  await client.session.promptAsync({ sessionID: session.id, ...prompt }, { throwOnError: true })
  await turn
  const messages = (await client.session.messages({ sessionID: session.id }, { throwOnError: true })).data
  expect(JSON.stringify(messages)).toContain("not now")
  expect((await client.session.abort({ sessionID: session.id }, { throwOnError: true })).data).toBe(true)
  expect((await client.app.agents({}, { throwOnError: true })).data.map(({ name }) => name)).toContain("plan")
})
