import fc from "fast-check"
import { expect, test } from "vitest"
import { ascending, descending, isId } from "./index.ts"

test("ids have the contract's form", () => {
  expect(ascending("msg")).toMatch(/^msg_[0-9a-f]{12}[0-9A-Za-z]{14}$/)
  expect(descending("ses")).toMatch(/^ses_[0-9a-f]{12}[0-9A-Za-z]{14}$/)
})

test("later ids sort after earlier ones, sessions before them, however fast they are made", () => {
  const up = Array.from({ length: 10_000 }, () => ascending("evt"))
  expect(up.toSorted()).toEqual(up)
  expect(new Set(up).size).toBe(up.length)
  const down = Array.from({ length: 1_000 }, () => descending("ses"))
  expect(down.toSorted().reverse()).toEqual(down)
})

test("the time half counts milliseconds in its lower 48 bits", () => {
  const low = (Date.now() % 2 ** 36) * 4096
  const value = Number.parseInt(ascending("prt").slice(4, 16), 16)
  expect(Math.abs(value - low)).toBeLessThan(60_000 * 4096)
})

test("only the prefix and plain characters make an id", () => {
  expect(isId("msg", "msg_client-made_1")).toBe(true)
  fc.assert(fc.property(fc.string(), (text) => !isId("msg", `prt_${text}`)))
  expect(isId("msg", "msg_a b")).toBe(false)
  expect(isId("msg", "msg_../x")).toBe(false)
})
