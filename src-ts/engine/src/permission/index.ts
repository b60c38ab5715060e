import type { Bus, EventScope } from "../bus/index.ts"
import type { PermissionService } from "../engine.ts"
import { PermissionNotFoundError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { Database } from "../storage/index.ts"
import type { ToolAsk } from "../tool/types.ts"
import { type Approval, decide } from "./decide.ts"
import { PermissionRejectedError } from "./errors.ts"
import { savedRules } from "./saved.ts"
import type { PermissionAction, PermissionReply, PermissionRequest, PermissionRuleset } from "./types.ts"

export type { Approval } from "./decide.ts"
export { PermissionDeniedError, PermissionRejectedError } from "./errors.ts"
export {
  evaluate,
  forbiddenTools,
  limitTo,
  loosened,
  markSource,
  permissionOf,
  type RuleSource,
  rulesOf,
  sourceOf,
} from "./rules.ts"
export * from "./types.ts"
export { matches } from "./wildcard.ts"

export interface PermissionAskInput extends ToolAsk {
  sessionID: string
  tool?: { messageID: string; callID: string }
  /** Agent and session rules, weakest first. Mark session rules with `markSource` to have them named as such. */
  rules: PermissionRuleset
  abort: AbortSignal
  /** Asked before the user is: plugins may answer in the user's place. */
  consult?(request: PermissionRequest): Promise<PermissionAction>
}

export interface Permissions extends PermissionService {
  /**
   * Resolves when the call is allowed by rules, by a saved approval or by the user. Throws PermissionDeniedError,
   * PermissionRejectedError, or the abort reason.
   */
  ask(input: PermissionAskInput): Promise<Approval>
  /** Closes the session's open questions as rejected: its turn was aborted or it is being removed. */
  cancelSession(sessionID: string): void
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
  /** The session at the top of a session's tree: what is allowed there counts for its sub-agents. */
  rootOf?: (sessionID: string) => string
}): Permissions {
  const { bus, scope } = options
  const rootOf = options.rootOf ?? ((sessionID: string) => sessionID)
  const kept = savedRules(options.db, options.projectID)
  const pending = new Map<string, Pending>()
  /** Sessions that allow everything, by the top of their tree; until this process ends. */
  const open = new Set<string>()

  const decision = (
    request: Pick<PermissionRequest, "permission" | "patterns" | "sessionID">,
    rules: PermissionRuleset,
  ) =>
    decide({
      permission: request.permission,
      patterns: request.patterns,
      rules,
      saved: kept.all(),
      everything: open.size > 0 && open.has(rootOf(request.sessionID)),
    })

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

  /** Answers the open requests that need no user any more. */
  const sweep = () => {
    for (const entry of [...pending.values()]) {
      try {
        const approval = decision(entry.request, entry.rules)
        if (!approval) continue
        settle(entry, "always")
        entry.resolve(approval)
      } catch (error) {
        refuse(entry, error)
      }
    }
  }

  const find = (requestID: string): Pending => {
    const entry = pending.get(requestID)
    if (!entry) throw new PermissionNotFoundError(requestID)
    return entry
  }

  const ofSession = (sessionID: string) =>
    [...pending.values()].filter((entry) => entry.request.sessionID === sessionID)

  return {
    saved: () => kept.all(),

    forget: (permission, pattern) => kept.remove(permission, pattern),

    async ask(input) {
      input.abort.throwIfAborted()
      const approval = decision(input, input.rules)
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
      if (input.consult) {
        const verdict = await input.consult(request)
        input.abort.throwIfAborted()
        if (verdict === "allow") return { source: "plugin" }
        if (verdict === "deny") throw new PermissionRejectedError("A plugin forbids this call.")
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
      const entry = find(requestID)
      const { request } = entry
      if (reply.reply === "reject") {
        const feedback = reply.message?.trim() || undefined
        refuse(entry, new PermissionRejectedError(feedback))
        // One no stops the step: the user should not have to answer for each parallel call of it.
        for (const other of ofSession(request.sessionID)) refuse(other, new PermissionRejectedError(feedback))
        return
      }
      if (reply.reply === "always") {
        kept.add(
          request.always.map((pattern) => ({ permission: request.permission, pattern, action: "allow" as const })),
        )
      }
      settle(entry, reply.reply)
      entry.resolve({ source: "manual" })
      if (reply.reply === "always") sweep()
    },

    async saveRules(requestID, rules) {
      const { permission } = find(requestID).request
      const written = (patterns: readonly string[], action: "allow" | "deny") =>
        patterns.filter((pattern) => pattern.trim() !== "").map((pattern) => ({ permission, pattern, action }))
      // The request itself stays open until its reply (contract: core section 7).
      kept.add([...written(rules.allow, "allow"), ...written(rules.deny, "deny")])
    },

    async allowEverything(input) {
      const asked = input.requestID === undefined ? undefined : find(input.requestID)
      if (input.sessionID !== undefined) {
        const root = rootOf(input.sessionID)
        if (input.enable) open.add(root)
        else open.delete(root)
      } else if (input.enable) kept.add([{ permission: "*", pattern: "*", action: "allow" }])
      else kept.remove("*", "*")
      if (!input.enable) return
      if (asked && pending.has(asked.request.id)) {
        settle(asked, "once")
        asked.resolve({ source: "manual" })
      }
      sweep()
    },

    cancelSession(sessionID) {
      for (const entry of ofSession(sessionID)) refuse(entry, new PermissionRejectedError())
    },
  }
}
