import type { Store } from "./store.ts"
import type { LegacyReport } from "./types.ts"

export { usedCheckpoints } from "./changes.ts"
export { Edits } from "./edits.ts"
export { messageOf } from "./failure.ts"
export { SlowGuard } from "./guard.ts"
export { closeDeadRuns, currentOwner } from "./recover.ts"
export { Sessions } from "./service.ts"
export { httpShareServer, type ShareServer } from "./share.ts"
export { type RunOwner, Store } from "./store.ts"
export { createTaskHost } from "./subagent.ts"
export * from "./types.ts"
export type { Toolset, Workspace } from "./workspace.ts"

/** Loads the reader of old files only when there is something to read. */
export async function takeOverLegacy(store: Store, data: string, signal: AbortSignal): Promise<LegacyReport> {
  const { takeOverLegacy: run } = await import("./legacy/index.ts")
  return run(store, data, signal)
}
