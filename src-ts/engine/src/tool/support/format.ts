import type { Target } from "./target.ts"
import { readText } from "./text.ts"

/**
 * Formats a file in place with what the project uses for it. Undefined when there is nothing for it. Never rejects: a failure is told
 * in `problem`.
 */
export type Format = (file: string, signal: AbortSignal) => Promise<{ name: string; problem?: string } | undefined>

/**
 * The text of a file that was just written, after formatting, and what the model must know about that: it would otherwise look for
 * the text that it wrote. `note` begins with a newline or is empty.
 */
export async function formatted(
  format: Format | undefined,
  target: Target,
  written: string,
  signal: AbortSignal,
): Promise<{ now: string; note: string }> {
  const done = await format?.(target.real, signal)
  if (!done) return { now: written, note: "" }
  // Also after a failure: the file is what counts.
  const file = await readText(target.real, target.label).catch(() => undefined)
  const bare = written.replace(/^\uFEFF/, "")
  const now = file?.exists && file.text !== bare ? file.text : written
  if (done.problem !== undefined) return { now, note: `\n${done.name} did not format ${target.label}: ${done.problem}` }
  return {
    now,
    note: now === written ? "" : `\n${done.name} has formatted ${target.label}; its text differs from what you wrote.`,
  }
}
