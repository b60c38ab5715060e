import { existsSync } from "node:fs"
import { join } from "node:path"
import { until } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { type World, world } from "./world.ts"

interface Entry {
  id: string
  prompt: { parts: { text: string }[] }
}

const text = (value: string) => ({ prompt: { parts: [{ type: "text", text: value }] } })
const texts = (entries: Entry[]) => entries.map((entry) => entry.prompt.parts[0]?.text)

/** What the user said, and what was answered, oldest first. */
async function said(w: World, id: string): Promise<string[]> {
  const messages = await w.kilo.api<{ info: { role: string }; parts: { type: string; text?: string }[] }[]>(
    `/session/${id}/message`,
  )
  return messages.flatMap(({ info, parts }) =>
    parts.flatMap((part) => (part.type === "text" && part.text ? [`${info.role}: ${part.text}`] : [])),
  )
}

async function idle(w: World, id: string, count: number) {
  const seen = () =>
    w.events.events.filter((each) => each.type === "session.idle" && each.properties["sessionID"] === id).length
  await w.events.waitFor(() => seen() >= count)
}

test("waiting prompts are sent one after the other in the order that the user gave them", async () => {
  await using w = await world()
  const id = await w.session()
  const add = (value: string) => w.kilo.api<Entry>(`/session/${id}/outbox`, { json: text(value) })
  await w.prompt(id, "[[hold:gate]][[text:zero]]")
  const one = await add("[[text:one]]")
  const two = await add("[[text:two]]")
  const three = await add("[[text:three]]")
  await w.kilo.api(`/session/${id}/outbox`, { method: "PUT", json: { ids: [three.id, one.id] } })
  await w.kilo.api(`/session/${id}/outbox/${one.id}`, { method: "PUT", json: text("[[text:eins]]") })
  expect(await w.kilo.api(`/session/${id}/outbox/${two.id}`, { method: "DELETE" })).toBe(true)
  expect(await w.kilo.api(`/session/${id}/outbox/${two.id}`, { method: "DELETE" })).toBe(false)
  expect(texts(await w.kilo.api<Entry[]>(`/session/${id}/outbox`))).toEqual(["[[text:three]]", "[[text:eins]]"])
  w.model.release("gate")
  await idle(w, id, 3)
  expect(await w.kilo.api(`/session/${id}/outbox`)).toEqual([])
  expect(await said(w, id)).toEqual([
    "user: [[hold:gate]][[text:zero]]",
    "assistant: zero",
    "user: [[text:three]]",
    "assistant: three",
    "user: [[text:eins]]",
    "assistant: eins",
  ])
})

test("after Stop nothing is sent by itself, and what waits is sent when the user says so", async () => {
  await using w = await world()
  const id = await w.session()
  await w.prompt(id, "[[text:go]][[hang]]")
  await w.events.waitFor((event) => event.type === "message.part.delta")
  const entry = await w.kilo.api<Entry>(`/session/${id}/outbox`, { json: text("[[text:later]]") })
  await w.kilo.api(`/session/${id}/abort`, { method: "POST" })
  await idle(w, id, 1)
  expect(texts(await w.kilo.api<Entry[]>(`/session/${id}/outbox`))).toEqual(["[[text:later]]"])
  expect(await w.kilo.api(`/session/${id}/outbox/${entry.id}/send`, { method: "POST" })).toBe(true)
  await idle(w, id, 2)
  expect((await said(w, id)).at(-1)).toBe("assistant: later")
  expect(await w.kilo.api(`/session/${id}/outbox/${entry.id}/send`, { method: "POST" })).toBe(false)
})

test("a prompt that is sent now reaches the running turn at its next step", async () => {
  await using w = await world({ extra: { permission: { bash: "allow" } } })
  const id = await w.session()
  await w.prompt(
    id,
    `[[hold:gate]][[tool:bash ${JSON.stringify({ command: "true", description: "x" })}]][[then]][[text:never said]]`,
  )
  const entry = await w.kilo.api<Entry>(`/session/${id}/outbox`, { json: text("[[text:steered]]") })
  await w.kilo.api(`/session/${id}/outbox/${entry.id}/send`, { method: "POST" })
  w.model.release("gate")
  await idle(w, id, 1)
  const all = await said(w, id)
  expect(all.at(-1)).toBe("assistant: steered")
  expect(all).not.toContain("assistant: never said")
})

test("in an idle session a prompt is sent at once, a command can wait too, and mistakes are named", async () => {
  await using w = await world({ extra: { command: { greet: { template: "[[text:Hello $ARGUMENTS]]" } } } })
  const id = await w.session()
  await w.kilo.api(`/session/${id}/outbox`, { json: { prompt: { parts: [] }, command: "greet", arguments: "Ada" } })
  await idle(w, id, 1)
  expect((await said(w, id)).at(-1)).toBe("assistant: Hello Ada")
  const none = await w.kilo.fetch("/session/ses_none/outbox")
  expect(none.status).toBe(404)
  const empty = await w.kilo.fetch(`/session/${id}/outbox`, { json: { prompt: { parts: [] } } })
  expect(empty.status).toBe(400)
})

test("a command that can't be run is an event, and the request succeeds", async () => {
  await using w = await world({ extra: { command: { greet: { template: "[[text:Hello $ARGUMENTS]]" } } } })
  const id = await w.session()
  const wrong = await w.kilo.fetch(`/session/${id}/command_async`, { json: { command: "nope", arguments: "" } })
  expect(wrong.status).toBe(204)
  const error = await w.events.waitFor((event) => event.type === "session.error")
  expect(JSON.stringify(error)).toContain("There is no command /nope")
  const right = await w.kilo.fetch(`/session/${id}/command_async`, { json: { command: "greet", arguments: "Ada" } })
  expect(right.status).toBe(204)
  await w.events.waitFor((event) => event.type === "command.executed")
  expect((await said(w, id)).at(-1)).toBe("assistant: Hello Ada")
})

test("a prompt that comes while a stopped turn is still ending is answered", async () => {
  await using w = await world({ extra: { permission: { bash: "allow" } } })
  const id = await w.session()
  const command = "trap 'touch stopping' TERM; touch running; for i in 1 2 3 4 5 6; do sleep 0.3; done"
  await w.prompt(id, `[[tool:bash ${JSON.stringify({ command, description: "Wait" })}]]`)
  const there = (name: string) => until(() => existsSync(join(w.project.directory, name)))
  await there("running")
  const stop = w.kilo.api(`/session/${id}/abort`, { method: "POST" })
  await there("stopping")
  await w.prompt(id, "[[text:still here]]")
  await stop
  await idle(w, id, 2)
  expect((await said(w, id)).slice(-2)).toEqual(["user: [[text:still here]]", "assistant: still here"])
})
