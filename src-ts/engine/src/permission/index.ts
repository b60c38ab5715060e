import type { Bus, EventScope } from "../bus/index.ts"
import type { PermissionService } from "../engine.ts"
import { PermissionNotFoundError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { Database } from "../storage/index.ts"
import type { ToolAsk } from "../tool/types.ts"
import { PermissionDeniedError, PermissionRejectedError } from "./errors.ts"
import { evaluate, sourceOf } from "./rules.ts"
import type {
  PermissionAction,
  PermissionReply,
  PermissionRequest,
  PermissionRule,
  PermissionRuleset,
} from "./types.ts"

export { PermissionDeniedError, PermissionRejectedError } from "./errors.ts"
export { evaluate, forbiddenTools, markSource, permissionOf, type RuleSource, rulesOf, sourceOf } from "./rules.ts"
export * from "./types.ts"
export { matches } from "./wildcard.ts"

/** Who allowed a call, as tool parts show it in metadata.approval. `rule` is missing when the user answered. */
export interface Approval {
  source: "agent" | "global" | "session" | "saved" | "manual"
  rule?: PermissionRule
}

export interface PermissionAskInput extends ToolAsk {
  sessionID: string
  tool?: { messageID: string; callID: string }
  /** Agent and session rules, weakest first. Mark session rules with `markSource` to have them named as such. */
  rules: PermissionRuleset
  abort: AbortSignal
}

export interface Permissions extends PermissionService {
  /**
   * Resolves when the call is allowed by rules, by a saved approval or by the user. Throws PermissionDeniedError,
   * PermissionRejectedError, or the abort reason.
   */
  ask(input: PermissionAskInput): Promise<Approval>
  /** Closes the session's open questions as rejected: its turn was aborted or it is being removed. */
  cancelSession(sessionID: string): void
  /** What this project's user has approved with "always". */
  saved(): PermissionRuleset
}

interface Pending {
  request: PermissionRequest
  rules: PermissionRuleset
  resolve(approval: Approval): void
  reject(error: unknown): void
}

/** The permission service of one directory. Approvals are stored for its project; the project's row must exist. */
export function createPermissions(options: {
  bus: Bus
  db: Database
  scope: EventScope
  projectID: string
}): Permissions {
  const { bus, db, scope, projectID } = options
  const pending = new Map<string, Pending>()

  const saved = (): PermissionRuleset =>
    db
      .all<{ permission: string; pattern: string; action: string }>(
        "select permission, pattern, action from permission where project_id = ? order by time_created, rowid",
        projectID,
      )
      .map((row) => ({ permission: row.permission, pattern: row.pattern, action: row.action as PermissionAction }))

  const save = (request: PermissionRequest) => {
    const now = Date.now()
    db.transaction(() => {
      for (const pattern of request.always) {
        db.run(
          `insert into permission (project_id, permission, pattern, action, time_created) values (?, ?, ?, 'allow', ?)
           on conflict (project_id, permission, pattern) do update set action = 'allow', time_created = excluded.time_created`,
          projectID,
          request.permission,
          pattern,
          now,
        )
      }
    })
  }

  const settle = (entry: Pending, reply: PermissionReply["reply"]) => {
    pending.delete(entry.request.id)
    bus.publish(scope, "permission.replied", {
      sessionID: entry.request.sessionID,
      requestID: entry.request.id,
      reply,
    })
  }

  const refuse = (entry: Pending, error: unknown) => {
    settle(entry, "reject")
    entry.reject(error)
  }

  const ofSession = (sessionID: string) =>
    [...pending.values()].filter((entry) => entry.request.sessionID === sessionID)

  return {
    saved,

    async ask(input) {
      input.abort.throwIfAborted()
      const patterns = input.patterns.length > 0 ? input.patterns : ["*"]
      const approval = decide(input.permission, patterns, input.rules, saved)
      if (approval) return approval
      const request: PermissionRequest = {
        id: ascending("per"),
        sessionID: input.sessionID,
        permission: input.permission,
        patterns: input.patterns,
        metadata: input.metadata,
        always: input.always,
        ...(input.tool ? { tool: { messageID: input.tool.messageID, callID: input.tool.callID } } : {}),
      }
      const { promise, resolve, reject } = Promise.withResolvers<Approval>()
      const entry: Pending = { request, rules: input.rules, resolve, reject }
      pending.set(request.id, entry)
      const onAbort = () => {
        if (pending.has(request.id)) refuse(entry, input.abort.reason)
      }
      input.abort.addEventListener("abort", onAbort, { once: true })
      bus.publish(scope, "permission.asked", request)
      try {
        return await promise
      } finally {
        input.abort.removeEventListener("abort", onAbort)
      }
    },

    list: () => [...pending.values()].map((entry) => entry.request),

    async reply(requestID, reply) {
      const entry = pending.get(requestID)
      if (!entry) throw new PermissionNotFoundError(requestID)
      if (reply.reply === "reject") {
        const feedback = reply.message?.trim() || undefined
        refuse(entry, new PermissionRejectedError(feedback))
        // One no stops the step: the user should not have to answer for each parallel call of it.
        for (const other of ofSession(entry.request.sessionID)) refuse(other, new PermissionRejectedError(feedback))
        return
      }
      if (reply.reply === "always") save(entry.request)
      settle(entry, reply.reply)
      entry.resolve({ source: "manual" })
      if (reply.reply !== "always") return
      for (const other of [...pending.values()]) {
        const { permission, patterns } = other.request
        const approval = decide(permission, patterns.length > 0 ? patterns : ["*"], other.rules, saved)
        if (!approval) continue
        settle(other, "always")
        other.resolve(approval)
      }
    },

    cancelSession(sessionID) {
      for (const entry of ofSession(sessionID)) refuse(entry, new PermissionRejectedError())
    },
  }
}

/** The approval that rules give without the user, or undefined when somebody must be asked. Throws when one pattern is denied. */
function decide(
  permission: string,
  patterns: string[],
  rules: PermissionRuleset,
  saved: () => PermissionRuleset,
): Approval | undefined {
  const decided = patterns.map((pattern) => ({ pattern, rule: evaluate(permission, pattern, rules) }))
  for (const { pattern, rule } of decided) {
    if (rule.action === "deny") throw new PermissionDeniedError(permission, pattern, rule)
  }
  const open = decided.filter(({ rule }) => rule.action === "ask")
  if (open.length === 0) {
    const rule = decided.at(-1)?.rule
    return rule ? { source: sourceOf(rule), rule } : { source: "agent" }
  }
  const approvals = saved()
  let last: PermissionRule | undefined
  for (const { pattern } of open) {
    last = evaluate(permission, pattern, approvals)
    if (last.action !== "allow") return undefined
  }
  return last ? { source: "saved", rule: last } : undefined
}
