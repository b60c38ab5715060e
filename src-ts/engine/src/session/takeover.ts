import type { Store } from "./store.ts"
import type { LegacyReport } from "./types.ts"

/** Loads the reader of old files only when there is something to read. */
export async function takeOverLegacy(store: Store, data: string, signal: AbortSignal): Promise<LegacyReport> {
  const { takeOverLegacy: run } = await import("./legacy/index.ts")
  return run(store, data, signal)
}
