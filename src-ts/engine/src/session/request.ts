import type { LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider"
import type { Agent } from "../agent/types.ts"
import { toPrompt } from "../message/index.ts"
import type { MessageWithParts, UserMessage } from "../message/types.ts"
import { forbiddenTools, type PermissionRuleset } from "../permission/index.ts"
import { applyCaching, type ResolvedModel } from "../provider/index.ts"
import type { Toolset } from "./workspace.ts"

/** A request as the loop makes it; the signal is added when it is sent. */
export type ModelRequest = Omit<LanguageModelV4CallOptions, "abortSignal">

/** The contract's name of the tool that takes an answer in a form asked for. */
export const STRUCTURED = "StructuredOutput"

/** What stays the same for all steps of a turn. */
export interface Prepared {
  agent: Agent
  resolved: ResolvedModel
  toolset: Toolset
  system: string[]
}

/** Said to the model at the end of one request, and not stored. */
export const NOTES = {
  lastStep:
    "The number of steps for this task is used up and tools are switched off. Sum up what is done, what is not, and what to do next.",
  looping:
    "You have made the same calls again and again, so tools are switched off now. Say what you tried, what came out, and what the user should decide or do.",
  cutOff:
    "Your answer reached the output limit and was cut off. Go on exactly where it ends, without repeating anything and without a word about the cut.",
} as const

/** Tools without those that are forbidden whatever their arguments: the model should not even try. */
export function offeredTools(
  prepared: Pick<Prepared, "agent" | "toolset" | "resolved">,
  user: UserMessage,
  sessionRules: PermissionRuleset,
): string[] {
  if (!prepared.resolved.model.capabilities.toolcall) return []
  const wishes = user.tools ?? {}
  const all = [...prepared.toolset.tools.values()]
    .filter((tool) => !tool.describe || tool.describe(prepared.agent) !== undefined)
    .filter((tool) => wishes[tool.id] === true || tool.suits?.(prepared.resolved.model) !== false)
    .map((tool) => tool.id)
  const forbidden = forbiddenTools(all, [...prepared.agent.permission, ...sessionRules])
  return all.filter((id) => wishes[id] !== false && !forbidden.has(id))
}

/** The request of one step: prompt, tools on offer and the options of agent, model and variant. */
export function requestOf(
  prepared: Prepared,
  input: {
    user: UserMessage
    history: MessageWithParts[]
    offered: string[]
    note?: string
    /** The model must call a tool, as far as its provider allows to say so. */
    mustCall?: boolean
  },
): ModelRequest {
  const { agent, resolved, toolset } = prepared
  const { user, note } = input
  const prompt = toPrompt(prepared.system, input.history, resolved.model)
  if (note) prompt.push(said(note))
  const tools = input.offered.flatMap((id) => {
    const offer = toolset.functions.get(id)
    const description = toolset.tools.get(id)?.describe?.(agent)
    return offer ? [description === undefined ? offer : { ...offer, description }] : []
  })
  const options = resolved.callOptions({
    sessionID: user.sessionID,
    options: agent.options,
    ...(user.model.variant ? { variant: user.model.variant } : {}),
  })
  return {
    ...options,
    ...(agent.temperature === undefined ? {} : { temperature: agent.temperature }),
    ...(agent.topP === undefined ? {} : { topP: agent.topP }),
    prompt: applyCaching(prompt, resolved.model),
    ...(tools.length > 0 ? { tools, toolChoice: choice(resolved, input.mustCall === true) } : {}),
  }
}

function said(text: string): LanguageModelV4Message {
  return { role: "user", content: [{ type: "text", text }] }
}

/** Models that think refuse to be forced. */
function choice(resolved: ResolvedModel, mustCall: boolean) {
  const free = !mustCall || resolved.model.capabilities.reasoning
  return { type: free ? ("auto" as const) : ("required" as const) }
}
