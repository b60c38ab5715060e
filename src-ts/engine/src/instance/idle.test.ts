import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { createIdle } from "./idle.ts"

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test("what is unused for long enough ends once, what is used again lives on", async () => {
  const ended: string[] = []
  const idle = createIdle(1000, async (key) => ended.push(key) > 0)
  idle.used("a")
  idle.used("b")
  await vi.advanceTimersByTimeAsync(600)
  idle.used("a")
  await vi.advanceTimersByTimeAsync(600)
  expect(ended).toEqual(["b"])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(ended).toEqual(["b", "a"])
  expect(vi.getTimerCount()).toBe(0)
})

test("what is busy is asked again later", async () => {
  const asked: string[] = []
  const idle = createIdle(1000, async (key) => asked.push(key) > 2)
  idle.used("a")
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toEqual(["a", "a", "a"])
})

test("after closing nothing ends any more", async () => {
  const ended: string[] = []
  const idle = createIdle(1000, async (key) => ended.push(key) > 0)
  idle.used("a")
  idle.close()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(ended).toEqual([])
})
