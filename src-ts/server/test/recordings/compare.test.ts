import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compare } from "./compare.ts"
import { type JsonObject, labelOf, loadRecording, object, type StreamEvent } from "./recording.ts"

const NAMES = ["text", "read", "edit", "perm-once", "abort", "steer"]

function copyOf(name: string): StreamEvent[] {
  return structuredClone(loadRecording(name))
}

/** Every object within an event that holds a key other than a time or an id. */
function objectsIn(value: unknown): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (typeof value !== "object" || value === null) return []
  const one = value as JsonObject
  return [one, ...Object.values(one).flatMap(objectsIn)]
}

const scenario = fc.constantFrom(...NAMES)

describe("the comparison of two streams", () => {
  test.each(NAMES)("finds nothing between %s and itself with other ids, times and folder", (name) => {
    const other: StreamEvent[] = JSON.parse(
      JSON.stringify(copyOf(name))
        .replace(/_1f[0-9a-f]{4}/g, "_200000")
        .replace(/\b1795\d{9}\b/g, "1800000000000")
        .replaceAll("/w/", "/tmp/elsewhere/")
        .replaceAll('"/w"', '"/tmp/elsewhere"'),
    )
    expect(compare(copyOf(name), other, "/tmp/elsewhere")).toEqual([])
  })

  test("finds any event that is missing or one too many", () => {
    fc.assert(
      fc.property(scenario, fc.nat(), fc.boolean(), (name, at, twice) => {
        const events = copyOf(name)
        const place = at % events.length
        const event = events[place]
        fc.pre(
          event !== undefined && event.type !== "message.part.delta" && !labelOf(event).includes("bash running output"),
        )
        events.splice(place, twice ? 0 : 1, ...(twice && event ? [structuredClone(event)] : []))
        expect(compare(copyOf(name), events, "/w")).not.toEqual([])
      }),
    )
  })

  test("finds any key that is missing or one too many", () => {
    fc.assert(
      fc.property(scenario, fc.nat(), fc.nat(), fc.boolean(), (name, at, which, add) => {
        const events = copyOf(name)
        const event = events[at % events.length]
        fc.pre(
          event !== undefined && event.type !== "message.part.delta" && !labelOf(event).includes("bash running output"),
        )
        const objects = objectsIn(event?.properties).filter((one) => Object.keys(one).length > 0)
        const target = objects[which % objects.length] ?? {}
        const key = Object.keys(target)[which % Object.keys(target).length] ?? ""
        if (add) target.somethingNew = 1
        else delete target[key]
        expect(compare(copyOf(name), events, "/w")).not.toEqual([])
      }),
    )
  })

  test("finds a value that changed", () => {
    const events = copyOf("text")
    const finish = events.findLast((event) => labelOf(event) === "message.updated assistant stop completed")
    object(finish?.properties.info).cost = 1
    expect(compare(copyOf("text"), events, "/w")).toEqual([
      {
        kind: "value",
        event: "message.updated assistant stop completed",
        key: "info.cost",
        recorded: 0.000113,
        replayed: 1,
      },
    ])
  })

  test("finds an id that stands for another thing than before", () => {
    const events = copyOf("read")
    const [first, second] = events.filter((event) => labelOf(event) === "message.updated assistant")
    const parts = events.filter((event) => event.type === "message.part.updated")
    const last = object(parts.at(-1)?.properties.part)
    expect(last.messageID).toBe(object(second?.properties.info).id)
    last.messageID = object(first?.properties.info).id ?? ""
    expect(compare(copyOf("read"), events, "/w")).toMatchObject([{ kind: "value", key: "part.messageID" }])
  })

  test("says that an event came at another place", () => {
    const events = copyOf("text")
    const at = events.findIndex((event) => event.type === "session.turn.open")
    events.splice(at, 2, ...events.slice(at, at + 2).reverse())
    expect(compare(copyOf("text"), events, "/w")).toMatchObject([{ kind: "moved" }])
  })

  test("does not mind how text was cut on its way", () => {
    const events = copyOf("text")
    const at = events.findIndex((event) => event.type === "message.part.delta")
    const [first, second] = events.slice(at, at + 2)
    if (first && second) first.properties.delta = `${first.properties.delta}${second.properties.delta}`
    events.splice(at + 1, 1)
    expect(compare(copyOf("text"), events, "/w")).toEqual([])
  })
})
