import { expect, test } from "vitest"
import { z } from "zod"
import { configJsonSchema, keySchemas } from "./schema.ts"

test("the JSON Schema names every key that is checked and nothing is required", () => {
  const schema = configJsonSchema()
  expect(Object.keys(schema.properties ?? {})).toEqual(Object.keys(keySchemas))
  expect(schema.required).toBeUndefined()
})

test("the JSON Schema says what the checks say", () => {
  const schema = z.fromJSONSchema(configJsonSchema())
  const good = { model: "a/b", agent: { code: { steps: 3 } }, permission: { bash: { "rm *": "ask" } }, unknown: 1 }
  expect(schema.safeParse(good).success).toBe(true)
  for (const bad of [{ model: 1 }, { agent: { code: { steps: 0 } } }, { permission: "maybe" }, { snapshot: "no" }]) {
    expect(schema.safeParse(bad).success).toBe(false)
  }
})
