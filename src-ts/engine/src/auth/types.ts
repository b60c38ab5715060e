/** Credentials as stored in auth.json (contract: types, Auth). */
export type Auth =
  | { type: "api"; key: string; metadata?: Record<string, string> }
  | { type: "oauth"; refresh: string; access: string; expires: number; accountId?: string; enterpriseUrl?: string }
  | { type: "wellknown"; key: string; token: string }
