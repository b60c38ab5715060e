import { readFileSync } from "node:fs"
import { until } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { basic, open } from "./http.ts"
import { world } from "./world.ts"

/** Resident memory of a process in MiB. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024
}

test("fifty clients get every event of twenty streaming sessions, once and in the same order", {
  timeout: 60_000,
}, async () => {
  await using w = await world()
  await using stack = new AsyncDisposableStack()
  const clients = await Promise.all(Array.from({ length: 50 }, () => w.kilo.events()))
  for (const client of clients) stack.use(client)
  const sessions = await Promise.all(Array.from({ length: 20 }, () => w.session()))
  const deltas = 100
  await Promise.all(sessions.map((session) => w.prompt(session, `[[deltas:${deltas}]][[every:5]]`)))
  await Promise.all(sessions.map((session) => w.events.turnEnd(session, 40_000)))
  // A mark that everybody must get to: all that came before it has arrived then.
  const mark = await w.session({ title: "the mark" })
  const marked = (event: { type: string; properties: Record<string, unknown> }) =>
    event.type === "session.created" && event.properties.sessionID === mark
  await Promise.all(clients.map((client) => client.waitFor(marked, 20_000)))
  const seen = clients.map((client) => {
    const to = client.events.findIndex(marked)
    return client.events
      .slice(0, to)
      .flatMap((event) =>
        event.type === "server.heartbeat" || event.type === "server.connected" ? [] : [event.frameID],
      )
  })
  const first = seen[0] ?? []
  const numbers = first.map((id) => Number(id?.split("-")[1]))
  expect(numbers.length).toBeGreaterThan(sessions.length * deltas)
  expect(numbers.every((number, at) => at === 0 || number === (numbers[at - 1] ?? 0) + 1)).toBe(true)
  for (const other of seen) expect(other).toEqual(first)
  for (const session of sessions) {
    const words = w.events.events.filter(
      (event) => event.type === "message.part.delta" && event.properties.sessionID === session,
    )
    const whole = words.map((event) => event.properties.delta).join("")
    const stored = await w.kilo.api<{ parts: { type: string; text?: string }[] }[]>(`/session/${session}/message`)
    expect(stored.at(-1)?.parts.find((part) => part.type === "text")?.text).toBe(whole)
  }
})

test("ten clients that never read cost bounded memory, and others get everything meanwhile", async () => {
  await using w = await world()
  const headers = { authorization: basic("kilo", w.kilo.password ?? "") }
  const lazy = await Promise.all(Array.from({ length: 10 }, () => open(`${w.kilo.url}/global/event`, { headers })))
  for (const client of lazy) client.pause().on("error", () => client.destroy())
  const title = "z".repeat(400_000)
  const made = async (count: number) => {
    for (let number = 0; number < count; number++) await w.kilo.api("/session", { json: { title } })
  }
  await made(40)
  const filled = resident(w.kilo.pid)
  // Another 32 MB of events, which would be 320 MB were they kept for each of the ten.
  await made(80)
  expect(resident(w.kilo.pid) - filled).toBeLessThan(120)
  await w.events.waitFor(
    () => w.events.events.filter((event) => event.type === "session.created").length === 120,
    20_000,
  )
  for (const client of lazy) client.destroy()
})

test("a client that comes back after more than the log holds is told to load anew", async () => {
  await using w = await world()
  await w.session()
  const from = w.events.lastEventID
  const title = "z".repeat(1_000_000)
  for (let number = 0; number < 20; number++) await w.kilo.api("/session", { json: { title } })
  await using back = await w.kilo.events(from === undefined ? {} : { lastEventID: from })
  const reload = await back.waitFor((event) => event.type === "server.reload")
  expect(reload.properties).toEqual({ reason: "gap" })
  await until(() => back.events.length === 2, { what: "nothing but the greeting" })
})

test("heartbeats come on time while twenty sessions stream", { timeout: 60_000 }, async () => {
  await using w = await world()
  const sessions = await Promise.all(Array.from({ length: 20 }, () => w.session()))
  const started = performance.now()
  await Promise.all(sessions.map((session) => w.prompt(session, "[[deltas:2200]][[every:5]]")))
  const beat = await w.events.waitFor((event) => event.type === "server.heartbeat", 15_000)
  // The client was there a moment before `started`.
  expect(beat.at - started).toBeLessThan(12_000)
  expect(w.events.events.some((event) => event.type === "session.turn.close")).toBe(false)
  await Promise.all(sessions.map((session) => w.kilo.api(`/session/${session}/abort`, { method: "POST" })))
})
