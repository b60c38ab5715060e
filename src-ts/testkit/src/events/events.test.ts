import { createServer } from "node:http"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { recordEvents } from "./index.ts"
import { type Frame, frameParser } from "./parse.ts"

const STREAM =
  ': hello\nretry: 5\n\nid: 7\nevent: message\ndata: {"a":1}\n\ndata: one\ndata: two\n\nid: 8\r\ndata: x\r\n\r\n'

describe("the event recorder", () => {
  test("reads frames, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: STREAM.length }), { maxLength: 8 }), (cuts) => {
        const parse = frameParser()
        const frames: Frame[] = []
        const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length]
        for (const [at, from] of places.entries()) frames.push(...parse(STREAM.slice(from, places[at + 1] ?? from)))
        expect(frames).toEqual([
          { id: "7", event: "message", data: '{"a":1}' },
          { data: "one\ntwo" },
          { id: "8", data: "x" },
        ])
      }),
    )
  })

  test("waits for an event, and joins again from the last frame it had", async () => {
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.headers["last-event-id"]?.toString())
      response.writeHead(200, { "content-type": "text/event-stream" })
      const number = asked.length
      response.write(`id: e${number}\ndata: {"payload":{"id":"evt_${number}","type":"t${number}","properties":{}}}\n\n`)
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
    const recorder = await recordEvents(url)
    expect(await recorder.waitFor((event) => event.type === "t1")).toMatchObject({ id: "evt_1", frameID: "e1" })
    await recorder.reconnect()
    await recorder.waitFor((event) => event.type === "t2")
    expect(asked).toEqual([undefined, "e1"])
    expect(recorder.lastEventID).toBe("e2")
    server.closeAllConnections()
    await recorder.waitForEnd()
    await expect(recorder.waitFor((event) => event.type === "never", 10)).rejects.toThrow(/Seen: t1 t2/)
    await recorder.stop()
    server.close()
  })
})
