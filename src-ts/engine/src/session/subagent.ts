import type { Agent } from "../agent/types.ts"
import type { Config } from "../config/types.ts"
import type { ModelRef } from "../message/types.ts"
import { evaluate, type PermissionRuleset } from "../permission/index.ts"
import { ToolError } from "../tool/errors.ts"
import type { SubTask, SubTaskEnd, TaskHost } from "../tool/index.ts"
import { messageOf } from "./failure.ts"
import type { Workspace } from "./workspace.ts"

/** Sub-agents may not start sub-agents unless the configuration says how deep. */
const DEFAULT_DEPTH = 1
/** However the configuration reads: each level multiplies what a prompt can cost. */
const MAX_DEPTH = 5

/** Never for a sub-agent: nobody answers it, and what it is not offered it does not try. */
const DENIED = ["question", "suggest", "repo_clone"]
/** What keeps an agent from changing things or reaching out; its sub-agents must not be a way around. */
const PASSED_ON = /^(?!task$|question$|todo|plan_exit$|skill$|doom_loop$)/

/** Runs sub-agents' tasks in child sessions of one directory. */
export function createTaskHost(
  workspace: Workspace,
  config: () => Promise<Pick<Config, "subagent_depth" | "subagent_model" | "subagent_variant">>,
): TaskHost {
  const { store } = workspace
  const depthOf = (sessionID: string): number => {
    let depth = 0
    for (let id = store.get(sessionID).parentID; id && depth < MAX_DEPTH * 2; id = store.find(id)?.parentID) depth += 1
    return depth
  }

  const open = async (parent: Parameters<TaskHost["run"]>[0], task: SubTask, deeper: boolean) => {
    if (task.resume !== undefined) {
      const known = store.find(task.resume)
      if (!known || known.parentID !== parent.sessionID) {
        throw new ToolError(`${task.resume} is no task of this session. Leave task_id out to start a new one.`)
      }
      if (workspace.sessions.statuses()[known.id]) {
        throw new ToolError(`The task ${known.id} is still at work. Wait for its result, or start another one.`)
      }
      return known
    }
    return workspace.sessions.create({
      parentID: parent.sessionID,
      title: `${task.description} (@${task.agent.name} subagent)`,
      agent: task.agent.name,
      permission: rulesFor(parent.agent, task.agent, store.get(parent.sessionID).permission ?? [], deeper),
    })
  }

  const modelFor = async (parent: { messageID: string }, task: SubTask): Promise<ModelRef> => {
    if (task.model) return task.model
    const { agent } = task
    if (agent.model) return { ...agent.model, ...(agent.variant ? { variant: agent.variant } : {}) }
    const { subagent_model: wish, subagent_variant: variant } = await config()
    const slash = wish?.indexOf("/") ?? -1
    if (wish && slash > 0) {
      return { providerID: wish.slice(0, slash), modelID: wish.slice(slash + 1), ...(variant ? { variant } : {}) }
    }
    const message = store.findMessage(parent.messageID)
    if (message?.role !== "assistant") throw new Error("A task needs the message that asked for it.")
    const kept = agent.variant ?? message.variant
    return { providerID: message.providerID, modelID: message.modelID, ...(kept ? { variant: kept } : {}) }
  }

  return {
    async run(parent, task, started): Promise<SubTaskEnd> {
      parent.abort.throwIfAborted()
      const limit = Math.min((await config()).subagent_depth ?? DEFAULT_DEPTH, MAX_DEPTH)
      const depth = depthOf(parent.sessionID) + 1
      if (depth > limit) {
        throw new ToolError("Sub-agents can't be started from here: the depth that subagent_depth allows is used up.")
      }
      const deeper = depth < limit
      const model = await modelFor(parent, task)
      const child = await open(parent, task, deeper)
      started({ sessionID: child.id, model })
      const before = new Set(store.messages(child.id).items.map((item) => item.info.id))
      const stop = () => {
        workspace.sessions.abort(child.id, "tree").catch((error: unknown) => workspace.onError(error))
      }
      parent.abort.addEventListener("abort", stop, { once: true })
      try {
        const { variant, ...ref } = model
        const last = await workspace.sessions.prompt(child.id, {
          model: ref,
          ...(variant ? { variant } : {}),
          agent: task.agent.name,
          tools: deeper ? { question: false } : { question: false, task: false },
          parts: [{ type: "text", text: task.prompt }],
        })
        parent.abort.throwIfAborted()
        const text = last.parts.findLast((part) => part.type === "text" && !part.ignored && part.text !== "")
        const fresh = store.messages(child.id).items.filter((item) => !before.has(item.info.id))
        const cost = fresh.reduce((sum, { info }) => sum + (info.role === "assistant" ? info.cost : 0), 0)
        const error = last.info.role === "assistant" ? last.info.error : undefined
        const end = { sessionID: child.id, text: text?.type === "text" ? text.text : "", cost }
        if (!error) return { ...end, state: "completed" }
        if (error.name === "MessageAbortedError") {
          return { ...end, state: "interrupted", text: `${end.text}\n\n(The user stopped this sub-agent.)`.trim() }
        }
        return { ...end, state: "error", error: "message" in error.data ? error.data.message : error.name }
      } catch (error) {
        if (parent.abort.aborted) throw error
        return { sessionID: child.id, state: "error", text: "", error: messageOf(error), cost: 0 }
      } finally {
        parent.abort.removeEventListener("abort", stop)
      }
    },
  }
}

/**
 * Rules of a child session, which are stronger than its agent's own: what the parent's session says, then everything that the parent's
 * agent and the child's agent may not do at all, so that neither a sub-agent nor a session's "allow" is a way around them.
 */
export function rulesFor(parent: Agent, child: Agent, session: PermissionRuleset, deeper: boolean): PermissionRuleset {
  const limits = [...limitsOf(parent), ...(session.length > 0 ? limitsOf(child) : [])]
  const denied = [...(deeper ? [] : ["task"]), ...DENIED]
  return [
    ...session.filter((rule) => !denied.includes(rule.permission)),
    ...limits,
    ...denied.map((permission) => ({ permission, pattern: "*", action: "deny" as const })),
  ].map(({ permission, pattern, action }) => ({ permission, pattern, action }))
}

/** What an agent is denied whatever the arguments. One that starts from "deny everything" hands on all that comes after that. */
function limitsOf(agent: Agent): PermissionRuleset {
  const rules = agent.permission
  const floor = rules.findLastIndex((rule) => rule.permission === "*" && rule.pattern === "*")
  if (floor >= 0 && rules[floor]?.action === "deny") return rules.slice(floor)
  const names = new Set(
    rules.flatMap((rule) => (rule.action === "deny" && rule.pattern === "*" ? [rule.permission] : [])),
  )
  return [...names]
    .filter((name) => name !== "*" && PASSED_ON.test(name) && lastWord(rules, name) === "deny")
    .map((permission) => ({ permission, pattern: "*", action: "deny" as const }))
}

/** What holds for arguments that no narrower rule names. */
function lastWord(rules: PermissionRuleset, permission: string) {
  return evaluate(
    permission,
    "*",
    rules.filter((rule) => rule.pattern === "*"),
  ).action
}
