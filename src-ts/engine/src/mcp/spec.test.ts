import { expect, test } from "vitest"
import { specOf } from "./spec.ts"

test.each([
  [5000, 5000],
  [-1, undefined],
  [0, undefined],
  [Number.MAX_SAFE_INTEGER, 2 ** 31 - 1],
])("a time limit of %d ms is one that a timer can keep: %s", (timeout, kept) => {
  const spec = specOf({ type: "local", command: ["x"], timeout })
  expect(spec && "timeout" in spec ? spec.timeout : undefined).toBe(kept)
})
