import { ascending } from "../id/index.ts"
import type { AssistantMessage, Tokens, UserMessage } from "../message/types.ts"
import type { Session } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** The empty answer to a prompt. */
export function answerTo(user: UserMessage, workspace: Workspace): AssistantMessage {
  return {
    id: ascending("msg"),
    sessionID: user.sessionID,
    role: "assistant",
    // Clients order by time; a prompt's own id may come from a client with another clock.
    time: { created: Math.max(Date.now(), user.time.created + 1) },
    parentID: user.id,
    modelID: user.model.modelID,
    providerID: user.model.providerID,
    mode: user.agent,
    agent: user.agent,
    path: { cwd: workspace.directory, root: workspace.worktree },
    cost: 0,
    tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
    ...(user.model.variant ? { variant: user.model.variant } : {}),
  }
}

/** The session with a model call's price and tokens added. */
export function spent(session: Session, cost: number, tokens: Tokens): Session {
  const sum = session.tokens ?? { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } }
  return {
    ...session,
    cost: addCost(session.cost ?? 0, cost),
    tokens: {
      input: sum.input + tokens.input,
      output: sum.output + tokens.output,
      reasoning: sum.reasoning + tokens.reasoning,
      cache: { read: sum.cache.read + tokens.cache.read, write: sum.cache.write + tokens.cache.write },
    },
  }
}

/** Sums of prices in binary fractions grow tails like 0.00033900000000000005. */
export function addCost(sum: number, cost: number): number {
  return Number((sum + cost).toFixed(10))
}
