import type { PermissionRule } from "./types.ts"

/** The user said no. With feedback the turn goes on and the model reads it; without, the turn ends. */
export class PermissionRejectedError extends Error {
  override readonly name = "PermissionRejectedError"
  readonly feedback: string | undefined
  constructor(feedback?: string) {
    const base = "The user rejected permission to use this specific tool call"
    super(feedback === undefined ? `${base}.` : `${base} with the following feedback: ${feedback}`)
    this.feedback = feedback
  }
}

/** A rule forbids the call; the message names the rule so that model and user know why. */
export class PermissionDeniedError extends Error {
  override readonly name = "PermissionDeniedError"
  readonly rule: PermissionRule
  constructor(permission: string, pattern: string, rule: PermissionRule) {
    super(
      `Not allowed: ${permission} of "${pattern}" is denied by the permission rule ${rule.permission} "${rule.pattern}": deny. ` +
        "Do not try it another way; go on without it, or tell the user which rule stands in the way.",
    )
    this.rule = rule
  }
}
