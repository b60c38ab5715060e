import { expect, test } from "vitest"
import { LoopGuard } from "./loops.ts"

function verdicts(calls: string[]): string[] {
  const guard = new LoopGuard()
  return calls.map((call) => guard.note(call, "{}"))
}

test("the same call asks from the third time on and is refused from the eighth", () => {
  expect(verdicts(Array.from({ length: 9 }, () => "read"))).toEqual([
    "fine",
    "fine",
    "ask",
    "ask",
    "ask",
    "ask",
    "ask",
    "refuse",
    "refuse",
  ])
})

test("other calls in between begin anew", () => {
  expect(verdicts(["read", "read", "edit", "read", "read"])).toEqual(Array.from({ length: 5 }, () => "fine"))
})

test("a circle of two or three calls is seen, a little later", () => {
  const two = verdicts(Array.from({ length: 20 }, (_, at) => (at % 2 ? "edit" : "bash")))
  expect(two.indexOf("ask")).toBe(7)
  const three = verdicts(Array.from({ length: 30 }, (_, at) => ["a", "b", "c"][at % 3] ?? ""))
  expect(three.indexOf("ask")).toBe(11)
})

test("a circle without end stops the turn", () => {
  const guard = new LoopGuard()
  for (let at = 0; at < 40; at += 1) guard.note(at % 2 ? "edit" : "bash", "{}")
  expect(guard.stopped).toBe(true)
})
