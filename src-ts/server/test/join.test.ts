import { symlink } from "node:fs/promises"
import { join } from "node:path"
import { until } from "@kilo-split/testkit"
import fc from "fast-check"
import { expect, test } from "vitest"
import { world } from "./world.ts"

interface Part {
  id: string
  type: string
  text?: string
}

/** What a client that follows the joining rule shows: the snapshot, and every later event on top. */
class View {
  readonly texts = new Map<string, string>()

  take(part: Part) {
    if (part.type === "text" || part.type === "reasoning") this.texts.set(part.id, part.text ?? "")
  }

  apply(event: { type: string; properties: Record<string, unknown> }, sessionID: string) {
    if (event.properties.sessionID !== sessionID) return
    if (event.type === "message.part.updated") this.take(event.properties.part as Part)
    if (event.type === "message.part.delta") {
      const { partID, delta } = event.properties as { partID: string; delta: string }
      this.texts.set(partID, (this.texts.get(partID) ?? "") + delta)
    }
  }
}

const seqOf = (cursor: string | null | undefined) => Number(/-(\d+)$/.exec(cursor ?? "")?.[1])

test("a client that joins at any moment has exactly the final text", async () => {
  await using w = await world()
  await fc.assert(
    fc.asyncProperty(
      // After how many deltas each client joins, in turns of different length.
      fc.record({
        deltas: fc.integer({ min: 5, max: 300 }),
        joins: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 4 }),
      }),
      async ({ deltas, joins }) => {
        const session = await w.session()
        await using stream = await w.kilo.events()
        const count = () => stream.events.filter((event) => event.type === "message.part.delta").length
        const over = () => stream.events.some((event) => event.type === "session.turn.close")
        await w.prompt(session, `[[reasoning:thinking aloud]][[deltas:${deltas}]][[every:1]]`)
        const views = await Promise.all(
          joins.map(async (moment) => {
            await until(() => count() >= moment || over(), { what: "the moment to join" })
            const response = await w.kilo.fetch(`/session/${session}/message`)
            const included = seqOf(response.headers.get("x-kilo-event-id"))
            const view = new View()
            for (const { parts } of (await response.json()) as { parts: Part[] }[])
              for (const part of parts) view.take(part)
            return { view, included }
          }),
        )
        await stream.turnEnd(session)
        const final = new View()
        const answer = await w.kilo.api<{ parts: Part[] }[]>(`/session/${session}/message`)
        for (const { parts } of answer) for (const part of parts) final.take(part)
        expect([...final.texts.values()].at(-1)).toHaveLength(
          Array.from({ length: deltas }, (_, at) => `w${at} `).join("").length,
        )
        for (const { view, included } of views) {
          for (const event of stream.events) if (seqOf(event.frameID) > included) view.apply(event, session)
          expect([...view.texts]).toEqual([...final.texts])
        }
      },
    ),
    { numRuns: 12 },
  )
})

test("a client that is cut in the middle of a turn and comes back has every event once", async () => {
  await using w = await world()
  const session = await w.session()
  await using all = await w.kilo.events()
  await w.prompt(session, "[[deltas:400]][[every:1]]")
  for (let cuts = 0; cuts < 5; cuts++) {
    const seen = w.events.events.length
    await w.events.waitFor((event) => event.type === "message.part.delta", 10_000, seen)
    await w.events.reconnect()
  }
  await Promise.all([w.events.turnEnd(session), all.turnEnd(session)])
  const ids = (events: typeof all.news) => {
    const own = events.filter((event) => event.properties.sessionID === session)
    return own.slice(0, own.findIndex((event) => event.type === "session.turn.close") + 1).map((event) => event.id)
  }
  const expected = ids(all.news)
  expect(expected.length).toBeGreaterThan(400)
  // The second stream was opened after the session was made.
  expect(ids(w.events.news).slice(-expected.length)).toEqual(expected)
})

test("a prompt that waits begins its answer early, so that no client gives up, and ends with the reply", async () => {
  await using w = await world()
  const session = await w.session()
  const json = { parts: [{ type: "text", text: "[[text:slow ]][[hold:go]][[text:answer]]" }] }
  const response = await w.kilo.fetch(`/session/${session}/message`, { json })
  // The head is here while the model is still held back.
  expect(response.headers.get("transfer-encoding")).toBe("chunked")
  w.model.release("go")
  const reply = (await response.json()) as { parts: Part[] }
  expect(
    reply.parts
      .filter((part) => part.type === "text")
      .map((part) => part.text)
      .join(""),
  ).toBe("slow answer")
})

test("the stream of a directory is found under a link to it, and ends when it is disposed", async () => {
  await using w = await world()
  const link = join(w.kilo.home.directory, "link")
  await symlink(w.project.directory, link)
  await using stream = await w.kilo.events({ directory: link })
  await stream.waitFor((event) => event.type === "server.connected")
  const session = await w.session()
  await stream.waitFor((event) => event.type === "session.created" && event.properties.sessionID === session)
  await w.kilo.fetch("/instance/dispose", { method: "POST", directory: link })
  await stream.waitForEnd()
  expect(stream.events.at(-1)).toMatchObject({ type: "server.instance.disposed" })
  expect(w.events.ended).toBe(false)
})

test("a client that leaves while it waits for a turn disturbs neither the turn nor the server", async () => {
  await using w = await world()
  const session = await w.session()
  const json = { parts: [{ type: "text", text: "[[text:slow ]][[hold:go]][[text:answer]]" }] }
  const leave = new AbortController()
  const response = await w.kilo.fetch(`/session/${session}/message`, { json, signal: leave.signal })
  leave.abort()
  await expect(response.text()).rejects.toThrow(/abort/)
  w.model.release("go")
  expect((await w.events.turnEnd(session)).properties.reason).toBe("completed")
  expect(await w.kilo.api("/global/health")).toMatchObject({ healthy: true })
  expect(await w.kilo.stop()).toEqual({ code: 0, signal: null })
  expect(w.kilo.stderr).toBe("")
})
