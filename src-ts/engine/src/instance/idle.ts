/** Watches what has not been used for a while. One timer, only while there is something to watch. */
export interface Idle {
  used(key: string): void
  close(): void
}

/** `end` is called for a key after `limitMs` without use; answering false means that it is busy and is asked again later. */
export function createIdle(limitMs: number, end: (key: string) => Promise<boolean>): Idle {
  // In order of last use: a used key moves to the end.
  const last = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  const arm = () => {
    const oldest = last.values().next().value
    if (oldest === undefined || timer) return
    timer = setTimeout(sweep, Math.max(0, oldest + limitMs - performance.now()))
    timer.unref()
  }
  const sweep = async () => {
    timer = undefined
    const due = [...last].filter(([, at]) => at + limitMs <= performance.now())
    for (const [key, at] of due) {
      const ended = await end(key).catch(() => true)
      // Used again while it was being ended.
      if (last.get(key) !== at) continue
      last.delete(key)
      if (!ended) last.set(key, performance.now())
    }
    arm()
  }
  return {
    used(key) {
      last.delete(key)
      last.set(key, performance.now())
      arm()
    },
    close() {
      clearTimeout(timer)
      last.clear()
    },
  }
}
