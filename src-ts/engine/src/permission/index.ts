import type { Bus, EventScope } from "../bus/index.ts"
import type { PermissionService } from "../engine.ts"
import type { Database } from "../storage/index.ts"
import type { ToolAsk } from "../tool/types.ts"
import type { PermissionConfig, PermissionRule, PermissionRuleset } from "./types.ts"

export * from "./types.ts"

/** Who allowed a call, as tool parts show it in metadata.approval. `rule` is missing when the user answered. */
export interface Approval {
  source: "agent" | "global" | "session" | "saved" | "manual"
  rule?: PermissionRule
}

/** The user said no. With feedback the turn goes on and the model reads it; without, the turn ends. */
export class PermissionRejectedError extends Error {
  override readonly name = "PermissionRejectedError"
  readonly feedback: string | undefined
  constructor(feedback?: string) {
    super(feedback)
    this.feedback = feedback
  }
}

/** A rule forbids the call. */
export class PermissionDeniedError extends Error {
  override readonly name = "PermissionDeniedError"
  readonly rule: PermissionRule
  constructor(rule: PermissionRule) {
    super()
    this.rule = rule
  }
}

export interface PermissionAskInput extends ToolAsk {
  sessionID: string
  tool?: { messageID: string; callID: string }
  /** Agent and session rules, weakest first. Rules that came from the session are told apart by `sessionRules`. */
  rules: PermissionRuleset
  sessionRules?: PermissionRuleset
  abort: AbortSignal
}

export interface Permissions extends PermissionService {
  ask(input: PermissionAskInput): Promise<Approval>
  /** Closes the session's open questions as rejected: its turn was aborted or it is being removed. */
  cancelSession(sessionID: string): void
  /** What this project's user has approved with "always". */
  saved(): PermissionRuleset
}

export function createPermissions(options: {
  bus: Bus
  db: Database
  scope: EventScope
  projectID: string
}): Permissions {
  throw new Error(`not ready ${options.projectID}`)
}

export function evaluate(permission: string, pattern: string, ...rulesets: PermissionRuleset[]): PermissionRule {
  throw new Error(`not ready ${permission} ${pattern} ${rulesets.length}`)
}

export function rulesOf(config: PermissionConfig | undefined): PermissionRuleset {
  throw new Error(`not ready ${config}`)
}
