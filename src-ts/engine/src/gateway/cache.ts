const FRESH_MS = 5 * 60_000
/** A failed load may be tried again sooner. */
const RETRY_MS = 30_000

/**
 * One value for each key, loaded in the background. `now` never waits: it answers with what was loaded last (also when that is old)
 * and starts a load when it is due; `wait` waits for the first value, or for a load that is due.
 */
export class Cache<T> {
  readonly #entries = new Map<string, { value?: T; at: number; loading?: Promise<void>; error?: unknown }>()
  readonly #changed: (() => void) | undefined

  constructor(changed?: () => void) {
    this.#changed = changed
  }

  now(key: string, load: () => Promise<T>): T | undefined {
    // It never rejects: what went wrong is kept for error().
    void this.#start(key, load)
    return this.#entries.get(key)?.value
  }

  /** Rejects with the reason when there is no value and none could be loaded. */
  async wait(key: string, load: () => Promise<T>): Promise<T> {
    await this.#start(key, load)
    const entry = this.#entries.get(key)
    if (entry?.value === undefined) throw entry?.error ?? new Error(`Nothing could be loaded for ${key}.`)
    return entry.value
  }

  /** Why the last load failed; undefined when it did not. */
  error(key: string): unknown {
    return this.#entries.get(key)?.error
  }

  clear() {
    this.#entries.clear()
  }

  #start(key: string, load: () => Promise<T>): Promise<void> | undefined {
    const entry = this.#entries.get(key) ?? { at: Number.NEGATIVE_INFINITY }
    this.#entries.set(key, entry)
    if (entry.loading) return entry.loading
    const age = performance.now() - entry.at
    if (age < (entry.error === undefined ? FRESH_MS : RETRY_MS)) return undefined
    const run = async () => {
      try {
        entry.value = await load()
        delete entry.error
        this.#changed?.()
      } catch (error) {
        entry.error = error
      } finally {
        entry.at = performance.now()
        delete entry.loading
      }
    }
    entry.loading = run()
    return entry.loading
  }
}
