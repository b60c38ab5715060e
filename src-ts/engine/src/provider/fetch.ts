/** A provider that keeps silent: no answer, or an answer that stops in the middle. Worth a retry. */
export class ProviderTimeoutError extends Error {
  override readonly name = "ProviderTimeoutError"
  readonly isRetryable = true
}

export interface FetchLimits {
  /** Milliseconds until the answer's headers must be there; false: no limit. */
  headerTimeout: number | false
  /** Milliseconds that may pass between two pieces of the answer; false: no limit. */
  chunkTimeout: number | false
}

/** Generous, because reasoning models think long before the first word; the user can stop a turn at any moment. */
export const LIMITS: FetchLimits = { headerTimeout: 180_000, chunkTimeout: 300_000 }

/** fetch that gives up on a silent provider with an error that names it. Proxy variables are Node's business. */
export function createFetch(provider: string, limits: FetchLimits): typeof globalThis.fetch {
  return async (input, init) => {
    const control = new AbortController()
    const outer = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    const signal = outer ? AbortSignal.any([outer, control.signal]) : control.signal
    const timer = arm(limits.headerTimeout, () =>
      control.abort(
        new ProviderTimeoutError(
          `${provider} did not answer within ${seconds(limits.headerTimeout)}. Check its address and the network, or raise headerTimeout in its options.`,
        ),
      ),
    )
    try {
      const response = await globalThis.fetch(input, { ...init, signal })
      if (!response.body || limits.chunkTimeout === false) return response
      const body = watch(response.body, limits.chunkTimeout, provider, control)
      return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers })
    } catch (error) {
      // fetch may wrap the reason; the timeout is what the user needs to read.
      throw control.signal.reason instanceof ProviderTimeoutError ? control.signal.reason : error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Passes a stream on, and fails it when nothing comes for `limit` milliseconds. */
export function watch(
  body: ReadableStream<Uint8Array>,
  limit: number,
  provider: string,
  control: AbortController,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const late = Promise.withResolvers<never>()
      const timer = arm(limit, () =>
        late.reject(
          new ProviderTimeoutError(
            `${provider} sent nothing for ${seconds(limit)} in the middle of its answer. Try again, or raise chunkTimeout in its options.`,
          ),
        ),
      )
      try {
        const { done, value } = await Promise.race([reader.read(), late.promise])
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(error)
        if (error instanceof ProviderTimeoutError) control.abort(error)
      } finally {
        clearTimeout(timer)
      }
    },
    async cancel(reason) {
      await reader.cancel(reason)
    },
  })
}

function arm(limit: number | false, fire: () => void): NodeJS.Timeout | undefined {
  if (limit === false || limit <= 0) return undefined
  // More than a timer can count would fire at once.
  const timer = setTimeout(fire, Math.min(limit, 2 ** 31 - 1))
  timer.unref()
  return timer
}

const seconds = (limit: number | false) => `${Math.round(Number(limit) / 100) / 10} s`
