import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { isObject, type Json } from "../json/index.ts"
import { editText } from "./edit.ts"
import { mergeConfig } from "./merge.ts"
import { parseConfig } from "./parse.ts"

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }))
const key = fc.constantFrom("a", "b", "c", "model", "agent", "provider", "constructor")
const { tree } = fc.letrec<{ tree: Json; node: unknown }>((tie) => ({
  node: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("tree")),
  tree: fc.dictionary(key, tie("node"), { maxKeys: 4, noNullPrototype: true }),
}))

describe("mergeConfig", () => {
  test("an empty layer changes nothing, and a layer over itself neither", () => {
    fc.assert(
      fc.property(tree, (a) => {
        expect(mergeConfig(a, {})).toEqual(a)
        expect(mergeConfig({}, a)).toEqual(a)
        expect(mergeConfig(a, a)).toEqual(a)
      }),
    )
  })

  test("it does not matter which neighbouring layers are merged first", () => {
    // Only where no layer swaps an object for a value: there a removed object can't come back.
    const flat = fc.dictionary(key, fc.dictionary(key, leaf, { noNullPrototype: true }), { noNullPrototype: true })
    fc.assert(
      fc.property(flat, flat, flat, (a, b, c) => {
        expect(mergeConfig(mergeConfig(a, b), c)).toEqual(mergeConfig(a, mergeConfig(b, c)))
      }),
    )
  })

  test("every value of the stronger layer is there, every key of both too, and the sources stay as they were", () => {
    const holds = (merged: unknown, strong: unknown): boolean =>
      isObject(strong)
        ? isObject(merged) && Object.entries(strong).every(([k, v]) => holds(merged[k], v))
        : JSON.stringify(merged) === JSON.stringify(strong)
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const before = JSON.stringify([a, b])
        const merged = mergeConfig(a, b)
        expect(holds(merged, b)).toBe(true)
        expect(Object.keys(merged).sort()).toEqual([...new Set([...Object.keys(a), ...Object.keys(b)])].sort())
        expect(JSON.stringify([a, b])).toBe(before)
      }),
    )
  })

  test("null removes what a weaker layer said", () => {
    expect(mergeConfig({ a: { b: 1, c: 2 } }, { a: { b: null } })).toEqual({ a: { c: 2 } })
  })
})

describe("permissions", () => {
  const order = (value: unknown) => JSON.stringify(value)
  test("a stronger rule comes after all weaker ones", () => {
    const merged = mergeConfig({ permission: { "*": "ask", bash: "allow" } }, { permission: { "*": "deny" } })
    expect(order(merged.permission)).toBe(order({ bash: "allow", "*": "deny" }))
  })
  test("a stronger pattern keeps the weaker answer for everything else", () => {
    const merged = mergeConfig({ permission: "ask" }, { permission: { bash: { "git *": "allow" } } })
    expect(order(merged.permission)).toBe(order({ "*": "ask", bash: { "git *": "allow" } }))
  })
  test("a rule that a later wildcard had overruled is not revived", () => {
    const merged = mergeConfig(
      { permission: { bash: "allow", "*": "deny" } },
      { permission: { bash: { "git *": "ask" } } },
    )
    expect(order(merged.permission)).toBe(order({ "*": "deny", bash: { "*": "deny", "git *": "ask" } }))
  })
  test("the same holds inside agents", () => {
    const merged = mergeConfig(
      { agent: { plan: { permission: { edit: "deny" } } } },
      { agent: { plan: { permission: { edit: { "*.md": "allow" } } } } },
    )
    expect(merged).toEqual({ agent: { plan: { permission: { edit: { "*": "deny", "*.md": "allow" } } } } })
  })
})

describe("text edits", () => {
  test("editing JSON text gives the same as merging the values", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (a, b) => {
        const text = editText(JSON.stringify(a), b)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(mergeConfig(a, b))))
      }),
      { numRuns: 60 },
    )
  })

  test("any text can be read", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => text.slice(1)),
        ),
        async (text) => {
          const layer = await parseConfig(text, { path: "f", base: "/nowhere", env: {} })
          expect(layer.config).toBeTypeOf("object")
        },
      ),
    )
  })
})
