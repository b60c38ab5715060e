import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { documentFile, documentText } from "./write.ts"

interface Schema {
  $ref?: string
  oneOf?: Schema[]
  discriminator?: { propertyName: string; mapping?: Record<string, string> }
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: unknown
  type?: string | string[]
  format?: string
  enum?: unknown[]
  nullable?: boolean
}

interface Document {
  tags: { name: string }[]
  paths: Record<string, Record<string, { operationId: string; tags: string[]; requestBody?: { content: object } }>>
  components: { schemas: Record<string, Schema> }
}

const document: Document = JSON.parse(documentText())

test("openapi/kilo.json is what the routes say (run openapi/write.ts after changing one)", () => {
  expect(readFileSync(documentFile, "utf8")).toBe(documentText())
})

test("operations have unique ids and one tag each, and tags are listed once", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  for (const { tags } of operations) expect(tags).toHaveLength(1)
  expect(new Set(document.tags.map(({ name }) => name)).size).toBe(document.tags.length)
})

/** Every schema in the document, with where it is. */
function* all(value: unknown, at = "#"): Generator<[string, Schema]> {
  if (typeof value !== "object" || value === null) return
  if (!Array.isArray(value)) yield [at, value as Schema]
  for (const [key, entry] of Object.entries(value)) yield* all(entry, `${at}/${key}`)
}

test("schemas are written so that code generators need no repair", () => {
  for (const [at, schema] of all(document)) {
    if ("anyOf" in schema || "allOf" in schema || "const" in schema || schema.nullable !== undefined) {
      expect.fail(`${at} uses a form that generators stumble over`)
    }
    if (schema.type === "integer") expect(schema.format, at).toBe("int64")
    if (schema.properties && schema.type === "object") expect(schema.additionalProperties, at).toBeUndefined()
    if (schema.enum)
      expect(
        schema.enum.every((value) => typeof value === "string"),
        at,
      ).toBe(true)
    if (schema.oneOf) {
      expect(at).toMatch(/^#\/components\/schemas\/\w+$/)
      const mapping = schema.discriminator?.mapping ?? {}
      expect(Object.values(mapping).sort(), at).toEqual(schema.oneOf.map(({ $ref }) => $ref).sort())
      for (const [tag, ref] of Object.entries(mapping)) {
        const member = document.components.schemas[ref.split("/").at(-1) ?? ""]
        const name = schema.discriminator?.propertyName ?? ""
        expect(member?.properties?.[name]?.enum, `${at} ${tag}`).toEqual([tag])
        expect(member?.required, `${at} ${tag}`).toContain(name)
      }
    }
  }
  expect(document.components.schemas).not.toHaveProperty("File")
})

test("request bodies are named", () => {
  for (const [at, schema] of all(document.paths)) {
    if (at.endsWith("/requestBody/content/application/json")) {
      expect((schema as { schema?: Schema }).schema?.$ref, at).toMatch(/^#\/components\/schemas\//)
    }
  }
})
