import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { Bus } from "@kilo-split/engine"
import { type Recorder, recordEvents } from "@kilo-split/testkit"
import fc from "fast-check"
import { describe, expect, onTestFinished, test } from "vitest"
import { open } from "../../test/http.ts"
import { EventStreams } from "./stream.ts"

const A = { directory: "/a", project: "pa" }
const B = { directory: "/b", project: "pb" }

/** The streams of a real bus behind a real HTTP server. */
async function served(): Promise<{ bus: Bus; url: string }> {
  const bus = new Bus()
  const streams = new EventStreams(bus)
  const server = createServer((request, response) => {
    const directory = new URL(request.url ?? "/", "http://kilo").searchParams.get("directory")
    streams.open(request, response, directory === null ? "all" : { directory })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => {
    streams.close()
    server.closeAllConnections()
    server.close()
  })
  return { bus, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function listen(url: string, options: { directory?: string; lastEventID?: string } = {}): Promise<Recorder> {
  const recorder = await recordEvents(url, options)
  onTestFinished(() => recorder.stop())
  return recorder
}

function delta(bus: Bus, text: string, partID = "prt_1", scope = A) {
  const properties = { sessionID: "ses_1", messageID: "msg_1", partID, field: "text", delta: text }
  return bus.publish(scope, "message.part.delta", properties)
}

const isIdle = (event: { type: string }) => event.type === "session.idle"

describe("an event stream", () => {
  test("starts with server.connected, keeps order, and names the position in every frame", async () => {
    const { bus, url } = await served()
    const recorder = await listen(url)
    await recorder.waitFor((event) => event.type === "server.connected")
    const sent = ["one ", "two ", "three"].map((text) => delta(bus, text))
    bus.publish(A, "session.idle", { sessionID: "ses_1" })
    await recorder.waitFor(isIdle)
    expect(recorder.news.map((event) => event.properties.delta)).toEqual(["one ", "two ", "three", undefined])
    expect(recorder.news.slice(0, 3).map((event) => event.frameID)).toEqual(sent.map((event) => event.cursor))
    expect(recorder.news[0]).toMatchObject({ directory: "/a", project: "pa" })
    expect(recorder.events[0]?.raw).toMatch(
      /^\{"payload":\{"id":"evt_\w+","type":"server.connected","properties":\{\}\}\}$/,
    )
    // Kotlin clients take the first "type" of the text.
    expect(recorder.news[0]?.raw).toMatch(/^\{"directory":"\/a","project":"pa","payload":\{"id":"evt_\w+","type":/)
  })

  test("of one directory has only its events, unwrapped, and ends when it is disposed", async () => {
    const { bus, url } = await served()
    const [one, all] = await Promise.all([listen(url, { directory: "/a" }), listen(url)])
    delta(bus, "b", "prt_1", B)
    delta(bus, "a")
    bus.publish(A, "server.instance.disposed", { directory: "/a" })
    delta(bus, "late")
    await one.waitForEnd()
    expect(one.news.map((event) => event.type)).toContain("server.instance.disposed")
    expect(one.news.filter((event) => event.type === "message.part.delta")[0]).toMatchObject({
      properties: { delta: "a" },
    })
    expect(one.news.some((event) => event.properties.delta === "b")).toBe(false)
    await all.waitFor((event) => event.properties.delta === "late")
    expect(all.ended).toBe(false)
  })

  test("gives a client that comes back exactly what it missed", async () => {
    const { bus, url } = await served()
    const recorder = await listen(url)
    delta(bus, "1")
    await recorder.waitFor((event) => event.properties.delta === "1")
    await recorder.cut()
    delta(bus, "2")
    delta(bus, "3")
    await recorder.reconnect()
    delta(bus, "4")
    await recorder.waitFor((event) => event.properties.delta === "4")
    expect(recorder.news.map((event) => event.properties.delta)).toEqual(["1", "2", "3", "4"])
  })

  test("takes the position from the query as well", async () => {
    const { bus, url } = await served()
    const first = delta(bus, "1")
    delta(bus, "2")
    const response = await open(`${url}/global/event?since=${first.cursor}`)
    let text = ""
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk
      if (text.includes(`"delta":"2"`)) break
    }
    expect(text).toContain("server.connected")
    expect(text).not.toContain(`"delta":"1"`)
  })

  test("keeps the client's position in the greeting, so that a cut right after it loses nothing", async () => {
    const { bus, url } = await served()
    const first = delta(bus, "1")
    delta(bus, "2")
    const recorder = await listen(url, { lastEventID: first.cursor })
    expect(await recorder.waitFor((event) => event.type === "server.connected")).toMatchObject({
      frameID: first.cursor,
    })
  })

  test("says that a reload is due when the position is of another start of the server", async () => {
    const { bus, url } = await served()
    const recorder = await listen(url, { lastEventID: "abcdef012345-7" })
    await recorder.waitFor((event) => event.type === "server.reload")
    expect(recorder.events.map((event) => event.type)).toEqual(["server.connected", "server.reload"])
    expect(recorder.events[1]).toMatchObject({ properties: { reason: "restart" }, frameID: bus.cursor() })
  })

  test("says that a reload is due when the position is too old", async () => {
    const { bus, url } = await served()
    const first = delta(bus, "x")
    for (let count = 0; count < 20_001; count++) delta(bus, "y")
    const recorder = await listen(url, { lastEventID: first.cursor })
    expect(await recorder.waitFor((event) => event.type === "server.reload")).toMatchObject({
      properties: { reason: "gap" },
    })
  })
})

describe("a client that reads slowly", () => {
  /** Connects without reading anything. */
  async function lazy(url: string): Promise<IncomingMessage> {
    const response = await open(url)
    response.pause()
    response.on("error", () => response.destroy())
    onTestFinished(() => {
      response.destroy()
    })
    return response
  }

  test("gets the same text in fewer pieces, with the newest position", async () => {
    const { bus, url } = await served()
    const slow = await lazy(url)
    let sent = ""
    // Enough to fill the socket's buffers several times; the pauses let the server write.
    for (let round = 0; round < 120; round++) {
      for (let count = 0; count < 500; count++) {
        const text = `${round}.${count} `
        sent += text
        delta(bus, text)
      }
      await new Promise((done) => setImmediate(done))
    }
    const last = bus.publish(A, "session.idle", { sessionID: "ses_1" })
    let text = ""
    for await (const chunk of slow.setEncoding("utf8")) {
      text += chunk
      if (text.includes(`id: ${last.cursor}\n`) && text.endsWith("\n\n")) break
    }
    const frames = text.split("\n\n").flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? [])
    const deltas = frames.map((frame) => JSON.parse(frame).payload.properties.delta ?? "")
    expect(deltas.join("")).toBe(sent)
    expect(deltas.length).toBeLessThan(40_000)
  })

  test("and never at all is cut off, while others get everything", async () => {
    const { bus, url } = await served()
    const slow = await lazy(url)
    const closed = new Promise((done) => slow.once("close", done))
    const other = await listen(url)
    const patch = "x".repeat(100_000)
    for (let count = 0; count < 200; count++) {
      bus.publish(A, "session.diff", { sessionID: `ses_${count}`, diff: [{ patch, additions: 1, deletions: 0 }] })
      await other.waitFor((event) => event.properties.sessionID === `ses_${count}`)
    }
    slow.resume()
    await closed
    expect(other.ended).toBe(false)
    expect(other.news).toHaveLength(200)
  })
})

test("a client that joins, is cut and comes back at any moment has every event once and in order", async () => {
  const { bus, url } = await served()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant("cut" as const), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 12 }),
      async (steps) => {
        const recorder = await recordEvents(url)
        const sent: string[] = []
        for (const step of steps) {
          if (step === "cut") {
            await recorder.cut()
            sent.push(`c${sent.length}`)
            delta(bus, sent.at(-1) ?? "")
            await recorder.reconnect()
            continue
          }
          for (let count = 0; count < step; count++) {
            sent.push(`t${sent.length}`)
            delta(bus, sent.at(-1) ?? "", `prt_${count % 3}`)
          }
        }
        bus.publish(A, "session.idle", { sessionID: "ses_1" })
        await recorder.waitFor(isIdle)
        expect(recorder.news.slice(0, -1).map((event) => event.properties.delta)).toEqual(sent)
        await recorder.stop()
      },
    ),
    { numRuns: 40 },
  )
})
