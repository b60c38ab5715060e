import { findAgent } from "../agent/index.ts"
import { estimatePart, estimateText, viewOf } from "../message/index.ts"
import type { MessageWithParts, Part, UserMessage } from "../message/types.ts"
import { offeredTools, requestOf } from "./request.ts"
import { usableTokens, usedTokens } from "./room.ts"
import type { ContextShares } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** Kinds of what fills a model's context. */
type Kind = "summary" | "prompts" | "answers" | "outputs" | "files"

/**
 * What the session's next request would carry, by kind. The whole is what the provider counted for the last one and an
 * estimate of what came since; the kinds are estimates, fitted to the whole. Nothing is sent to a model.
 */
export async function contextShares(
  workspace: Workspace,
  sessionID: string,
  chosen: { agent?: string; model?: { providerID: string; modelID: string } },
): Promise<ContextShares> {
  const { store, providers } = workspace
  const session = store.get(sessionID)
  const history = store.recent(sessionID)
  const [agents, toolset, settings] = await Promise.all([
    workspace.agents(),
    workspace.toolset(),
    workspace.compaction(),
  ])
  const name = chosen.agent ?? session.agent ?? (await workspace.defaultAgent())
  const agent =
    (name === undefined ? undefined : findAgent(agents, name)) ??
    agents.find((item) => !item.hidden && item.mode !== "subagent")
  if (!agent) return { used: 0, system: 0, tools: 0, ...conversation([]) }
  const last = session.model && { providerID: session.model.providerID, modelID: session.model.id }
  const model = chosen.model ?? last ?? agent.model ?? (await providers.defaultModel())
  const resolved = await providers.resolve(model)
  const system = await workspace.system(agent, resolved.model)
  const user: UserMessage = { id: "", sessionID, role: "user", time: { created: 0 }, agent: agent.name, model }
  const prepared = { agent, resolved, toolset, system }
  const offered = offeredTools(prepared, user, session.permission ?? [])
  const tools = requestOf(prepared, { user, history: [], offered }).tools ?? []
  const own = {
    system: estimateText(system.join("\n")),
    tools: tools.length === 0 ? 0 : estimateText(JSON.stringify(tools)),
    ...conversation(history),
  }
  const used = usedTokens(history, own.system + own.tools)
  const usable = usableTokens(resolved.model, settings)
  const { context, input } = resolved.model.limit
  const limit = input && input > 0 ? input : context
  return {
    used,
    ...fitted(own, used),
    ...(usable === undefined ? {} : { limit, reserved: Math.max(0, limit - usable) }),
  }
}

function conversation(history: MessageWithParts[]): Record<Kind, number> {
  const { summary, items } = viewOf(history)
  const sums = { summary: estimateText(summary ?? ""), prompts: 0, answers: 0, outputs: 0, files: 0 }
  for (const { info, parts } of items) {
    for (const part of parts) {
      const tokens = estimatePart(part)
      if (part.type === "tool") {
        const call = estimatePart({ ...part, state: { ...part.state, ...NO_OUTPUT } as typeof part.state })
        sums.answers += call
        sums.outputs += Math.max(0, tokens - call)
      } else sums[kindOf(info.role, part)] += tokens
    }
  }
  return sums
}

const NO_OUTPUT = { output: "", error: "", attachments: [] }

function kindOf(role: "user" | "assistant", part: Part): Kind {
  if (role === "assistant") return "answers"
  // What was read for a mention stands in texts of the program's own.
  return part.type === "file" || (part.type === "text" && part.synthetic) ? "files" : "prompts"
}

/** The estimates so that their sum is the whole: providers count otherwise, but in about the same proportions. */
function fitted<T extends Record<string, number>>(shares: T, whole: number): T {
  const sum = Object.values(shares).reduce((a, b) => a + b, 0)
  if (sum === 0) return shares
  const entries = Object.entries(shares).map(([key, tokens]) => [key, Math.round((tokens * whole) / sum)])
  return Object.fromEntries(entries) as T
}
