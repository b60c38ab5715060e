/** A value made on first use. When making it fails, the next use tries again. */
export function lazy<T>(make: () => T): { (): T; made(): boolean; reset(): void } {
  let value: { is: T } | undefined
  const get = () => {
    value ??= { is: make() }
    return value.is
  }
  return Object.assign(get, {
    made: () => value !== undefined,
    reset: () => {
      value = undefined
    },
  })
}

/** The same for promises: concurrent first uses share one, a rejected one is forgotten. */
export function lazyAsync<T>(make: () => Promise<T>): { (): Promise<T>; reset(): void } {
  let value: Promise<T> | undefined
  const get = () => {
    if (value) return value
    const promise = make()
    value = promise
    promise.catch(() => {
      if (value === promise) value = undefined
    })
    return promise
  }
  return Object.assign(get, {
    reset: () => {
      value = undefined
    },
  })
}
