import fc from "fast-check"
import { expect, test } from "vitest"
import { Bus } from "./index.ts"

const scope = { directory: "/w", project: "p" }

test("replay gives exactly what came after a cursor", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(60), (before, after) => {
      const bus = new Bus()
      for (let n = 0; n < before; n += 1) bus.publish(scope, "session.idle", { sessionID: `ses_${n}` })
      const cursor = bus.cursor()
      const later = Array.from(
        { length: after },
        (_, n) => bus.publish(scope, "session.idle", { sessionID: `ses_b${n}` }).id,
      )
      expect(bus.since(cursor)?.map((event) => event.id)).toEqual(later)
    }),
  )
})

test("a cursor of another process, of the future, or too old asks for a reload", () => {
  const bus = new Bus()
  const start = bus.cursor()
  expect(bus.since(new Bus().cursor())).toBeUndefined()
  expect(bus.since(`${bus.epoch}-99`)).toBeUndefined()
  expect(bus.since("nonsense")).toBeUndefined()
  for (let n = 0; n < 25_000; n += 1) bus.publish(scope, "session.idle", { sessionID: "ses_1" })
  expect(bus.since(start)).toBeUndefined()
  expect(bus.since(`${bus.epoch}-24999`)).toHaveLength(1)
})

test("the log's size is bounded by what it holds, not only by its length", () => {
  const bus = new Bus()
  const start = bus.cursor()
  const delta = "x".repeat(1_000_000)
  for (let n = 0; n < 20; n += 1) {
    bus.publish(scope, "message.part.delta", { sessionID: "s", messageID: "m", partID: "p", field: "text", delta })
  }
  expect(bus.since(start)).toBeUndefined()
  expect(bus.since(`${bus.epoch}-19`)).toHaveLength(1)
})

test("whatever an event holds counts for the log's size", () => {
  const large = "x".repeat(1_000_000)
  const bus = new Bus()
  const start = bus.cursor()
  for (let n = 0; n < 20; n += 1) bus.publish(scope, "global.config.updated", { nested: { deep: [{ text: large }] } })
  expect(bus.since(start)).toBeUndefined()
  expect(bus.since(`${bus.epoch}-19`)).toHaveLength(1)
})

test("a listener that throws doesn't keep the others from hearing", () => {
  const errors: unknown[] = []
  const bus = new Bus((error) => errors.push(error))
  const heard: string[] = []
  bus.subscribe(() => {
    throw new Error("bad listener")
  })
  const off = bus.subscribe((event) => heard.push(event.type))
  bus.publish(scope, "session.idle", { sessionID: "s" })
  off()
  bus.publish(scope, "session.idle", { sessionID: "s" })
  expect(heard).toEqual(["session.idle"])
  expect(errors).toHaveLength(2)
})

test("both wire forms carry the same event, the global one its place first", () => {
  const event = new Bus().publish(scope, "session.idle", { sessionID: "ses_1" })
  expect(JSON.parse(event.instanceJson())).toEqual({
    id: event.id,
    type: "session.idle",
    properties: { sessionID: "ses_1" },
  })
  expect(event.globalJson()).toBe(`{"directory":"/w","project":"p","payload":${event.instanceJson()}}`)
})
