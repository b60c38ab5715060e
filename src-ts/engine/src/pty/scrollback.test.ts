import fc from "fast-check"
import { expect, test } from "vitest"
import { Scrollback } from "./scrollback.ts"

test("keeps the end of what was written, at positions that never move", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 60 }), fc.nat(600), (pieces, from) => {
      const output = new Scrollback(100)
      for (const piece of pieces) output.add(piece)
      const all = pieces.join("")
      expect(output.end).toBe(all.length)
      const text = output.from(from)
      expect(all.endsWith(text)).toBe(true)
      const wanted = Math.max(0, all.length - from)
      expect(text.length).toBeLessThanOrEqual(wanted)
      expect(text.length).toBeGreaterThanOrEqual(Math.min(wanted, 100))
      expect(text.length).toBeLessThanOrEqual(150)
    }),
  )
})
