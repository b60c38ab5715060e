import type { Difference } from "./compare.ts"

/** A difference from the recorded server that is meant, and why. */
export interface Allowed {
  kind: Difference["kind"]
  /** Matches the event's label (type, role, part, state). */
  event: RegExp
  key?: RegExp
  /** Only in these scenarios; in all when not given. */
  scenarios?: string[]
  reason: string
}

export const ALLOWED: Allowed[] = [
  {
    kind: "missing",
    event: /^session\.(status|idle)( idle)?$/,
    scenarios: ["abort", "e401"],
    reason:
      "Idle is announced once at the end of a turn; the recorded server announces it twice after an abort or error.",
  },
  {
    kind: "missing",
    event: /^session\.drain\.interrupted$/,
    reason: "No client reads it; session.turn.close already says that the turn was interrupted.",
  },
  {
    kind: "missing",
    event: /^global\.config\.updated$/,
    scenarios: ["perm-always"],
    reason: '"Always" is stored for the project and does not change the configuration of all projects.',
  },
  {
    kind: "missing",
    event: /^session\.(status|idle)( idle)?$/,
    scenarios: ["steer"],
    reason: "A session whose next prompt waits is not idle: clients that end a turn at idle would end too early.",
  },
]
