import { isObject } from "../json/index.ts"
import type { Auth } from "./types.ts"

/** A credential with only the keys of its form, or what is wrong with it. */
export type Checked = { auth: Auth; problem?: undefined } | { auth?: undefined; problem: string }

/**
 * Checks one entry of auth.json. By hand: credentials are read in every start of the server, which must not wait for
 * the schema library to load.
 */
export function checkAuth(value: unknown): Checked {
  if (!isObject(value)) return { problem: "an object is expected" }
  const { type, key, token, refresh, access, expires, accountId, enterpriseUrl, metadata } = value
  switch (type) {
    case "api":
      if (typeof key !== "string") return { problem: "key must be a string" }
      if (metadata === undefined) return { auth: { type, key } }
      if (!isStrings(metadata)) return { problem: "metadata must hold strings" }
      return { auth: { type, key, metadata: { ...metadata } } }
    case "oauth":
      if (typeof refresh !== "string") return { problem: "refresh must be a string" }
      if (typeof access !== "string") return { problem: "access must be a string" }
      if (typeof expires !== "number" || Number.isNaN(expires)) return { problem: "expires must be a number" }
      if (!isOptionalString(accountId)) return { problem: "accountId must be a string" }
      if (!isOptionalString(enterpriseUrl)) return { problem: "enterpriseUrl must be a string" }
      return {
        auth: {
          type,
          refresh,
          access,
          expires,
          ...(accountId === undefined ? {} : { accountId }),
          ...(enterpriseUrl === undefined ? {} : { enterpriseUrl }),
        },
      }
    case "wellknown":
      if (typeof key !== "string") return { problem: "key must be a string" }
      if (typeof token !== "string") return { problem: "token must be a string" }
      return { auth: { type, key, token } }
    default:
      return { problem: 'type must be "api", "oauth" or "wellknown"' }
  }
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string"
}

function isStrings(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((item) => typeof item === "string")
}
