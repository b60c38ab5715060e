/** How long a text from the web is used before it is asked for again, and how long one that failed is not. */
const FRESH_MS = 10 * 60_000
const FAILED_MS = 60_000
const MAX_ENTRIES = 50

interface Entry {
  text: string | undefined
  until: number
  running?: Promise<void>
}

/**
 * Texts from the web, kept in memory. The first prompt waits for them at most as long as the getter does; later ones take
 * what is there while it is asked for anew, also when the server has gone away since.
 */
export class RemoteTexts {
  readonly #get: (address: string) => Promise<string>
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  /** `get` rejects when there is no text; its errors are told once for each try. */
  constructor(options: {
    get(address: string): Promise<string>
    onError(error: unknown): void
    now?: () => number
  }) {
    this.#get = options.get
    this.#onError = options.onError
    this.#now = options.now ?? Date.now
  }

  async text(address: string): Promise<string | undefined> {
    let entry = this.#entries.get(address)
    if (!entry) {
      entry = { text: undefined, until: 0 }
      this.#entries.set(address, entry)
      const oldest = this.#entries.keys().next().value
      if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    }
    if (entry.until > this.#now()) return entry.text
    entry.running ??= this.#load(address, entry)
    if (entry.text === undefined) await entry.running
    return entry.text
  }

  async #load(address: string, entry: Entry): Promise<void> {
    try {
      entry.text = await this.#get(address)
      entry.until = this.#now() + FRESH_MS
    } catch (error) {
      entry.until = this.#now() + FAILED_MS
      this.#onError(error)
    } finally {
      delete entry.running
    }
  }
}
