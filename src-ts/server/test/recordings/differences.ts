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
  /** Depends on timing: not every run shows it. */
  chance?: boolean
}

export const ALLOWED: Allowed[] = [
  {
    kind: "missing",
    event: /^session\.(status|idle)( idle)?$/,
    scenarios: ["abort", "e401"],
    reason:
      "Idle is announced once, at the end of a turn; the recorded server announces it twice after an abort or error.",
  },
  {
    kind: "moved",
    event: /^message\.updated assistant error completed$/,
    scenarios: ["abort", "e401"],
    reason:
      "The message is closed before its error and the idle state are announced: whoever looks at that moment finds it so.",
  },
  {
    kind: "moved",
    event: /^message\.part\.updated text closed$/,
    scenarios: ["read", "steer", "abort"],
    reason:
      "A text is closed as soon as the next part begins or the turn is stopped; the recorded server does it some events later.",
  },
  {
    kind: "missing",
    event: /^message\.part\.updated tool bash running output$/,
    chance: true,
    reason: "A command that ends at once may have no growing output: it is sent with the completed part.",
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
  {
    kind: "missing",
    event: /^message\.part\.updated tool (read|edit|todowrite|question) running output$/,
    reason:
      "The output of a tool that ends at once is sent once, with the completed part, not a moment before as well.",
  },
  {
    kind: "value",
    event: /^message\.part\.updated tool (read|edit|question) completed$/,
    key: /^part\.state\.output$/,
    reason: "What tools tell the model is in this project's own words.",
  },
  {
    kind: "value",
    event: /^message\.part\.updated tool edit/,
    key: /^part\.state\.metadata\.approval\.rule\.permission$/,
    reason: "Edits have a rule of their own here: those of git's files and of the configuration ask by default.",
  },
  {
    kind: "moved",
    event: /^message\.part\.updated tool question running$/,
    reason: "A call is shown as running before its tool starts, so that the question finds its part in place.",
  },
  {
    kind: "key missing",
    event: /^message\.part\.updated step-start$/,
    key: /^part\.snapshot$/,
    chance: true,
    reason:
      "The snapshot is taken beside the call of the model: a step that began before it was ready is announced again.",
  },
  {
    kind: "extra",
    event: /^message\.part\.updated step-start$/,
    chance: true,
    reason: "The second announcement of such a step, with its snapshot.",
  },
  {
    kind: "key missing",
    event: /^message\.part\.updated step-finish$/,
    key: /^part\.metrics$/,
    chance: true,
    reason: "A step that took less than a millisecond has no rate of tokens.",
  },
  {
    kind: "value",
    event: /^session\.updated$/,
    key: /^info\.(cost|tokens\..*)$/,
    scenarios: ["edit"],
    chance: true,
    reason:
      "The summary of a step that changed files is worked out while the next step runs, whose cost may be in already.",
  },
  {
    kind: "key extra",
    event: /^session\.updated$/,
    key: /^info\.summary$/,
    scenarios: ["steer"],
    chance: true,
    reason:
      "The summary of the first prompt may be there before the second prompt arrives: it is worked out beside the turn.",
  },
  {
    kind: "missing",
    event: /^sandbox\.status\.changed$/,
    scenarios: ["task"],
    reason: "There is no sandbox whose state could change with a new session.",
  },
  {
    kind: "missing",
    event: /^message\.part\.updated tool task running output$/,
    scenarios: ["task"],
    reason: "A sub-agent's report is sent once, with the completed part, not a moment before as well.",
  },
  {
    kind: "missing",
    event: /^session\.updated$/,
    scenarios: ["task"],
    reason: "The recorded server writes the child's rules a second time, in another order; one announcement is enough.",
  },
  {
    kind: "value",
    event: /^session\.updated$/,
    key: /^info\.permission\[\d\]\.permission$/,
    scenarios: ["task"],
    reason: "The child's rules stay in the order in which its creation announced them.",
  },
]
