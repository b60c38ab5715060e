import fc from "fast-check"
import { expect, test } from "vitest"
import { z } from "zod"
import type { Tool } from "../tool/types.ts"
import { fitArguments, meantTool, readArguments } from "./arguments.ts"

const OFFERED = ["bash", "read", "todowrite", "plan_exit", "server_a_read"]

test.each([
  ["read", "read"],
  ["Read", "read"],
  ["READ", "read"],
  ["functions.read", "read"],
  ["default_api:Bash", "bash"],
  ["TodoWrite", "todowrite"],
  ["todo_write", "todowrite"],
  ["plan-exit", "plan_exit"],
  ["fly", undefined],
  ["", undefined],
  ["…", undefined],
])("the tool name %j means %j", (name, id) => {
  expect(meantTool(name, OFFERED)).toBe(id)
})

test("a name that fits two tools means none of them", () => {
  expect(meantTool("A_B", ["a_b", "a-b"])).toBeUndefined()
})

test.each([
  ['{"a":1}', { a: 1 }],
  ["", {}],
  ['```json\n{"a":1}\n```', { a: 1 }],
  ['{"a":[1,2,],}', { a: [1, 2] }],
  ['{"a":"line one\nline\ttwo"}', { a: "line one\nline\ttwo" }],
  ['{"a":True,"b":None,"c":False}', { a: true, b: null, c: false }],
  ['"{\\"a\\":1}"', { a: 1 }],
  ['{"a":{"b":[1', { a: { b: [1] } }],
  ['Here it is: {"a":"}"} and that is all', { a: "}" }],
])("%j is read", (text, value) => {
  expect(readArguments(text)).toEqual({ value })
})

test.each([
  ['{"content":"half a fi', "cut off within a string"],
  ["[1,2]", "not an object"],
  ["{broken", "not JSON"],
  ["{'a':1}", "quoted otherwise"],
  ["null", "nothing"],
])("%j is a problem: %s", (text) => {
  expect(readArguments(text)).toMatchObject({ value: {}, problem: expect.any(String) })
})

test("arguments that are valid JSON are never changed", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value)
      expect(readArguments(text)).toEqual({ value: JSON.parse(text) })
    }),
  )
})

test("a text that was cut anywhere gives no string that was not complete", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 3 }), fc.nat(), (content, cut) => {
      const text = JSON.stringify({ filePath: "a.txt", content })
      const { value } = readArguments(text.slice(0, cut % text.length))
      if (value.content !== undefined) expect(value.content).toBe(content)
      if (value.filePath !== undefined) expect(value.filePath).toBe("a.txt")
    }),
  )
})

const tool: Tool = {
  id: "demo",
  description: "",
  parameters: z.object({
    filePath: z.string(),
    limit: z.number().int().min(1).optional(),
    all: z.boolean().optional(),
    items: z.array(z.object({ name: z.string() })).optional(),
  }),
  execute: async () => ({ title: "", output: "", metadata: {} }),
}

test.each([
  [
    { filePath: "a", limit: "5" },
    { filePath: "a", limit: 5 },
  ],
  [
    { filePath: "a", all: "true" },
    { filePath: "a", all: true },
  ],
  [{ filePath: "a", all: null, limit: null }, { filePath: "a" }],
  [{ file_path: "a" }, { filePath: "a" }],
  [{ filePath: 7 }, { filePath: "7" }],
  [
    { filePath: "a", items: '[{"name":"x"}]' },
    { filePath: "a", items: [{ name: "x" }] },
  ],
  [
    { filePath: "a", items: '[{"name":1}]' },
    { filePath: "a", items: [{ name: "1" }] },
  ],
  [
    { filePath: "a", items: { name: "x" } },
    { filePath: "a", items: [{ name: "x" }] },
  ],
])("%j fits", (input, wanted) => {
  expect(fitArguments(tool, input)).toEqual(wanted)
})

test("what can't be meant is told with every problem", () => {
  expect(() => fitArguments(tool, { path: "a", limit: "many" })).toThrow(/demo.*filePath: .*; limit: /)
})

test("whatever a model sends, the answer is fitting arguments or an error that names the tool", () => {
  const key = fc.constantFrom("filePath", "limit", "all", "items", "file_path", "__proto__", "other")
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), (input) => {
      try {
        expect(tool.parameters.safeParse(fitArguments(tool, input)).success).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringContaining("demo") })
      }
    }),
  )
})
