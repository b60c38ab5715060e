import { setTimeout as sleep } from "node:timers/promises"

export interface UntilOptions {
  /** Milliseconds until it gives up; 10 s when not given. */
  deadline?: number
  /** Calls its argument whenever something may have changed, and returns how to unsubscribe. Without it, it looks every 10 ms. */
  wake?: (look: () => void) => () => void
  /** What the error names. */
  what?: string
}

/**
 * Waits until `check` returns something truthy and returns that. Rejects at the deadline with what was waited for and
 * the last value seen. An error thrown by `check` ends the wait at once.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const { deadline = 10_000, wake, what = check.toString() } = options
  const end = performance.now() + deadline
  let changed = Promise.withResolvers<void>()
  const off = wake?.(() => changed.resolve())
  try {
    for (;;) {
      const value = await check()
      if (value) return value as Exclude<T, false | null | undefined | 0 | "">
      const left = end - performance.now()
      if (left <= 0) throw new Error(`Not within ${deadline} ms: ${what} (last value: ${JSON.stringify(value)})`)
      if (wake) {
        const timer = new AbortController()
        const timeout = sleep(left, undefined, { signal: timer.signal }).catch(() => undefined)
        await Promise.race([changed.promise, timeout])
        timer.abort()
        changed = Promise.withResolvers<void>()
      } else await sleep(Math.min(10, left))
    }
  } finally {
    off?.()
  }
}
