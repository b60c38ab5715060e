/** One holder at a time for each key, first come first served. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs `body` while holding the key. Waiting ends with the abort reason when `signal` fires. */
  async run<T>(key: string, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const { promise: mine, resolve: release } = Promise.withResolvers<void>()
    const tail = before.then(() => mine)
    this.#tails.set(key, tail)
    const clean = () => {
      release()
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
    try {
      await abortable(before, signal)
      return await body()
    } finally {
      clean()
    }
  }

  /** Runs `body` while holding all keys; taken in one order, so that two callers never wait for each other. */
  async runAll<T>(keys: readonly string[], signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(keys)].sort()
    if (first === undefined) return body()
    return this.run(first, signal, () => this.runAll(rest, signal, body))
  }
}

async function abortable(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener("abort", stop, { once: true })
  try {
    await Promise.race([wait, promise])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}
