/** A JSON object whose values are not checked yet. */
export type Json = Record<string, unknown>

/** Whether an unchecked value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
