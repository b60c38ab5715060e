import type { AuthStore, EngineOptions } from "../engine.ts"
import type { Paths } from "../project/types.ts"

export * from "./types.ts"

export function createAuth(options: { paths: Paths; env: EngineOptions["env"] }): AuthStore {
  throw new Error(`not ready ${options.paths.data}`)
}
