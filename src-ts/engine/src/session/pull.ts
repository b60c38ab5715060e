import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import type { ResolvedModel } from "../provider/index.ts"
import { AbortedError, SilenceError } from "./failure.ts"

const SILENCE_MS = 120_000

/**
 * Asks the model and hands on each piece of its stream. Returns when the stream ends; an abort ends it at once, and
 * so does a provider that stays silent too long (its option `chunkTimeout` or `timeout`, false for never).
 */
export async function pull(
  resolved: ResolvedModel,
  request: Omit<LanguageModelV4CallOptions, "abortSignal">,
  signal: AbortSignal,
  handle: (chunk: LanguageModelV4StreamPart) => void,
): Promise<void> {
  const call = new AbortController()
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined
  let stopped: Error | undefined
  let wake: ((error: Error) => void) | undefined
  const stop = (error: Error) => {
    stopped ??= error
    wake?.(error)
    // Cancelling ends a pending read at once; the connection is closed by the signal.
    reader?.cancel(error).catch(() => undefined)
    call.abort(error)
  }
  const onAbort = () => stop(new AbortedError())
  if (signal.aborted) throw new AbortedError()
  signal.addEventListener("abort", onAbort, { once: true })
  // One timer for the whole stream, set again only when it fires: pieces just note that they came.
  let heard = performance.now()
  const limit = silenceLimit(resolved.provider.options)
  let timer: NodeJS.Timeout | undefined
  const check = () => {
    if (limit === undefined) return
    const left = limit - (performance.now() - heard)
    if (left <= 0) stop(new SilenceError(Math.round(limit / 1000)))
    else timer = setTimeout(check, left)
  }
  check()
  try {
    const opened = new Promise<never>((_, reject) => {
      wake = reject
    })
    const answer = resolved.language.doStream({ ...request, abortSignal: call.signal })
    const { stream } = await Promise.race([answer, opened])
    reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (stopped) throw stopped
      if (done) return
      heard = performance.now()
      handle(value)
    }
  } catch (error) {
    const cause = stopped ?? error
    stop(error instanceof Error ? error : new AbortedError())
    throw cause
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", onAbort)
  }
}

function silenceLimit(options: Record<string, unknown>): number | undefined {
  for (const value of [options.chunkTimeout, options.timeout]) {
    if (value === false) return undefined
    if (typeof value === "number" && value > 0) return value
  }
  return SILENCE_MS
}
