import { type Store, usedCheckpoints } from "../session/index.ts"
import type { Snapshot } from "../snapshot/index.ts"

/** After this long without a turn it is time to tidy up. */
const IDLE_MS = 60_000

export interface TidyOptions {
  store(): Store
  data(): string
  projectID(): string
  snapshot(): Promise<Snapshot>
  busy(): boolean
  onError(error: unknown): void
}

/**
 * Frees what no checkpoint in use needs, at most once a day and when no turn has run for a minute. Stopped for good: turns that
 * end with their directory ask for it too, and would keep the closed instance for a minute.
 */
export function createTidy(options: TidyOptions): { later(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const clean = async () => {
    const { db } = options.store()
    await (await options.snapshot()).collect(() => usedCheckpoints(db, options.projectID()))
    const { removeForgotten } = await import("../snapshot/index.ts")
    const isKnown = (id: string) => db.get("select 1 from session where project_id = ? limit 1", id) !== undefined
    await removeForgotten(options.data(), isKnown)
  }
  return {
    later() {
      clearTimeout(timer)
      if (stopped) return
      timer = setTimeout(() => {
        if (!options.busy()) clean().catch(options.onError)
      }, IDLE_MS)
      timer.unref()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
