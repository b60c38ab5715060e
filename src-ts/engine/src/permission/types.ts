/** Wire shapes of permissions (contract: types, Permission). */
export type PermissionAction = "allow" | "deny" | "ask"

export interface PermissionRule {
  permission: string
  pattern: string
  action: PermissionAction
}

export type PermissionRuleset = PermissionRule[]

/** As written in config files: one action for all, or per tool an action or patterns with actions. */
export type PermissionConfig = PermissionAction | Record<string, PermissionAction | Record<string, PermissionAction>>

export interface PermissionRequest {
  id: string
  sessionID: string
  permission: string
  /** What is asked now, one entry for each sub-command or path. */
  patterns: string[]
  metadata: Record<string, unknown>
  /** Generalised patterns that "always" would store. */
  always: string[]
  tool?: { messageID: string; callID: string }
}

export interface PermissionReply {
  reply: "once" | "always" | "reject"
  /** With "reject": feedback that the model sees; the turn then goes on. */
  message?: string
}
