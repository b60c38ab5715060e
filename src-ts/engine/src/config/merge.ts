import { isObject, type Json } from "../json/index.ts"
import type { PermissionAction } from "../permission/types.ts"

/**
 * Lays a stronger configuration over a weaker one. Objects are merged, everything else is replaced, null removes;
 * `instructions` are joined without doubles; in `permission` the stronger rules come last, because the last match wins.
 * Neither argument is changed.
 */
export function mergeConfig(weak: Json, strong: Json): Json {
  return merge(weak, strong, [])
}

function merge(weak: Json, strong: Json, path: string[]): Json {
  const out: Json = {}
  for (const [key, value] of Object.entries(weak)) if (key !== "__proto__" && value !== null) out[key] = copy(value)
  for (const [key, value] of Object.entries(strong)) {
    if (key === "__proto__" || value === undefined) continue
    if (value === null) {
      delete out[key]
      continue
    }
    const here = [...path, key]
    const old = out[key]
    if (isPermission(here)) out[key] = mergePermission(old, value)
    else if (key === "instructions" && path.length === 0 && Array.isArray(old) && Array.isArray(value))
      out[key] = [...new Set([...old, ...value])]
    else out[key] = isObject(value) ? merge(isObject(old) ? old : {}, value, here) : copy(value)
  }
  return out
}

/** Drops nulls inside objects, so that what is merged never shares structure with its sources. */
function copy(value: unknown): unknown {
  return isObject(value) ? merge({}, value, []) : Array.isArray(value) ? [...value] : value
}

function isPermission(path: string[]): boolean {
  if (path.length === 1) return path[0] === "permission"
  return path.length === 3 && path[2] === "permission" && (path[0] === "agent" || path[0] === "mode")
}

const covers = (pattern: string, key: string) =>
  pattern.includes("*") && new RegExp(`^${pattern.split("*").map(quote).join(".*")}$`, "s").test(key) && pattern !== key
const quote = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&")

/**
 * Permissions are ordered rules written as an object: whatever the stronger layer says must come after what the weaker one said,
 * or a weaker `bash: allow` would outlive a stronger `"*": deny`.
 */
function mergePermission(weak: unknown, strong: unknown): unknown {
  if (!isObject(strong)) return strong
  const out: Json = isObject(weak) ? { ...weak } : weak === undefined || weak === null ? {} : { "*": weak }
  for (const [key, value] of Object.entries(strong)) {
    if (key === "__proto__" || value === undefined) continue
    const base = key in out ? effective(out, key) : undefined
    delete out[key]
    if (value === null) continue
    out[key] = isObject(value) ? patterns(base, value) : value
  }
  return out
}

/** What the rules say for one permission: its own patterns and those of wildcard keys that come after it. */
function effective(rules: Json, key: string): unknown {
  let result: unknown
  let seen = false
  for (const [name, value] of Object.entries(rules)) {
    if (name === key) seen = true
    else if (!seen || !covers(name, key)) continue
    result = isObject(value) ? patterns(result, value) : value
  }
  return result
}

function patterns(weak: unknown, strong: Json): Json {
  const out: Json = isObject(weak) ? { ...weak } : weak === undefined ? {} : { "*": weak as PermissionAction }
  for (const [pattern, action] of Object.entries(strong)) {
    delete out[pattern]
    if (action !== null && action !== undefined) out[pattern] = action
  }
  return out
}
