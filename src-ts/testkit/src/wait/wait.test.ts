import { EventEmitter } from "node:events"
import { expect, test } from "vitest"
import { until } from "./index.ts"

test("until returns the value as soon as an event makes it true", async () => {
  const emitter = new EventEmitter()
  let value = 0
  const wake = (look: () => void) => {
    emitter.on("change", look)
    return () => void emitter.off("change", look)
  }
  const waiting = until(() => value, { wake })
  value = 7
  emitter.emit("change")
  expect(await waiting).toBe(7)
  expect(emitter.listenerCount("change")).toBe(0)
})

test("until says what it waited for when the deadline passes", async () => {
  await expect(until(() => false, { deadline: 5, what: "the moon" })).rejects.toThrow("Not within 5 ms: the moon")
})
