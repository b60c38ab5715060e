import { z } from "@hono/zod-openapi"

export { z }

/**
 * Building blocks of the wire schemas. They are written so that openapi-generator (Kotlin) and hey-api (TypeScript)
 * generate clients without a repair step: named components, `oneOf` with discriminators, `int64`, no constants but strings.
 */

/** A whole number: counts and times in epoch milliseconds. */
export const int64 = z.number().int().openapi({ type: "integer", format: "int64" })

/** A whole number in a query string. */
export const queryInt = z.coerce.number().int().openapi({ type: "integer", format: "int64" })

/** A yes or no in a query string; clients send `true`, `"true"`, `1`. */
export const queryBoolean = z
  .enum(["true", "false", "1", "0"])
  .transform((value) => value === "true" || value === "1")
  .openapi({ type: "boolean" })

/** Free JSON object. */
export const record = z.record(z.string(), z.unknown())

export const stringMap = z.record(z.string(), z.string())
export const booleanMap = z.record(z.string(), z.boolean())

/** Marks a schema that the document shows as free JSON: unions without a tag have no useful form in generated clients. */
export const ANY = "x-any"

/** Validates with `schema`, documented as any JSON value. */
export function anyJson<T extends z.ZodType>(schema: T): T {
  return schema.openapi({ type: "null", [ANY]: true }) as T
}

/** An id that a client sends: prefix and safe characters count, so that clients may make their own. */
export function idOf(prefix: "ses" | "msg" | "prt" | "per" | "que" | "pty" | "out") {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-Za-z_-]{1,120}$`), `must be an id that starts with ${prefix}_`)
    .openapi({ example: `${prefix}_1fc0a24fb001Jr37n1iKK7vNbz` })
}
